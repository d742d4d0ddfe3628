import { createHash } from 'node:crypto';
import { AssertionError } from '../assert.ts';
import { CHECKPOINT_ROWS_MAX } from '../limits.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import { computeMetrics, type Metrics } from '../metrics/metrics.ts';
import { runPoint } from './run-point.ts';
import type { SweepContext } from './sweep-context.ts';

/** Run the admitted points of `[from, to)`, in order, until the range, the budget or a stop ends it. */
export interface RangeRequest {
  readonly from: number;
  readonly to: number;
  /** Wall time after which the thread hands back what it has, so that it can be saved. */
  readonly budgetMs: number;
  /** One int32; anything but 0 asks the thread to hand back after the point it is on. */
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

interface PointRow {
  readonly outcome: PointOutcome;
  readonly metrics: Metrics | undefined;
  readonly error: string | null;
}

export function runRange(context: SweepContext, request: RangeRequest): RangeResult {
  const startMs = performance.now();
  const stop = request.stopFlag ? new Int32Array(request.stopFlag) : undefined;
  const rows = new RowColumns();
  let next = context.grid.nextAdmitted(request.from);
  while (next < request.to && rows.count < CHECKPOINT_ROWS_MAX) {
    rows.add(next, runAdmitted(context, next), context.isEligible);
    next = context.grid.nextAdmitted(next + 1);
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

// --- internal ---

function runAdmitted(context: SweepContext, pointIndex: number): PointRow {
  const refusal = context.grid.refusal(pointIndex);
  if (refusal) {
    return { outcome: 'refused', metrics: undefined, error: `${refusal.code}: ${refusal.message}` };
  }
  try {
    const result = runPoint(context.library, context.sweep, context.grid.cardAt(pointIndex));
    return { outcome: result.outcome, metrics: computeMetrics(result), error: null };
  } catch (error) {
    // A point that cannot be run is a row of its own; a broken invariant of ours is not.
    if (error instanceof AssertionError || !(error instanceof Error)) throw error;
    return { outcome: 'failed', metrics: undefined, error: error.message };
  }
}

class RowColumns {
  readonly #pointIndex: number[] = [];
  readonly #outcome: PointOutcome[] = [];
  readonly #eligible: boolean[] = [];
  readonly #metrics: Float64Array[] = [];
  readonly #profitFactorMode: (string | null)[] = [];
  readonly #error: (string | null)[] = [];
  #digest = EMPTY_DIGEST;

  get count(): number {
    return this.#pointIndex.length;
  }

  add(pointIndex: number, row: PointRow, isEligible: SweepContext['isEligible']): void {
    const values = metricValues(row.metrics);
    const mode = row.metrics?.profit_factor_mode;
    this.#pointIndex.push(pointIndex);
    this.#outcome.push(row.outcome);
    this.#eligible.push(
      row.metrics !== undefined &&
        row.outcome !== 'no_trades' &&
        isEligible((name) => numberOrNull(row.metrics?.[name as keyof Metrics])),
    );
    this.#metrics.push(values);
    this.#profitFactorMode.push(typeof mode === 'string' ? mode : null);
    this.#error.push(row.error);
    this.#digest = combineDigests(this.#digest, rowDigest(pointIndex, row.outcome, values));
  }

  finish(): Omit<RangeResult, 'from' | 'reached' | 'elapsedMs'> {
    const metrics = new Float64Array(this.count * METRIC_COLUMNS.length);
    for (const [index, values] of this.#metrics.entries()) {
      metrics.set(values, index * METRIC_COLUMNS.length);
    }
    return {
      pointIndex: Float64Array.from(this.#pointIndex),
      outcome: this.#outcome,
      eligible: this.#eligible,
      metrics,
      profitFactorMode: this.#profitFactorMode,
      error: this.#error,
      digest: this.#digest,
    };
  }
}

function metricValues(metrics: Metrics | undefined): Float64Array {
  return Float64Array.from(METRIC_COLUMNS, (name) => numberOrNull(metrics?.[name]) ?? Number.NaN);
}

function numberOrNull(value: number | string | null | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function rowDigest(pointIndex: number, outcome: string, values: Float64Array): string {
  return createHash('sha256')
    .update(`${pointIndex} ${outcome} `)
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
    .slice(0, 32);
}
