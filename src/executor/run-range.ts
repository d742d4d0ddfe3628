import { AssertionError } from '../assert.ts';
import { BacktestBuffers } from '../engine/backtest.ts';
import { GROUP_POINTS, type KernelPoint, type KernelRow } from '../engine/kernel/kernel.ts';
import type { FeedLibrary } from '../feed/feed-library.ts';
import type { Grid } from '../grid/grid.ts';
import type { MetricLookup } from '../grid/require.ts';
import { BLOCK_POINTS_MAX, CHECKPOINT_ROWS_MAX } from '../limits.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import { writeMetrics } from '../metrics/metrics.ts';
import {
  createRowMemory,
  modeCode,
  modeOf,
  outcomeCode,
  outcomeOf,
  rowColumns,
  type PointOutcome,
  type RowColumns,
} from './row-memory.ts';
import { RowsDigest } from './rows-digest.ts';
import { runPoint } from './run-point.ts';
import type { SweepContext } from './sweep-context.ts';

/** Run the admitted points of `[from, to)`, in order, until the range, the budget or a stop ends it. */
export interface RangeRequest {
  readonly from: number;
  readonly to: number;
  /** Wall time after which the thread hands back what it has, so that it can be saved. */
  readonly budgetMs: number;
  /** One int32; anything but 0 asks the thread to hand back after the block it is on. */
  readonly stopFlag?: SharedArrayBuffer;
  /** Where the rows are written, as many as it holds; new memory where it is absent. */
  readonly memory?: SharedArrayBuffer;
}

/** Rows as columns of one memory; `reached` is the first index that was not looked at. */
export interface RangeResult extends RowColumns {
  readonly from: number;
  readonly reached: number;
  /** Row → why it was refused or failed. */
  readonly errors: ReadonlyMap<number, string>;
  readonly failed: number;
  readonly refused: number;
  /** XOR of the rows' SHA-256, 32 hex digits: the same for any order and any cut into ranges. */
  readonly digest: string;
  readonly elapsedMs: number;
}

export function runRange(context: SweepContext, request: RangeRequest): RangeResult {
  const { from, to, budgetMs } = request;
  const startMs = performance.now();
  const stop = request.stopFlag ? new Int32Array(request.stopFlag) : undefined;
  const memory = request.memory ?? createRowMemory(Math.min(CHECKPOINT_ROWS_MAX, to - from));
  const rows = new RowWriter(memory);
  let next = context.grid.nextAdmitted(from);
  while (next < to && rows.free > 0) {
    const block: number[] = [];
    const blockMax = Math.min(blockPoints(context, to - next), rows.free);
    while (next < to && block.length < blockMax) {
      block.push(next);
      next = context.grid.nextAdmitted(next + 1);
    }
    const blockMs = performance.now();
    rows.run(context, block);
    adaptPace(context, block.length, performance.now() - blockMs);
    if (stop && Atomics.load(stop, 0) !== 0) break;
    if (performance.now() - startMs > budgetMs) break;
  }
  const reached = Math.min(next, to);
  return { from, reached, ...rows.finish(), elapsedMs: performance.now() - startMs };
}

/** Metrics by name, as requirements read them. */
export function metricLookup(values: Float64Array, mode: string): MetricLookup {
  return (name) => {
    const index = METRIC_INDEX.get(name);
    return index === undefined ? mode : values[index];
  };
}

// --- internal ---

const METRIC_INDEX: ReadonlyMap<string, number> = new Map(
  METRIC_COLUMNS.map((name, index) => [name, index]),
);

/** A block of the kernel takes about this long, as a batch does: a thread hands back soon enough. */
const BLOCK_MS = 700;

/** Points of the next block; a rest that is not worth one of its own goes with it. */
function blockPoints({ pace }: SweepContext, remaining: number): number {
  return remaining < REST_SHARE * pace.blockPoints ? remaining : pace.blockPoints;
}

const REST_SHARE = 1.5;

/** How much larger than the last a block may be: the first points compile, and say little. */
const GROWTH_MAX = 8;

/** The bar loop hands back after every point. Few blocks: a small one reads as many columns as a large one. */
function adaptPace({ pace, kernel }: SweepContext, points: number, elapsedMs: number): void {
  if (kernel === undefined || points < pace.blockPoints) return;
  const growth = Math.min(GROWTH_MAX, BLOCK_MS / Math.max(elapsedMs, 1));
  const wanted = Math.round(points * growth);
  pace.blockPoints = Math.min(BLOCK_POINTS_MAX, Math.max(GROUP_POINTS, wanted));
}

/** What the bar loop works in, kept for the next point: a range is run to its end before another begins. */
const BUFFERS = new BacktestBuffers();

