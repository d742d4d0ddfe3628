import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { adaptBatchSize, countPoints, nextBatch, type Batch } from '../grid/batch.ts';
import { BATCH_FLOOR_MS } from '../limits.ts';
import { lastBatchMs, openRanges } from '../store/batches.ts';
import type { Store } from '../store/db.ts';
import { acquireLease } from '../store/lease.ts';
import { findSweep, finishSweep, setSweepStatus } from '../store/sweeps.ts';
import { mapFeeds } from './feeds.ts';
import { runBatch, type BatchSummary, type OpenSweep } from './run-batch.ts';
import type { Threads } from './start-threads.ts';
import { shareContext } from './thread-pool.ts';
import { createGrid } from '../grid/grid.ts';
import type { SweepRow } from '../store/sweeps.ts';

export interface LocalOptions {
  /** The caller ends them. */
  readonly threads: Threads;
  /** Points of every batch; absent: sized by measured cost. */
  readonly batchSize?: number;
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
  return { sweepId: row.sweepId, grid, shared: shareContext(row.spec, feeds) };
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
  const driver = new Driver(ranges, options, (batch) =>
    runBatch({ sql: store.sql, pool }, sweep, batch, {
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

/** Share of what earlier batches have measured that counts beside the last one. */
const EARLIER_SHARE = 0.25;

/** Keeps one batch more than threads in flight and sizes the next by what the last ones cost. */
class Driver {
  #ranges: readonly Batch[];
  #measured = { points: 0, ms: 0 };
  #hasFailed = false;
  readonly #options: LocalOptions;
  readonly #execute: (batch: Batch) => Promise<BatchSummary>;

  constructor(
    ranges: readonly Batch[],
    options: LocalOptions,
    execute: (batch: Batch) => Promise<BatchSummary>,
  ) {
    this.#ranges = ranges;
    this.#options = options;
    this.#execute = execute;
  }

  get isExhausted(): boolean {
    return this.#ranges.length === 0;
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
    for (let batch = this.#take(); batch; batch = this.#take()) {
      const summary = await this.#execute(batch).catch((error: unknown) => {
        this.#hasFailed = true;
        throw error;
      });
      this.#measure(summary);
    }
  }

  /** What came back last counts most: the first batches compile, and fill the caches of their thread. */
  #measure({ start, end, threadMs }: BatchSummary): void {
    this.#measured.points = this.#measured.points * EARLIER_SHARE + end - start;
    this.#measured.ms = this.#measured.ms * EARLIER_SHARE + threadMs;
  }

  #take(): Batch | undefined {
    if (this.#hasFailed || this.#options.stop?.aborted || this.#options.abort?.aborted)
      return undefined;
    const taken = nextBatch(this.#ranges, this.#size());
    if (taken) this.#ranges = taken.rest;
    return taken?.batch;
  }

  #size(): number {
    if (this.#options.batchSize !== undefined) return this.#options.batchSize;
    const { points, ms } = this.#measured;
    return adaptBatchSize({
      remaining: Math.max(1, countPoints(this.#ranges)),
      slots: this.#options.threads.pool.threads,
      msPerPoint: points > 0 ? ms / points : undefined,
      floorMs: BATCH_FLOOR_MS,
    });
  }
}
