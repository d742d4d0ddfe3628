import type { AxisScalar } from '../grid/axis.ts';

/** Rows as columns, all of length `count`. */
export interface ResultRows {
  readonly count: number;
  /** Ascending. */
  readonly pointIndex: Float64Array;
  readonly outcome: readonly string[];
  readonly eligible: readonly boolean[];
  readonly params: readonly Readonly<Record<string, AxisScalar>>[];
  /** `count × METRIC_COLUMNS.length`, row after row; NaN is stored as NULL. */
  readonly metrics: Float64Array;
  readonly profitFactorMode: readonly (string | null)[];
  readonly error: readonly (string | null)[];
}