/** Writes the rows of a range, block after block, to where they are read. */
class RowWriter {
  readonly #memory: SharedArrayBuffer;
  readonly #columns: RowColumns;
  readonly #errors = new Map<number, string>();
  readonly #digest = new RowsDigest();
  #count = 0;
  #failed = 0;
  #refused = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
    this.#columns = rowColumns(memory);
  }

  /** Rows that can still be written. */
  get free(): number {
    return this.#columns.pointIndex.length - this.#count;
  }

  /** Runs admitted points and appends their rows, in the order of their indices. */
  run(context: SweepContext, block: readonly number[]): void {
    const first = this.#count;
    this.#count += block.length;
    this.#columns.pointIndex.set(block, first);
    this.#columns.outcome.fill(0, first, this.#count);
    this.#columns.profitFactorMode.fill(0, first, this.#count);
    this.#runByKernel(context, block, first);
    for (let row = first; row < this.#count; row += 1) this.#finishRow(context, row);
  }

  /** The points of a block that the kernel takes; the others are left to the bar loop. */
  #runByKernel(
    { kernel, grid, library, order }: SweepContext,
    block: readonly number[],
    first: number,
  ): void {
    if (kernel === undefined) return;
    const points = order.arrange(block);
    for (let n = 0; n < points.length; n += GROUP_POINTS) {
      const group = points.slice(n, n + GROUP_POINTS).flatMap((pointIndex) => {
        const bound = bindPoint(grid, library, pointIndex);
        const row = first + positionOf(block, pointIndex);
        return bound ? [{ ...bound, row, out: this.#metricsOf(row) }] : [];
      });
      for (const [k, result] of kernel.run(group).entries()) {
        const point = group[k];
        if (result && point) this.#note(point.row, result);
      }
    }
  }

  #finishRow(context: SweepContext, row: number): void {
    const pointIndex = this.#columns.pointIndex[row]!;
    const values = this.#metricsOf(row);
    let outcome: PointOutcome;
    // What the kernel has run was not refused.
    const refusal = this.#columns.outcome[row] === 0 ? context.grid.refusal(pointIndex) : undefined;
    if (refusal) {
      outcome = this.#withoutValues(row, 'refused', `${refusal.code}: ${refusal.message}`);
    } else {
      try {
        outcome = this.#runRow(context, row, values);
      } catch (error) {
        // A point that cannot be run is a row of its own; a broken invariant of ours is not.
        if (error instanceof AssertionError || !(error instanceof Error)) throw error;
        outcome = this.#withoutValues(row, 'failed', error.message);
      }
    }
    this.#digest.add(pointIndex, outcome, values);
  }

  /** What the kernel left to it, and whether the row is eligible. */
  #runRow(context: SweepContext, row: number, values: Float64Array): PointOutcome {
    const { outcome, profitFactorMode, eligible, pointIndex } = this.#columns;
    if (outcome[row] === 0) {
      values.fill(Number.NaN);
      const result = runPoint(context, pointIndex[row]!, BUFFERS);
      this.#note(row, {
        profitFactorMode: writeMetrics(result, values),
        outcome: result.outcome,
      });
    }
    const name = outcomeOf(outcome[row]!);
    const lookup = metricLookup(values, modeOf(profitFactorMode[row]!) ?? '');
    eligible[row] = Number(name !== 'no_trades' && context.isEligible(lookup));
    return name;
  }

  #note(row: number, result: KernelRow): void {
    this.#columns.outcome[row] = outcomeCode(result.outcome);
    this.#columns.profitFactorMode[row] = modeCode(result.profitFactorMode);
  }

  #withoutValues(row: number, outcome: 'refused' | 'failed', error: string): PointOutcome {
    this.#metricsOf(row).fill(Number.NaN);
    this.#columns.outcome[row] = outcomeCode(outcome);
    this.#columns.eligible[row] = 0;
    this.#columns.profitFactorMode[row] = 0;
    this.#errors.set(row, error);
    if (outcome === 'failed') this.#failed += 1;
    else this.#refused += 1;
    return outcome;
  }

  #metricsOf(row: number): Float64Array {
    const start = row * METRIC_COLUMNS.length;
    return this.#columns.metrics.subarray(start, start + METRIC_COLUMNS.length);
  }

  finish(): Omit<RangeResult, 'from' | 'reached' | 'elapsedMs'> {
    return {
      ...rowColumns(this.#memory, this.#count),
      errors: this.#errors,
      failed: this.#failed,
      refused: this.#refused,
      digest: this.#digest.hex(),
    };
  }
}

/** Where a point is in an ascending block that holds it. */
function positionOf(block: readonly number[], pointIndex: number): number {
  let [low, high] = [0, block.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block[middle]! < pointIndex) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Undefined for a point that is refused, or whose columns cannot be had: the bar loop says why. */
function bindPoint(
  grid: Grid,
  library: FeedLibrary,
  pointIndex: number,
): Pick<KernelPoint, 'card' | 'feeds'> | undefined {
  if (grid.refusal(pointIndex)) return undefined;
  const card = grid.cardAt(pointIndex);
  try {
    return { card, feeds: library.bind(card) };
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    return undefined;
  }
}
