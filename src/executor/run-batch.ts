import { hostname } from 'node:os';
import type { Sql } from 'postgres';
import { required } from '../assert.ts';
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

/** A batch of which a thread has computed something, or is computing it, before it was claimed. */
export interface BegunBatch extends Batch {
  /** Ranges from the batch's start on, each from where the one before it ends. */
  readonly pieces: readonly Promise<RangeResult>[];
  /** That of the requests of all pieces. */
  readonly stopFlag: SharedArrayBuffer;
}

/** A killed worker loses at most this much work; a cancelled one hands back sooner, after a point. */
export const CHECKPOINT_MS = 2_000;

export interface BatchOptions {
  /** Taken over instead of being computed again, where nothing of the batch is saved yet. */
  readonly begun?: BegunBatch;
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
  { signal, onProgress, begun }: BatchOptions = {},
): Promise<BatchSummary> {
  const startMs = performance.now();
  const key = { sweepId: sweep.sweepId, start: batch.start, end: batch.end };
  const claim = await claimBatch(sql, { ...key, worker: `${hostname()}:${process.pid}` });
  const tally = { points: 0, failed: 0, refused: 0, threadMs: 0, digest: EMPTY_DIGEST };
  if (claim.isDone) return { ...batch, ...tally, elapsedMs: 0 };

  const stopFlag = begun?.stopFlag ?? new SharedArrayBuffer(4);
  const stop = (): void => void Atomics.store(new Int32Array(stopFlag), 0, 1);
  signal?.addEventListener('abort', stop, { once: true });
  const compute = (from: number): Promise<RangeResult> =>
    pool.run(sweep.shared, { from, to: batch.end, budgetMs: CHECKPOINT_MS, stopFlag });
  const follow = async (range: RangeResult | Promise<RangeResult>) => {
    const { reached } = await range;
    return reached >= batch.end || signal?.aborted ? undefined : compute(reached);
  };
  const isUntouched = claim.nextIndex === batch.start;
  const pieces = begun && isUntouched ? begun.pieces : [compute(claim.nextIndex)];
  try {
    for await (const range of inTurn(pieces, follow)) {
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
  // Pieces that were computed before took longer than this call.
  const elapsedMs = Math.max(performance.now() - startMs, tally.threadMs);
  await finishBatch(sql, { ...key, attempt: claim.attempt, elapsedMs, digest: tally.digest });
  return { ...batch, ...tally, elapsedMs };
}

// --- internal ---

/** `pieces`, then what follows each last one; it is begun before that one is given out. */
async function* inTurn(
  pieces: readonly Promise<RangeResult>[],
  follow: (range: RangeResult | Promise<RangeResult>) => Promise<RangeResult | undefined>,
): AsyncGenerator<RangeResult> {
  const begin = (range: RangeResult | Promise<RangeResult>) => {
    const next = follow(range);
    // Nobody awaits it while the one before is saved; a failed save must not leave it unhandled.
    next.catch(() => {});
    return next;
  };
  let next = begin(required(pieces.at(-1), 'a batch has a first range'));
  yield* pieces;
  for (let range = await next; range; range = await next) {
    next = begin(range);
    yield range;
  }
}

function toRows(grid: Grid, range: RangeResult): ResultRows {
  const { pointIndex, outcome, eligible, metrics, profitFactorMode, errors } = range;
  return {
    count: pointIndex.length,
    pointIndex,
    metrics,
    outcome: (row) => outcomeOf(outcome[row]!),
    eligible: (row) => eligible[row] === 1,
    paramsJson: (row) => grid.paramsJson(pointIndex[row]!),
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
