import { hostname } from 'node:os';
import type { Sql } from 'postgres';
import type { Batch } from '../grid/batch.ts';
import type { Grid } from '../grid/grid.ts';
import { claimBatch, finishBatch } from '../store/batches.ts';
import { saveCheckpoint, type ResultRows } from '../store/results.ts';
import { modeOf, outcomeOf } from './row-memory.ts';
import { combineDigests, EMPTY_DIGEST } from './rows-digest.ts';
import type { RangeResult } from './run-range.ts';
import type { SharedContext, ThreadPool } from './thread-pool.ts';

/** What a sweep looks like from the main thread of a process that executes its batches. */
export interface OpenSweep {
  readonly sweepId: string;
  readonly grid: Grid;
  readonly shared: SharedContext;
}

export interface BatchDeps {
  readonly sql: Sql;
  readonly pool: ThreadPool;
}

export interface BatchOptions {
  /** Cancels: the thread hands back within a point, what it has is saved, and the call rejects. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { points: number; reached: number }) => void;
}

/** Counts of the rows this call wrote; a batch that was done already has none. */
export interface BatchSummary extends Batch {
  readonly points: number;
  readonly failed: number;
  readonly refused: number;
  readonly elapsedMs: number;
  /** The part of it in which a thread computed. */
  readonly threadMs: number;
  /** XOR of row digests over the rows of this attempt. */
  readonly digest: string;
}

/**
 * Runs one batch on one thread and saves it in checkpoints, each one transaction of rows and
 * `batches.next_index`; the thread computes the next checkpoint while the last one is saved. The
 * local executor and the Temporal activity both execute batches by this function.
 * @throws SweepError STALE_ATTEMPT when a later attempt of the batch has begun elsewhere.
 */
export async function runBatch(
  { sql, pool }: BatchDeps,
  sweep: OpenSweep,
  batch: Batch,
  { signal, onProgress }: BatchOptions = {},
): Promise<BatchSummary> {
  const startMs = performance.now();
  const key = { sweepId: sweep.sweepId, start: batch.start, end: batch.end };
  const claim = await claimBatch(sql, { ...key, worker: `${hostname()}:${process.pid}` });
  const tally = { points: 0, failed: 0, refused: 0, threadMs: 0, digest: EMPTY_DIGEST };
  if (claim.isDone) return { ...batch, ...tally, elapsedMs: 0 };

  const stopFlag = new SharedArrayBuffer(4);
  const stop = (): void => void Atomics.store(new Int32Array(stopFlag), 0, 1);
  signal?.addEventListener('abort', stop, { once: true });
  const compute = (from: number): Promise<RangeResult> =>
    pool.run(sweep.shared, { from, to: batch.end, budgetMs: CHECKPOINT_MS, stopFlag });
  try {
    let pending: Promise<RangeResult> | undefined = compute(claim.nextIndex);
    while (pending) {
      const range: RangeResult = await pending;
      const isLast = range.reached >= batch.end || signal?.aborted === true;
      pending = isLast ? undefined : compute(range.reached);
      // Nobody awaits the next range while this one is saved; a failed save must not leave it unhandled.
      pending?.catch(() => {});
      await saveCheckpoint(sql, {
        sweepId: sweep.sweepId,
        batchStart: batch.start,
        attempt: claim.attempt,
        from: range.from,
        to: range.reached,
        rows: toRows(sweep.grid, range),
      });
      addTo(tally, range);
      onProgress?.({ points: range.pointIndex.length, reached: range.reached });
      pool.release(range);
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
  const elapsedMs = performance.now() - startMs;
  await finishBatch(sql, { ...key, attempt: claim.attempt, elapsedMs, digest: tally.digest });
  return { ...batch, ...tally, elapsedMs };
}

// --- internal ---

/** A killed worker loses at most this much work; a cancelled one hands back sooner, after a point. */
const CHECKPOINT_MS = 2_000;

function toRows(grid: Grid, range: RangeResult): ResultRows {
  const { pointIndex, outcome, eligible, metrics, profitFactorMode, errors } = range;
  return {
    count: pointIndex.length,
    pointIndex,
    metrics,
    outcome: (row) => outcomeOf(outcome[row]!),
    eligible: (row) => eligible[row] === 1,
    params: (row) => grid.params(pointIndex[row]!),
    profitFactorMode: (row) => modeOf(profitFactorMode[row]!),
    error: (row) => errors.get(row) ?? null,
  };
}

function addTo(
  tally: { points: number; failed: number; refused: number; threadMs: number; digest: string },
  range: RangeResult,
): void {
  tally.points += range.pointIndex.length;
  tally.threadMs += range.elapsedMs;
  tally.failed += range.failed;
  tally.refused += range.refused;
  tally.digest = combineDigests(tally.digest, range.digest);
}
