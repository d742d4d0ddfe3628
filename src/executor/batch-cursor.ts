import { adaptBatchSize, countPoints, nextBatch, type Batch } from '../grid/batch.ts';
import { BATCH_FLOOR_MS } from '../limits.ts';

export interface CursorOptions {
  /** Threads that run batches. */
  readonly slots: number;
  /** Points of every batch; absent: sized by measured cost. */
  readonly batchSize?: number | undefined;
}

/** Cuts the open ranges of a sweep into batches, and sizes the next by what the last ones cost. */
export class BatchCursor {
  #ranges: readonly Batch[];
  #measured = { points: 0, ms: 0 };
  readonly #options: CursorOptions;

  constructor(ranges: readonly Batch[], options: CursorOptions) {
    this.#ranges = ranges;
    this.#options = options;
  }

  /** Whether every point has been given out. */
  get isExhausted(): boolean {
    return this.#ranges.length === 0;
  }

  take(): Batch | undefined {
    const taken = nextBatch(this.#ranges, this.#size());
    if (taken) this.#ranges = taken.rest;
    return taken?.batch;
  }

  /** What came back last counts most: the first points compile, and fill the caches of their thread. */
  measure(points: number, threadMs: number): void {
    this.#measured.points = this.#measured.points * EARLIER_SHARE + points;
    this.#measured.ms = this.#measured.ms * EARLIER_SHARE + threadMs;
  }

  #size(): number {
    const { batchSize, slots } = this.#options;
    if (batchSize !== undefined) return batchSize;
    const { points, ms } = this.#measured;
    return adaptBatchSize({
      remaining: Math.max(1, countPoints(this.#ranges)),
      slots,
      msPerPoint: points > 0 ? ms / points : undefined,
      floorMs: BATCH_FLOOR_MS,
    });
  }
}

// --- internal ---

/** Share of what earlier batches have measured that counts beside the last one. */
const EARLIER_SHARE = 0.25;
