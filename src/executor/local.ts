import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { countPoints, type Batch } from '../grid/batch.ts';
import { lastBatchMs, openRanges } from '../store/batches.ts';
import type { Store } from '../store/db.ts';
import { acquireLease } from '../store/lease.ts';
import { findSweep, finishSweep, setSweepStatus } from '../store/sweeps.ts';
import { BatchCursor } from './batch-cursor.ts';
import { mapFeeds } from './feeds.ts';
import type { HeadStart } from './head-start.ts';
import { runBatch, type BatchSummary, type BegunBatch, type OpenSweep } from './run-batch.ts';
import type { Threads } from './start-threads.ts';
import { shareContext } from './thread-pool.ts';
import { createGrid } from '../grid/create-grid.ts';
import type { SweepRow } from '../store/sweeps.ts';

export interface LocalOptions {
  /** The caller ends them. */
  readonly threads: Threads;
  /** Points of every batch; absent: sized by measured cost. */
  readonly batchSize?: number | undefined;
  /** Of the same threads; taken over where it fits the sweep, and ended in any case. */
  readonly headStart?: HeadStart | undefined;
  /** Stop: no new batch starts, running ones end, the sweep stays resumable. */
  readonly stop?: AbortSignal;
  /** Abort: running batches hand back after the point they are on. */
  readonly abort?: AbortSignal;
  readonly onProgress?: (progress: { points: number }) => void;
}

/** The rows of this process as the main thread sees the sweep: grid, and feeds mapped once. */
export function openSweep(config: Config, row: SweepRow): OpenSweep {
  const feeds = mapFeeds(config, row.feeds);
  const grid = createGrid(row.spec);
  return { sweepId: row.sweepId, grid, shared: shareContext(row.spec, grid, feeds) };
}

/**
 * Drives a sweep in this process: a sliding window of one batch per thread and one more, which waits
 * for a thread while another is saved, over the ranges that are not saved yet. Feeds must be built. Returns when everything is saved and ranked, or after a stop.
 * @throws SweepError SWEEP_LEASED when another process drives the same sweep.
 */
export async function runSweepLocal(
  config: Config,
  store: Store,
  row: SweepRow,
  options: LocalOptions,
): Promise<SweepRow> {
  // Given up wherever it is not taken over.
  using headStart = options.headStart;
  await using lease = await acquireLease(config, store, row.sweepId);
  if (!lease) {
    throw new SweepError('SWEEP_LEASED', `sweep ${row.sweepId} is run by another process`, {
      hint: 'Look at it with: ideasweep status ' + row.sweepId,
    });
  }
  await refuseIfDistributed(store, row.sweepId);
  const sweep = openSweep(config, row);
  const ranges = await openRanges(store.sql, row.sweepId, sweep.grid.size);
  await setSweepStatus(store.sql, row.sweepId, 'running', { executor: 'local' });
  const { pool } = options.threads;
  const driver = new Driver(
    workOf(sweep, ranges, { ...options, headStart }),
    options,
    (batch, begun) =>
      runBatch({ sql: store.sql, pool }, sweep, batch, {
        ...(begun ? { begun } : {}),
        ...(options.abort ? { signal: options.abort } : {}),
        ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      }),
  );
  try {
    await driver.run();
  } catch (error) {
    const isAborted = options.abort?.aborted === true;
    // Where the store is the cause it takes no status either; the cause is what is told.
    const status = isAborted ? 'stopped' : 'failed';
    await setSweepStatus(store.sql, row.sweepId, status).catch(() => undefined);
    if (!isAborted) throw error;
    return { ...row, status: 'stopped' };
  }
  if (driver.isExhausted) return await finishSweep(store.sql, row.sweepId);
  await setSweepStatus(store.sql, row.sweepId, 'stopped');
  return { ...row, status: 'stopped' };
}

// --- internal ---

/** A batch worker that lives saves a checkpoint at least this often, slow cards included. */
const WORKER_SILENCE_MS = 30_000;

/**
 * A workflow holds no lease, because it has no connection. It drives a sweep while it is paused, or
 * while batches were advanced lately; a sweep whose Temporal server is gone falls silent and may go
 * on here. Attempt numbers keep the rows right even where this guess is wrong.
 */
async function refuseIfDistributed(store: Store, sweepId: string): Promise<void> {
  const { executor, status, updatedMs } = await findSweep(store.sql, sweepId);
  if (executor !== 'temporal' || !['running', 'paused', 'stopping'].includes(status)) return;
  const lastMs = Math.max(updatedMs, (await lastBatchMs(store.sql, sweepId)) ?? 0);
  if (status !== 'paused' && Date.now() - lastMs > WORKER_SILENCE_MS) return;
  throw new SweepError('SWEEP_LEASED', `sweep ${sweepId} is ${status} in Temporal`, {
    hint: 'Follow it with --executor temporal; or stop it there first.',
  });
}

interface Work {
  /** Batches that were begun, and what comes behind them. */
  readonly begun: readonly BegunBatch[];
  readonly cursor: BatchCursor;
}

/** What is open; a head start counts where it is of this very sweep, and nothing of that is saved. */
function workOf({ shared, grid }: OpenSweep, open: readonly Batch[], options: LocalOptions): Work {
  const { headStart, threads, batchSize } = options;
  const isWhole = open.length === 1 && countPoints(open) === grid.size;
  if (isWhole && headStart?.shared.contextId === shared.contextId) {
    return { begun: headStart.take(), cursor: headStart.cursor };
  }
  const slots = threads.pool.threads;
  return { begun: [], cursor: new BatchCursor(open, { slots, batchSize }) };
}

/** Keeps one batch more than threads in flight, those that were begun first. */
class Driver {
  readonly #begun: BegunBatch[];
  readonly #cursor: BatchCursor;
  readonly #options: LocalOptions;
  readonly #execute: (batch: Batch, begun?: BegunBatch) => Promise<BatchSummary>;
  #hasFailed = false;

  constructor(
    { begun, cursor }: Work,
    options: LocalOptions,
    execute: (batch: Batch, begun?: BegunBatch) => Promise<BatchSummary>,
  ) {
    this.#begun = [...begun];
    this.#cursor = cursor;
    this.#options = options;
    this.#execute = execute;
  }

  get isExhausted(): boolean {
    return this.#begun.length === 0 && this.#cursor.isExhausted;
  }

  /** Rejects with the first failure, after the other lanes have come to rest. */
  async run(): Promise<void> {
    const lanes = Array.from({ length: this.#options.threads.pool.threads + 1 }, () =>
      this.#lane(),
    );
    const settled = await Promise.allSettled(lanes);
    for (const lane of settled) if (lane.status === 'rejected') throw lane.reason;
  }

  async #lane(): Promise<void> {
    while (!this.#isStopped) {
      const begun = this.#begun.shift();
      const batch = begun ?? this.#cursor.take();
      if (batch === undefined) return;
      const { threadMs } = await this.#execute(batch, begun).catch((error: unknown) => {
        this.#hasFailed = true;
        throw error;
      });
      // What was begun has been measured.
      if (begun === undefined) this.#cursor.measure(batch.end - batch.start, threadMs);
    }
  }

  get #isStopped(): boolean {
    const { stop, abort } = this.#options;
    return this.#hasFailed || stop?.aborted === true || abort?.aborted === true;
  }
}
