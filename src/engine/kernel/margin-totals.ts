import type { MarginFacts } from '../../metrics/facts.ts';
import type { RunConstants } from '../models.ts';
import { equityAt, type CloseRange, type HeldTerms } from './drawdowns.ts';

/** As in metrics/margin.ts. */
const MARGIN_CALL_TOLERANCE = 1e-9;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The margin figures of metrics/margin.ts, fed with the lowest and highest close of each trade. */
export class MarginTotals {
  readonly facts: Writable<MarginFacts> = {
    barsInPosition: 0,
    minRatio: 1,
    calls: 0,
    closestLiquidationPct: 100,
    averageLeverage: 0,
    maxLeverage: 0,
  };
  #imr = 1;
  #mmr = 0;
  #leverageSum = 0;
  #leverageCount = 0;

  begin({ imr, mmr }: RunConstants): void {
    const { facts } = this;
    facts.barsInPosition = 0;
    facts.minRatio = 1;
    facts.calls = 0;
    facts.closestLiquidationPct = 100;
    facts.averageLeverage = 0;
    facts.maxLeverage = 0;
    this.#imr = imr;
    this.#mmr = mmr;
    this.#leverageSum = 0;
    this.#leverageCount = 0;
  }

  finish(): void {
    this.facts.averageLeverage =
      this.#leverageCount === 0 ? 0 : this.#leverageSum / this.#leverageCount;
  }

  /** A trade's extremes; true where one is a margin call, so that the bars must be counted. */
  addExtremes(held: HeldTerms, { minClose, maxClose }: CloseRange): boolean {
    this.#addPoint(held, minClose);
    this.#addPoint(held, maxClose);
    return this.isCalled(held, minClose) || this.isCalled(held, maxClose);
  }

  isCalled(held: HeldTerms, price: number): boolean {
    const used = held.size * price * this.#imr;
    return equityAt(held, price) - used < -MARGIN_CALL_TOLERANCE * used;
  }

  /** Leverage at a daily sample that finds a position. */
  addSample(held: HeldTerms, price: number): void {
    const leverage = this.#leverageAt(held, price, equityAt(held, price));
    if (leverage > 0) {
      this.#leverageSum += leverage;
      this.#leverageCount += 1;
    }
  }

  #addPoint(held: HeldTerms, price: number): void {
    const { facts } = this;
    const equity = equityAt(held, price);
    const value = held.size * price;
    const used = value * this.#imr;
    const maintenance = value * this.#mmr;
    if (used > 0 && equity / used < facts.minRatio) facts.minRatio = equity / used;
    if (equity > 0 && maintenance > 0) {
      const pct = (100 * (equity - maintenance)) / equity;
      if (pct < facts.closestLiquidationPct) facts.closestLiquidationPct = pct;
    }
    const leverage = this.#leverageAt(held, price, equity);
    if (leverage > facts.maxLeverage) facts.maxLeverage = leverage;
  }

  #leverageAt({ size }: HeldTerms, price: number, equity: number): number {
    const used = size * price * this.#imr;
    return used > 0 && equity > 0 ? used / this.#imr / equity : 0;
  }
}
