import type { BatchInput, BatchOutcome } from '../src/contracts.ts';
import { openSweep } from '../src/executor/local.ts';
import { runBatch, type OpenSweep } from '../src/executor/run-batch.ts';
import type { ThreadPool } from '../src/executor/thread-pool.ts';
import type { Config } from '../src/config.ts';
import type { Store } from '../src/store/db.ts';
import { findSweep } from '../src/store/sweeps.ts';
import { runActivity } from './failure.ts';

export interface BatchDeps {
  readonly config: Config;
  readonly store: Store;
  readonly pool: ThreadPool;
  /** Name of this process among the workers, in results and in the pace of a sweep. */
  readonly worker: string;
}

export type BatchActivities = ReturnType<typeof createBatchActivities>;

/** Activities of the batch queue: backtests on the thread pool, rows straight to Postgres. */
export function createBatchActivities({ config, store, pool, worker }: BatchDeps) {
  const sweeps = new OpenSweeps(config, store);
  return {
    async runBatch({ sweepId, start, end }: BatchInput): Promise<BatchOutcome> {
      return runActivity(async (signal) => {
        const sweep = await sweeps.open(sweepId);
        const summary = await runBatch({ sql: store.sql, pool }, sweep, { start, end }, { signal });
        const { points, failed, refused, elapsedMs, digest } = summary;
        return { points, failed, refused, elapsedMs, digest, worker, slots: pool.threads };
      });
    },
  };
}

// --- internal ---

/** Sweeps that this process has open: grid and mapped feeds, shared by its slots. The oldest leaves first. */
class OpenSweeps {
  readonly #config: Config;
  readonly #store: Store;
  readonly #opening = new Map<string, Promise<OpenSweep>>();

  constructor(config: Config, store: Store) {
    this.#config = config;
    this.#store = store;
  }

  open(sweepId: string): Promise<OpenSweep> {
    const known = this.#opening.get(sweepId);
    if (known) return known;
    const opening = this.#load(sweepId);
    this.#opening.set(sweepId, opening);
    // A sweep that could not be opened (a feed is missing) is tried anew by the next batch.
    opening.catch(() => this.#opening.delete(sweepId));
    const [oldest] = this.#opening.keys();
    if (oldest !== undefined && this.#opening.size > OPEN_SWEEPS_MAX) this.#opening.delete(oldest);
    return opening;
  }

  async #load(sweepId: string): Promise<OpenSweep> {
    return openSweep(this.#config, await findSweep(this.#store.sql, sweepId));
  }
}

/** Grids hold constraint tables; mappings cost address space only. */
const OPEN_SWEEPS_MAX = 8;
