import { required } from '../assert.ts';
import { timeframeMs, type Timeframe } from '../time.ts';
import type { ColumnManifest, FeedManifest } from './manifest.ts';

export type FloatColumn = Float64Array | Float32Array;

/** The arrays of one feed, all of the same length. */
export interface FeedArrays {
  readonly tsOpen: Float64Array;
  readonly tsClose: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** Indicator columns by column id. */
  readonly columns: ReadonlyMap<string, FloatColumn>;
}

/** Settlement times (epoch ms, ascending) and rates (fraction per settlement). */
export interface FundingRates {
  readonly tsMs: Float64Array;
  readonly rate: Float64Array;
}

/**
 * One symbol × timeframe × range: times (epoch ms), prices and one column per planned series.
 * Immutable: the arrays may lie in a read-only mapping, where a write kills the process, so they
 * never leave feed and engine.
 */
export class FeedStore {
  readonly meta: FeedManifest;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly timeframeMs: number;
  /** Bars. */
  readonly length: number;
  readonly tsOpen: Float64Array;
  readonly tsClose: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** Rates that the simulated account pays; undefined where none are stored for the whole window. */
  readonly funding: FundingRates | undefined;
  readonly #columns: ReadonlyMap<string, FloatColumn>;
  readonly #columnMeta: ReadonlyMap<string, ColumnManifest>;

  constructor(meta: FeedManifest, arrays: FeedArrays) {
    this.meta = meta;
    this.symbol = meta.symbol;
    this.timeframe = meta.timeframe;
    this.timeframeMs = timeframeMs(meta.timeframe);
    this.length = arrays.tsOpen.length;
    this.tsOpen = arrays.tsOpen;
    this.tsClose = arrays.tsClose;
    this.open = arrays.open;
    this.high = arrays.high;
    this.low = arrays.low;
    this.close = arrays.close;
    this.volume = arrays.volume;
    this.funding = meta.funding && {
      tsMs: Float64Array.from(meta.funding.ts_ms),
      rate: Float64Array.from(meta.funding.rate),
    };
    this.#columns = arrays.columns;
    this.#columnMeta = new Map(meta.columns.map((column) => [column.id, column]));
  }

  has(id: string): boolean {
    return this.#columns.has(id);
  }

  /** The column of a planned series, NaN where it has no value. */
  column(id: string): FloatColumn {
    return required(
      this.#columns.get(id),
      `feed ${this.symbol} ${this.timeframe}: no column ${id}`,
    );
  }

  /** Spec, first row, first valid row and warm-up of a column. */
  columnMeta(id: string): ColumnManifest {
    return required(
      this.#columnMeta.get(id),
      `feed ${this.symbol} ${this.timeframe}: no column ${id}`,
    );
  }
}

/** First index of ascending `times` that is not below `at`; the length when there is none. */
export function firstAtOrAfter(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
