import { hash } from 'node:crypto';
import { AssertionError } from '../assert.ts';
import { BacktestBuffers } from '../engine/backtest.ts';
import { GROUP_POINTS, type KernelPoint, type KernelRow } from '../engine/kernel/kernel.ts';
import type { FeedLibrary } from '../feed/feed-library.ts';
import type { Grid } from '../grid/grid.ts';
import type { MetricLookup } from '../grid/require.ts';
import { BLOCK_POINTS_MAX, CHECKPOINT_ROWS_MAX } from '../limits.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import { writeMetrics } from '../metrics/metrics.ts';
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
}

/** Rows as columns; `reached` is the first index that was not looked at. */
export interface RangeResult {
  readonly from: number;
  readonly reached: number;
  readonly pointIndex: Float64Array;
  readonly outcome: readonly PointOutcome[];
  readonly eligible: readonly boolean[];
  /** `count × METRIC_COLUMNS.length`, NaN for no value. */
  readonly metrics: Float64Array;
  readonly profitFactorMode: readonly (string | null)[];
  readonly error: readonly (string | null)[];
  /** XOR of the rows' SHA-256, 32 hex digits: the same for any order and any cut into ranges. */
  readonly digest: string;
  readonly elapsedMs: number;
}

export type PointOutcome =
  | 'completed'
  | 'no_trades'
  | 'liquidated'
  | 'account_blown'
  | 'refused'
  | 'failed';

export function runRange(context: SweepContext, request: RangeRequest): RangeResult {
  const startMs = performance.now();
  const stop = request.stopFlag ? new Int32Array(request.stopFlag) : undefined;
  const rows = new RowColumns();
  let next = context.grid.nextAdmitted(request.from);
  while (next < request.to && rows.count < CHECKPOINT_ROWS_MAX) {
    const block: number[] = [];
    const blockMax = Math.min(context.pace.blockPoints, CHECKPOINT_ROWS_MAX - rows.count);
    while (next < request.to && block.length < blockMax) {
      block.push(next);
      next = context.grid.nextAdmitted(next + 1);
    }
    const blockMs = performance.now();
    rows.run(context, block);
    adaptPace(context, block.length, performance.now() - blockMs);
    if (stop && Atomics.load(stop, 0) !== 0) break;
    if (performance.now() - startMs > request.budgetMs) break;
  }
  return {
    from: request.from,
    reached: Math.min(next, request.to),
    ...rows.finish(),
    elapsedMs: performance.now() - startMs,
  };
}

/** The XOR of two digests of `runRange`. */
export function combineDigests(a: string, b: string): string {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0))).toString('hex');
}

export const EMPTY_DIGEST = '0'.repeat(32);

/** Metrics by name, as requirements read them. */
export function metricLookup(values: Float64Array, mode: string): MetricLookup {
  return (name) => {
    const index = METRIC_INDEX.get(name);
    return index === undefined ? mode : values[index];
  };
}

// --- internal ---

const DIGEST_BYTES = 16;
/** The longest index and outcome. */
const ROW_LABEL_BYTES = 40;

const METRIC_INDEX: ReadonlyMap<string, number> = new Map(
  METRIC_COLUMNS.map((name, index) => [name, index]),
);

/** A block of the kernel takes about this long: a thread hands back soon, and neighbours share columns. */
const BLOCK_MS = 200;

/** The bar loop hands back after every point. */
function adaptPace({ pace, kernel }: SweepContext, points: number, elapsedMs: number): void {
  if (kernel === undefined || points < pace.blockPoints) return;
  const isSlow = elapsedMs > BLOCK_MS;
  const wanted = isSlow ? pace.blockPoints / 2 : pace.blockPoints * 2;
  pace.blockPoints = Math.min(BLOCK_POINTS_MAX, Math.max(GROUP_POINTS, wanted));
}

interface KernelResult {
  readonly row: KernelRow;
  readonly out: Float64Array;
}

/**
 * What a range works in, kept for the next one: a range is run to its end before another begins.
 * Made anew it was 15 MB of garbage for 5,000 rows.
 */
const WORKSPACE = {
  buffers: new BacktestBuffers(),
  /** What the kernel writes the metrics of a block to. */
  outputs: [] as Float64Array[],
  metrics: new Float64Array(64 * METRIC_COLUMNS.length),
};

/** Rows of a range while it runs; the buffers of the engine are used again for every point. */
class RowColumns {
  readonly #buffers = WORKSPACE.buffers;
  readonly #outputs = WORKSPACE.outputs;
  readonly #pointIndex: number[] = [];
  readonly #outcome: PointOutcome[] = [];
  readonly #eligible: boolean[] = [];
  readonly #profitFactorMode: (string | null)[] = [];
  readonly #error: (string | null)[] = [];
  #metrics = WORKSPACE.metrics;
  readonly #digest = new RowsDigest();

