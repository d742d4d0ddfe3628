import { assert } from '../assert.ts';
import type { AxisScalar } from '../grid/axis.ts';
import type { FloatColumn } from './feed-store.ts';
import type { MultiTFFeedStore, RoleFeed } from './multi-tf.ts';
import { isPriceName, type PriceName } from './references.ts';

/**
 * What a strategy may see at the close of one exec bar: values, never arrays, of bars that have
 * closed. Every access is O(1) and allocates nothing. The engine moves the view; a bar that lies
 * ahead has no way to be named, because bars are counted back from the current one.
 */
export class RuntimeSnapshotView {
  readonly exec: TFContext;
  readonly mtf: TFContext | undefined;
  readonly htf: TFContext | undefined;
  readonly #params: Readonly<Record<string, AxisScalar>>;
  readonly #firstBar: number;
  readonly #endBar: number;
  #markPrice = Number.NaN;

  constructor(feeds: MultiTFFeedStore, params: Readonly<Record<string, AxisScalar>> = {}) {
    this.exec = new TFContext(feeds.exec);
    this.mtf = feeds.mtf && new TFContext(feeds.mtf);
    this.htf = feeds.htf && new TFContext(feeds.htf);
    this.#params = params;
    this.#firstBar = feeds.firstBar;
    this.#endBar = feeds.endBar;
  }

  /** Current exec bar; -1 before the first move. */
  get barIndex(): number {
    return this.exec.barIndex;
  }

  /** Price that the exchange marks positions at, as it computed it for this step. */
  get markPrice(): number {
    return this.#markPrice;
  }

  /** Value of an axis at this point, by column name. */
  param(name: string): AxisScalar | undefined {
    return this.#params[name];
  }

  /**
   * For the engine: makes exec bar `barIndex` the current one and takes the exchange's mark price
   * (the bar's close where none is given).
   */
  moveTo(barIndex: number, markPrice?: number): void {
    assert(barIndex >= this.#firstBar && barIndex < this.#endBar, 'view: bar outside the frame');
    moveContext(this.exec, barIndex);
    if (this.mtf) moveContext(this.mtf, barIndex);
    if (this.htf) moveContext(this.htf, barIndex);
    this.#markPrice = markPrice ?? this.exec.close;
  }
}

let moveContext: (context: TFContext, execBar: number) => void;

/** One timeframe role of the view: its current bar is the last one visible at the exec bar's close. */
export class TFContext {
  readonly #open: Float64Array;
  readonly #high: Float64Array;
  readonly #low: Float64Array;
  readonly #close: Float64Array;
  readonly #volume: Float64Array;
  readonly #tsOpen: Float64Array;
  readonly #tsClose: Float64Array;
  readonly #indicators: ReadonlyMap<string, FloatColumn>;
  readonly #visible: Int32Array | undefined;
  readonly #firstBar: number;
  #bar = -1;

  static {
    moveContext = (context, execBar) => {
      const visible = context.#visible;
      const bar = visible ? (visible[execBar] as number) : execBar;
      context.#bar = bar < context.#firstBar ? -1 : bar;
    };
  }

  constructor({ store, indicators, visible, firstBar }: RoleFeed) {
    this.#open = store.open;
    this.#high = store.high;
    this.#low = store.low;
    this.#close = store.close;
    this.#volume = store.volume;
    this.#tsOpen = store.tsOpen;
    this.#tsClose = store.tsClose;
    this.#indicators = indicators;
    this.#visible = visible;
    this.#firstBar = firstBar;
  }

  /** Row of the current bar in its own feed; -1 while none has closed. */
  get barIndex(): number {
    return this.#bar;
  }

  get open(): number {
    return this.#at(this.#open, 0);
  }

  get high(): number {
    return this.#at(this.#high, 0);
  }

  get low(): number {
    return this.#at(this.#low, 0);
  }

  get close(): number {
    return this.#at(this.#close, 0);
  }

  get volume(): number {
    return this.#at(this.#volume, 0);
  }

  /** Epoch ms. */
  get tsOpen(): number {
    return this.#at(this.#tsOpen, 0);
  }

  /** Epoch ms; at or before the exec bar's close. */
  get tsClose(): number {
    return this.#at(this.#tsClose, 0);
  }

  /** A price of the bar `barsBack` bars of this timeframe ago; NaN where there is none. */
  price(name: PriceName, barsBack = 0): number {
    const column = this.#priceColumn(name);
    return column === undefined ? Number.NaN : this.#at(column, barsBack);
  }

  /** An indicator `barsBack` bars of this timeframe ago, by its card key; NaN where it has no value. */
  indicator(key: string, barsBack = 0): number {
    const column = this.#indicators.get(key);
    return column === undefined ? Number.NaN : this.#at(column, barsBack);
  }

  /** What a rule means by `key`: a price by its name, else an indicator. */
  value(key: string, barsBack = 0): number {
    return isPriceName(key) ? this.price(key, barsBack) : this.indicator(key, barsBack);
  }

  #priceColumn(name: PriceName): Float64Array | undefined {
    if (name === 'close') return this.#close;
    if (name === 'open') return this.#open;
    if (name === 'high') return this.#high;
    if (name === 'low') return this.#low;
    return name === 'volume' ? this.#volume : undefined;
  }

  /** Small enough to be inlined, because a number that a call returns is boxed. */
  #at(column: FloatColumn, barsBack: number): number {
    if (barsBack >>> 0 !== barsBack) refuseBarsBack(barsBack);
    const row = this.#bar - barsBack;
    return row < this.#firstBar || this.#bar < 0 ? Number.NaN : (column[row] as number);
  }
}

// --- internal ---

function refuseBarsBack(barsBack: number): never {
  const reason = barsBack >= 0 ? 'no whole number' : 'the future is not visible';
  throw new RangeError(`barsBack is ${barsBack}: ${reason}`);
}
