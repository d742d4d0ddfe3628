import type { DrawdownFacts } from '../../metrics/facts.ts';
import { BLOCK_SHIFT, MAX_CLOSE, MIN_CLOSE, type Market } from './market.ts';

const IN_BLOCK = (1 << BLOCK_SHIFT) - 1;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The drawdowns of an equity curve that is given by events instead of points. Between two new peaks
 * the peak is constant and every fall is monotone in the equity, rounding included, so the lowest
 * point between them gives both extremes; and while a position is held equity is monotone in the
 * close, so a block of bars is looked into only where its best close makes a new peak.
 */
export class Drawdowns {
  readonly facts: Writable<DrawdownFacts> = { abs: 0, fraction: 0, durationBars: 0 };
  readonly #market: Market;
  #peak = 0;
  /** Row of the last new peak; one before the first point at the start, which counts as no peak. */
  #peakBar = 0;
  /** Lowest equity since. */
  #lowest = 0;

  constructor(market: Market) {
    this.#market = market;
  }

  begin(equity: number): void {
    const { facts } = this;
    facts.abs = 0;
    facts.fraction = 0;
    facts.durationBars = 0;
    this.#peak = equity;
    this.#peakBar = this.#market.startBar - 1;
    this.#lowest = equity;
  }

  /** One point, or the first of a flat run. */
  addPoint(bar: number, equity: number): void {
    if (equity > this.#peak) this.#newPeak(bar, equity);
    else if (equity < this.#lowest) this.#lowest = equity;
  }

  /** The closes of `[from, end)`, held with these terms; `min` and `max` are their extremes. */
  addHeld(from: number, end: number, held: HeldTerms, closes: CloseRange): void {
    const { side } = held;
    const best = equityAt(held, side > 0 ? closes.maxClose : closes.minClose);
    if (best > this.#peak) {
      this.#walk(from, end, held);
      return;
    }
    const worst = equityAt(held, side > 0 ? closes.minClose : closes.maxClose);
    if (worst < this.#lowest) this.#lowest = worst;
  }

  /** Ends the curve before row `end`. */
  finish(end: number): void {
    this.#settle(end);
  }

  #newPeak(bar: number, equity: number): void {
    this.#settle(bar);
    this.#peak = equity;
    this.#peakBar = bar;
    this.#lowest = equity;
  }

  /** Accounts for the run of points after the last peak and before row `end`. */
  #settle(end: number): void {
    const { facts } = this;
    const length = end - this.#peakBar - 1;
    if (length > facts.durationBars) facts.durationBars = length;
    const fall = this.#peak - this.#lowest;
    if (fall > facts.abs) facts.abs = fall;
    const part = fall / this.#peak;
    if (part > facts.fraction) facts.fraction = part;
  }

  #walk(from: number, end: number, held: HeldTerms): void {
    const { blocks } = this.#market;
    const [bestAt, worstAt] = held.side > 0 ? [MAX_CLOSE, MIN_CLOSE] : [MIN_CLOSE, MAX_CLOSE];
    let bar = from;
    while (bar < end) {
      const next = Math.min(end, (bar | IN_BLOCK) + 1);
      const record = 4 * (bar >>> BLOCK_SHIFT);
      const isWhole = next - bar > IN_BLOCK;
      if (isWhole && !(equityAt(held, blocks[record + bestAt] as number) > this.#peak)) {
        const worst = equityAt(held, blocks[record + worstAt] as number);
        if (worst < this.#lowest) this.#lowest = worst;
      } else {
        this.#visit(bar, next, held);
      }
      bar = next;
    }
  }

  #visit(from: number, end: number, { cash, entryPrice, size, side }: HeldTerms): void {
    const { close } = this.#market;
    let peak = this.#peak;
    let lowest = this.#lowest;
    for (let bar = from; bar < end; bar++) {
      const equity = cash + side * ((close[bar] as number) - entryPrice) * size;
      if (equity > peak) {
        this.#lowest = lowest;
        this.#newPeak(bar, equity);
        peak = equity;
        lowest = equity;
      } else if (equity < lowest) {
        lowest = equity;
      }
    }
    this.#lowest = lowest;
  }
}

/** What equity at a close depends on while a position is held. */
export interface HeldTerms {
  /** Cash with the entry fee paid. */
  readonly cash: number;
  readonly entryPrice: number;
  readonly size: number;
  readonly side: 1 | -1;
}

export interface CloseRange {
  readonly minClose: number;
  readonly maxClose: number;
}

/** As Account.mark: cash plus unrealised PnL. */
export function equityAt({ cash, entryPrice, size, side }: HeldTerms, price: number): number {
  return cash + side * (price - entryPrice) * size;
}
