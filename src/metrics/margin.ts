import type { BacktestResult } from '../engine/backtest.ts';
import { EXIT_REASONS } from '../engine/trade-log.ts';
import type { MarginFacts } from './facts.ts';
import type { Samples } from './returns.ts';

const END_OF_DATA = EXIT_REASONS.indexOf('end_of_data');

/**
 * Free margin counts as below 0 only beyond this share of the used margin: an unlevered position
 * that took all cash has exactly none by arithmetic, and rounding would decide bar by bar.
 */
const MARGIN_CALL_TOLERANCE = 1e-9;

/**
 * Margin figures over the bars that ended with a position: position value v = size·close, used
 * margin v·imr, maintenance margin v·mmr, against equity at that close.
 */
export function marginFacts(result: BacktestResult, samples: Samples | undefined): MarginFacts {
  const meter = new MarginMeter(result);
  if (samples) {
    for (let row = 0; row < result.trades.count; row++) meter.addExtremes(row);
    meter.addSamples(samples);
  } else {
    for (let row = 0; row < result.trades.count; row++) meter.addEveryBar(row);
    meter.addLastPoint();
  }
  return meter.facts();
}

// --- internal ---

class MarginMeter {
  readonly #result: BacktestResult;
  readonly #close: Float64Array;
  readonly #size: Float64Array;
  readonly #imr: number;
  readonly #mmr: number;
  #barsInPosition = 0;
  #minRatio = 1;
  #calls = 0;
  #closestPct = 100;
  #leverageSum = 0;
  #leverageCount = 0;
  #maxLeverage = 0;
  /** Next entry of the run's funding bars; trades come in order. */
  #nextFunding = 0;

  constructor(result: BacktestResult) {
    this.#result = result;
    this.#close = result.facts.feeds.exec.store.close;
    this.#size = result.trades.column('size');
    this.#imr = result.facts.constants.imr;
    this.#mmr = result.facts.constants.mmr;
  }

  facts(): MarginFacts {
    return {
      barsInPosition: this.#barsInPosition,
      minRatio: this.#minRatio,
      calls: this.#calls,
      closestLiquidationPct: this.#closestPct,
      averageLeverage: this.#leverageCount === 0 ? 0 : this.#leverageSum / this.#leverageCount,
      maxLeverage: this.#maxLeverage,
    };
  }

  /** Every bar of a trade, as the reference's account curve. */
  addEveryBar(row: number): void {
    const { entryBar, heldEnd, size } = this.#trade(row);
    for (let bar = entryBar; bar < heldEnd; bar++) {
      const leverage = this.#addPoint(bar, size);
      if (this.#equityAt(bar) - this.#usedAt(bar, size) < 0) this.#calls += 1;
      if (leverage > 0) {
        this.#leverageSum += leverage;
        this.#leverageCount += 1;
      }
    }
    this.#barsInPosition += heldEnd - entryBar;
  }

  /** After a terminal stop the account is flat; a negative balance is one more call. */
  addLastPoint(): void {
    const { equity } = this.#result;
    if ((equity.at(-1) ?? 0) < 0) this.#calls += 1;
  }

  /**
   * The lowest and the highest close of a trade: between two fundings every figure is monotone in
   * the price, so these hold the extremes. Calls are counted bar by bar only where one is there.
   */
  addExtremes(row: number): void {
    const { entryBar, heldEnd, size } = this.#trade(row);
    const fundings = this.#result.facts.fundingBars;
    while ((fundings[this.#nextFunding] ?? Number.POSITIVE_INFINITY) <= entryBar) {
      this.#nextFunding += 1;
    }
    let from = entryBar;
    while ((fundings[this.#nextFunding] ?? Number.POSITIVE_INFINITY) < heldEnd) {
      const bar = fundings[this.#nextFunding] as number;
      this.#addSegment(from, bar, size);
      from = bar;
      this.#nextFunding += 1;
    }
    this.#addSegment(from, heldEnd, size);
    this.#barsInPosition += heldEnd - entryBar;
  }

  /** Leverage at each sample that finds a position. */
  addSamples(samples: Samples): void {
    const { count } = this.#result.trades;
    let row = 0;
    for (const bar of samples.bars) {
      while (row < count && this.#trade(row).heldEnd <= bar) row += 1;
      if (row === count) return;
      const { entryBar, size } = this.#trade(row);
      const leverage = bar < entryBar ? 0 : this.#leverageAt(bar, size);
      if (leverage > 0) {
        this.#leverageSum += leverage;
        this.#leverageCount += 1;
      }
    }
  }

  #addSegment(from: number, to: number, size: number): void {
    if (from >= to) return;
    const close = this.#close;
    let low = from;
    let high = from;
    for (let bar = from + 1; bar < to; bar++) {
      const price = close[bar] as number;
      if (price < (close[low] as number)) low = bar;
      else if (price > (close[high] as number)) high = bar;
    }
    this.#addPoint(low, size);
    this.#addPoint(high, size);
    if (!this.#isCalled(low, size) && !this.#isCalled(high, size)) return;
    for (let bar = from; bar < to; bar++) if (this.#isCalled(bar, size)) this.#calls += 1;
  }

  /** Takes the extremes of one close; returns its leverage, 0 where equity is used up. */
  #addPoint(bar: number, size: number): number {
    const equity = this.#equityAt(bar);
    const value = size * (this.#close[bar] as number);
    const used = value * this.#imr;
    const maintenance = value * this.#mmr;
    if (used > 0 && equity / used < this.#minRatio) this.#minRatio = equity / used;
    if (equity > 0 && maintenance > 0) {
      const pct = (100 * (equity - maintenance)) / equity;
      if (pct < this.#closestPct) this.#closestPct = pct;
    }
    const leverage = this.#leverageAt(bar, size);
    if (leverage > this.#maxLeverage) this.#maxLeverage = leverage;
    return leverage;
  }

  #leverageAt(bar: number, size: number): number {
    const equity = this.#equityAt(bar);
    const used = this.#usedAt(bar, size);
    return used > 0 && equity > 0 ? used / this.#imr / equity : 0;
  }

  #isCalled(bar: number, size: number): boolean {
    const used = this.#usedAt(bar, size);
    return this.#equityAt(bar) - used < -MARGIN_CALL_TOLERANCE * used;
  }

  #usedAt(bar: number, size: number): number {
    return size * (this.#close[bar] as number) * this.#imr;
  }

  /** Equity of the account point: before the close at the end of the data. */
  #equityAt(bar: number): number {
    const { equity, facts } = this.#result;
    const index = bar - facts.startBar;
    const isLast = index === equity.length - 1 && !Number.isNaN(facts.equityBeforeLastClose);
    return isLast ? facts.equityBeforeLastClose : (equity[index] as number);
  }

  /** A trade is held at the closes `[entryBar, heldEnd)`; the end of the data closes after one. */
  #trade(row: number): { entryBar: number; heldEnd: number; size: number } {
    const { trades } = this.#result;
    const exitBar = trades.exitBar[row] as number;
    return {
      entryBar: trades.entryBar[row] as number,
      heldEnd: trades.reason[row] === END_OF_DATA ? exitBar + 1 : exitBar,
      size: this.#size[row] as number,
    };
  }
}
