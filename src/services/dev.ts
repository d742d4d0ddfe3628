import type { Config } from '../config.ts';
import { openStore, type Store } from '../store/db.ts';
import { type RunningWorkers, startWorkers } from '../../workers/run.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

/** What `ideasweep dev` keeps up. */
export interface Dev {
  readonly store: Store;
  readonly temporal: TemporalServer;
  readonly workers: RunningWorkers | undefined;
  /** Settles when the workers have ended; rejects when they, or Temporal, could not go on. */
  readonly done: Promise<void>;
  /** Workers, then Temporal, then Postgres: each is still there for what needs it. */
  stop(): Promise<void>;
}

export interface DevOptions {
  readonly hasWorker: boolean;
  readonly onProgress?: (text: string) => void;
}

/**
 * Embedded Postgres (or DATABASE_URL), the Temporal development server, and a worker of both roles.
 * Nothing is left behind when one of them does not start.
 */
export async function startDev(config: Config, options: DevOptions): Promise<Dev> {
  const { onProgress } = options;
  await using parts = new AsyncDisposableStack();
  const store = parts.use(await openStore(config));
  const temporal = await startTemporal(config, onProgress ? { onProgress } : {});
  parts.defer(() => temporal.stop());
  // The workers of `dev` are for the server of `dev`, whatever TEMPORAL_ADDRESS says.
  const own = { ...config, temporalAddress: temporal.address };
  const workers = options.hasWorker ? await startWorkers(own, store, 'all') : undefined;
  if (workers) parts.defer(() => workers.stop());
  const done = Promise.race([temporal.lost, ...(workers ? [workers.done] : [])]);
  done.catch(() => {});
  const owned = parts.move();
  return { store, temporal, workers, done, stop: () => owned.disposeAsync() };
}
