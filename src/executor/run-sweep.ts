import type { Config } from '../config.ts';
import type { Sweep } from '../grid/sweep.ts';
import type { Store } from '../store/db.ts';
import type { SweepRow } from '../store/sweeps.ts';
import { buildFeeds, type BuiltFeed } from './feeds.ts';
import { runSweepLocal, type LocalOptions } from './local.ts';
import { planSweep } from './plan-sweep.ts';
import { startThreads } from './start-threads.ts';
import { feedsOf, startSweep, type StartedSweep } from './start-sweep.ts';

export interface RunSweepOptions extends Omit<LocalOptions, 'threads' | 'headStart'> {
  readonly threads: number;
  readonly isFresh?: boolean;
  /** Told once the sweep is planned and stored, before feeds are built. */
  readonly onStarted?: (started: StartedSweep) => void;
  readonly onFeeds?: (feeds: readonly BuiltFeed[]) => void;
}

/** A sweep from plan to ranks in this process: plan → feeds → batches → rank. */
export async function runSweep(
  config: Config,
  store: Store,
  sweep: Sweep,
  options: RunSweepOptions,
): Promise<{ readonly row: SweepRow; readonly started: StartedSweep }> {
  const isFresh = options.isFresh ?? false;
  const started = await startSweep(store, await planSweep(config, sweep), {
    executor: 'local',
    isFresh,
  });
  options.onStarted?.(started);
  const building = buildFeeds(config, started.plan);
  const feeds = await feedsOf(store, started.row.sweepId, building);
  options.onFeeds?.(feeds);
  await using threads = await startThreads(options.threads);
  const row = await runSweepLocal(config, store, started.row, { ...options, threads });
  return { row, started };
}
