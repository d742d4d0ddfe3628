import type { ParsedCard } from '../card/parse.ts';
import type { Config } from '../config.ts';
import type { RunSweepOptions } from '../executor/run-sweep.ts';
import { runSweep } from '../executor/run-sweep.ts';
import type { SweepOverrides } from '../grid/sweep.ts';
import type { Store } from '../store/db.ts';
import { recordFailedNight, recordNight, type NightRecord } from './record.ts';
import { resolveNight } from './rolling-window.ts';

export interface NightOrder {
  readonly parsed: ParsedCard;
  readonly overrides: SweepOverrides;
  /** Instant whose UTC day the rolling window ends at. */
  readonly asOfMs: number;
}

/**
 * One night without Temporal: rolling window → sweep → compare with last night → record. Undefined
 * after a stop: the sweep can be resumed by running the same night again, and is recorded then. A night
 * that throws, even before its sweep exists, leaves a failed row.
 */
export async function runNight(
  config: Config,
  store: Store,
  { parsed, overrides, asOfMs }: NightOrder,
  options: RunSweepOptions,
): Promise<NightRecord | undefined> {
  const sweep = resolveNight(parsed, overrides, asOfMs);
  const { name, window } = sweep;
  const startedMs = Date.now();
  let sweepId: string | undefined;
  const onStarted: RunSweepOptions['onStarted'] = (started) => {
    sweepId = started.row.sweepId;
    options.onStarted?.(started);
  };
  const { row } = await runSweep(config, store, sweep, {
    onFeeds: () => {},
    ...options,
    onStarted,
  }).catch(async (error: unknown) => {
    const night = { scheduleName: null, name, sweepId, asOfMs, window, startedMs };
    // Where the row cannot be written either, the first error is the one to tell.
    await recordFailedNight(store.sql, night, error).catch(() => {});
    throw error;
  });
  if (row.status === 'stopped') return undefined;
  return recordNight(store.sql, { scheduleName: null, sweepId: row.sweepId, asOfMs });
}
