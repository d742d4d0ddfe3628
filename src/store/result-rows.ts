/**
 * Rows of a checkpoint. Numbers are columns; what is text or an object is asked for row by row, so that
 * it lives no longer than it takes to encode it.
 */
export interface ResultRows {
  readonly count: number;
  /** Ascending. */
  readonly pointIndex: Float64Array;
  /** `count × METRIC_COLUMNS.length`, row after row; NaN is stored as NULL. */
  readonly metrics: Float64Array;
  readonly outcome: (row: number) => string;
  readonly eligible: (row: number) => boolean;
  /** JSON text of an object. */
  readonly paramsJson: (row: number) => string;
  readonly profitFactorMode: (row: number) => string | null;
  readonly error: (row: number) => string | null;
}
