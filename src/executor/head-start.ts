import type { Config } from '../config.ts';
import type { Batch } from '../grid/batch.ts';
import type { Grid } from '../grid/grid.ts';
import type { Sweep } from '../grid/sweep.ts';
import type { FeedRef } from '../store/sweeps.ts';
import { BatchCursor } from './batch-cursor.ts';
import { mapFeeds } from './feeds.ts';
import { CHECKPOINT_MS, type BegunBatch } from './run-batch.ts';
import type { RangeResult } from './run-range.ts';
import { shareContext, type SharedContext, type ThreadPool } from './thread-pool.ts';

/** A sweep of which no point is saved as far as is known. */
export interface HeadStartInput {
  readonly sweep: Sweep;
  readonly grid: Grid;
  /** They are built. */
  readonly feeds: readonly FeedRef[];
  readonly batchSize?: number | undefined;
}

/**
 * Runs the first points of a sweep before there is a store to save them in: a server that is started
 * for the first time takes seconds, and leaves cores at rest. What has been computed is kept, a few
 * checkpoints a thread, until the driver of the sweep takes the batches over; disposed of, it is given up.
 */
export class HeadStart implements Disposable {
  /** What the sweep goes on with behind the batches that were begun. */
  readonly cursor: BatchCursor;
  readonly shared: SharedContext;
  readonly #pool: ThreadPool;
  readonly #begun: BegunRanges[] = [];
  #isOver = false;

  constructor(config: Config, pool: ThreadPool, input: HeadStartInput) {
    const { sweep, grid, feeds, batchSize } = input;
    this.shared = shareContext(sweep, grid, mapFeeds(config, feeds));
    this.#pool = pool;
    this.cursor = new BatchCursor([{ start: 0, end: grid.size }], {
      slots: pool.threads,
      batchSize,
    });
    for (let thread = 0; thread < pool.threads; thread += 1) {
      // Whoever takes the batch over meets the error.
      this.#lane().catch(() => {});
    }
  }

  /** Ends it: ranges that threads are on are finished, and no further one begins. */
  take(): readonly BegunBatch[] {
    this.#isOver = true;
    return this.#begun.splice(0);
  }

  /** Ends it and gives up what it has; threads hand back after the block they are on. */
  [Symbol.dispose](): void {
    for (const { pieces, stopFlag } of this.take()) {
      Atomics.store(new Int32Array(stopFlag), 0, 1);
      for (const piece of pieces) {
        piece.then(
          (range) => this.#pool.release(range),
          () => {},
        );
      }
    }
  }

  async #lane(): Promise<void> {
    let pieces = 0;
    for (let batch = this.#next(pieces); batch; batch = this.#next(pieces)) {
      const begun = { ...batch, pieces: [], stopFlag: new SharedArrayBuffer(4) };
      this.#begun.push(begun);
      let from = batch.start;
      while (from < batch.end && pieces < PIECES_PER_THREAD && !this.#isOver) {
        pieces += 1;
        const { reached, elapsedMs } = await this.#run(begun, from);
        this.cursor.measure(reached - from, elapsedMs);
        from = reached;
      }
    }
  }

  #next(pieces: number): Batch | undefined {
    return this.#isOver || pieces >= PIECES_PER_THREAD ? undefined : this.cursor.take();
  }

  #run({ pieces, end, stopFlag }: BegunRanges, from: number): Promise<RangeResult> {
    const request = { from, to: end, budgetMs: CHECKPOINT_MS, stopFlag };
    const piece = this.#pool.run(this.shared, request);
    pieces.push(piece);
    return piece;
  }
}

// --- internal ---

/** A batch to which a lane still adds. */
interface BegunRanges extends BegunBatch {
  readonly pieces: Promise<RangeResult>[];
}

/** Rows that wait are memory: 0.8 MB a piece, of which a running sweep has as many. */
const PIECES_PER_THREAD = 4;
