import { assert } from '../assert.ts';
import { BATCH_TARGET_MS } from '../limits.ts';

/**
 * A batch is two integers: a half-open range of point indices. No list of batches is ever built;
 * the driver of a sweep keeps a cursor over the ranges that are still open. Pure and small, because
 * workflow code imports it.
 */
export interface Batch {
  readonly start: number;
  readonly end: number;
}

/** The next batch of at most `batchSize` points, taken from the front of `ranges`. */
export function nextBatch(
  ranges: readonly Batch[],
  batchSize: number,
): { batch: Batch; rest: readonly Batch[] } | undefined {
  assert(Number.isInteger(batchSize) && batchSize >= 1, `batch size ${batchSize} is not positive`);
  const [first, ...others] = ranges;
  if (!first) return undefined;
  const end = Math.min(first.end, first.start + batchSize);
  const rest = end < first.end ? [{ start: end, end: first.end }, ...others] : others;
  return { batch: { start: first.start, end }, rest };
}

/** The parts of `[0, size)` that `done` does not cover, ascending. `done` may overlap and be unsorted. */
export function remainingRanges(size: number, done: readonly Batch[]): readonly Batch[] {
  const remaining: Batch[] = [];
  let cursor = 0;
  for (const range of done.toSorted((a, b) => a.start - b.start)) {
    if (range.start > cursor) remaining.push({ start: cursor, end: Math.min(range.start, size) });
    cursor = Math.max(cursor, range.end);
  }
  if (cursor < size) remaining.push({ start: cursor, end: size });
  return remaining.filter((range) => range.start < range.end);
}

export function countPoints(ranges: readonly Batch[]): number {
  return ranges.reduce((sum, range) => sum + range.end - range.start, 0);
}

export interface BatchSizing {
  /** Points of the grid that are still open. */
  readonly remaining: number;
  /** Batches that run at the same time: threads, or slots of all workers. */
  readonly slots: number;
  /** Measured cost of a point, ms; undefined before the first batch has come back. */
  readonly msPerPoint: number | undefined;
  /** A batch shorter than this is not worth what it costs beside its points; absent: any is. */
  readonly floorMs?: number;
}

/**
 * Points of the next batch. A batch should take BATCH_TARGET_MS, but a small sweep is cut into at
 * least eight batches per slot, so that every slot works to the end and progress moves. Before
 * anything is measured a batch is small: it is the pilot of the estimate.
 */
export function adaptBatchSize({ remaining, slots, msPerPoint, floorMs }: BatchSizing): number {
  const fairShare = Math.ceil(remaining / (slots * BATCHES_PER_SLOT_MIN));
  if (msPerPoint === undefined) return Math.max(1, Math.min(fairShare, PILOT_POINTS));
  const pointsOf = (ms: number) => Math.floor(ms / Math.max(msPerPoint, 1e-6));
  // The floor leaves every slot its share of what is left, so that all work to the end, but no crumbs.
  const share = Math.max(Math.ceil(remaining / slots), pointsOf((floorMs ?? 0) / CRUMBS));
  const floor = Math.min(pointsOf(floorMs ?? 0), share);
  return Math.max(1, Math.min(Math.max(fairShare, floor), pointsOf(BATCH_TARGET_MS)));
}

// --- internal ---

const BATCHES_PER_SLOT_MIN = 8;
/** The last batches are not cut below this part of the floor. */
const CRUMBS = 6;
const PILOT_POINTS = 200;
