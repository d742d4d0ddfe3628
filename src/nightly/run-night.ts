import type { ParsedCard } from '../card/parse.ts';
import type { Config } from '../config.ts';
import type { RunSweepOptions } from '../executor/run-sweep.ts';
import { runSweep } from '../executor/run-sweep.ts';
import type { SweepOverrides } from '../grid/sweep.ts';
import type { Store } from '../store/db.ts';
import { recordNight, type NightRecord } from './record.ts';
import { resolveNight } from './rolling-window.ts';

export interface NightOrder {
  readonly parsed: ParsedCard;
  readonly overrides: SweepOverrides;
  /** Instant whose UTC day the rolling window ends at. */
  readonly asOfMs: number;
}

/**
 * One night without Temporal: rolling window → sweep → compare with last night → record. Undefined
 * after a stop: the sweep can be resumed by running the same night again, and is recorded then.
 */
export async function runNight(
  config: Config,
  store: Store,
  { parsed, overrides, asOfMs }: NightOrder,
  options: RunSweepOptions,
): Promise<NightRecord | undefined> {
  const sweep = resolveNight(parsed, overrides, asOfMs);
  const { row } = await runSweep(config, store, sweep, { onFeeds: () => {}, ...options });
  if (row.status === 'stopped') return undefined;
  return recordNight(store.sql, { scheduleName: null, sweepId: row.sweepId, asOfMs });
}