  get count(): number {
    return this.#pointIndex.length;
  }

  /** Runs admitted points and appends their rows, in the order of their indices. */
  run(context: SweepContext, block: readonly number[]): void {
    const done = this.#runByKernel(context, block);
    for (const pointIndex of block) this.#runPoint(context, pointIndex, done.get(pointIndex));
  }

  #runPoint(context: SweepContext, pointIndex: number, done: KernelResult | undefined): void {
    const values = this.#nextMetrics();
    const refusal = context.grid.refusal(pointIndex);
    if (refusal) return this.#append(pointIndex, 'refused', `${refusal.code}: ${refusal.message}`);
    try {
      if (done) values.set(done.out);
      const { outcome, profitFactorMode } =
        done?.row ?? this.#runByLoop(context, pointIndex, values);
      this.#append(pointIndex, outcome, null);
      this.#profitFactorMode[this.count - 1] = profitFactorMode;
      this.#eligible[this.count - 1] =
        outcome !== 'no_trades' && context.isEligible(metricLookup(values, profitFactorMode));
    } catch (error) {
      // A point that cannot be run is a row of its own; a broken invariant of ours is not.
      if (error instanceof AssertionError || !(error instanceof Error)) throw error;
      values.fill(Number.NaN);
      this.#append(pointIndex, 'failed', error.message);
    }
  }

  /** The points of a block that the kernel takes; the others are left to the bar loop. */
  #runByKernel(
    { kernel, grid, library, order }: SweepContext,
    block: readonly number[],
  ): ReadonlyMap<number, KernelResult> {
    const done = new Map<number, KernelResult>();
    if (kernel === undefined) return done;
    const points = order.arrange(block);
    for (let n = 0; n < points.length; n += GROUP_POINTS) {
      const group = points.slice(n, n + GROUP_POINTS).flatMap((pointIndex, k) => {
        const bound = bindPoint(grid, library, pointIndex);
        const out = (this.#outputs[n + k] ??= new Float64Array(METRIC_COLUMNS.length));
        return bound ? [{ ...bound, pointIndex, out }] : [];
      });
      for (const [k, row] of kernel.run(group).entries()) {
        const point = group[k];
        if (row && point) done.set(point.pointIndex, { row, out: point.out });
      }
    }
    return done;
  }

  #runByLoop(context: SweepContext, pointIndex: number, values: Float64Array): KernelRow {
    const result = runPoint(context, pointIndex, this.#buffers);
    return { profitFactorMode: writeMetrics(result, values), outcome: result.outcome };
  }

  finish(): Omit<RangeResult, 'from' | 'reached' | 'elapsedMs'> {
    return {
      pointIndex: Float64Array.from(this.#pointIndex),
      outcome: this.#outcome,
      eligible: this.#eligible,
      metrics: this.#metrics.slice(0, this.count * METRIC_COLUMNS.length),
      profitFactorMode: this.#profitFactorMode,
      error: this.#error,
      digest: this.#digest.hex(),
    };
  }

  /** The metric columns of the next row, all without a value. */
  #nextMetrics(): Float64Array {
    const start = this.count * METRIC_COLUMNS.length;
    if (start === this.#metrics.length) {
      const grown = new Float64Array(start * 2);
      grown.set(this.#metrics);
      this.#metrics = grown;
      WORKSPACE.metrics = grown;
    }
    return this.#metrics.subarray(start, start + METRIC_COLUMNS.length).fill(Number.NaN);
  }

  #append(pointIndex: number, outcome: PointOutcome, error: string | null): void {
    const start = this.count * METRIC_COLUMNS.length;
    const values = this.#metrics.subarray(start, start + METRIC_COLUMNS.length);
    this.#pointIndex.push(pointIndex);
    this.#outcome.push(outcome);
    this.#eligible.push(false);
    this.#profitFactorMode.push(null);
    this.#error.push(error);
    this.#digest.add(pointIndex, outcome, values);
  }
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

/** The XOR of the first half of the rows' SHA-256. */
class RowsDigest {
  readonly #xor = Buffer.alloc(DIGEST_BYTES);
  readonly #input = Buffer.alloc(ROW_LABEL_BYTES + METRIC_COLUMNS.length * 8);

  add(pointIndex: number, outcome: PointOutcome, values: Float64Array): void {
    const labelLength = this.#input.write(`${pointIndex} ${outcome} `, 0, 'latin1');
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#input.set(bytes, labelLength);
    // In one call: a Hash object a row costs twice the time, and is freed by a full collection alone.
    const digest = hash('sha256', this.#input.subarray(0, labelLength + bytes.length), 'buffer');
    for (let at = 0; at < DIGEST_BYTES; at += 1) this.#xor[at]! ^= digest[at]!;
  }

  hex(): string {
    return this.#xor.toString('hex');
  }
}
