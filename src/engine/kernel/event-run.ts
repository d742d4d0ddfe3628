import type { IdeaCard } from '../../card/schema.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import {
  affordableNotional,
  fillPrice,
  liquidationPrice,
  runConstants,
  starvationLevel,
  type RunConstants,
} from '../models.ts';
import { PROFILES } from '../profile.ts';
import { isSet, nextOf, type Bits } from './bits.ts';
import { Drawdowns, equityAt, type HeldTerms } from './drawdowns.ts';
import { EntryPlan } from './entry-plan.ts';
import { MarginTotals } from './margin-totals.ts';
import type { Market } from './market.ts';
import { Ranges } from './ranges.ts';
import type { SignalBits } from './signal-bits.ts';
import { TradeTotals } from './trade-totals.ts';

/**
 * The bar loop of backtest.ts as jumps from event to event: from entry signal to fill, to the first
 * of level, exit signal and end, and to the next entry. What the metrics need of the bars between
 * comes from the market's block extremes. Its arithmetic is that of exchange.ts, account.ts and
 * models.ts in the same order; only bars on which nothing can happen are left out.
 */
export class EventRun {
  readonly totals = new TradeTotals();
  readonly margin = new MarginTotals();
  readonly drawdowns: Drawdowns;
  /** Equity at each of the market's daily samples. */
  readonly samples: Float64Array;
  entryAttempts = 0;
  entryRejections = 0;
  isBlown = false;
  /** One past the last simulated row. */
  reached = 0;
  /** Cash, when nothing is held the equity too. */
  cash = 0;

  readonly #market: Market;
  readonly #ranges: Ranges;
  readonly #plan = new EntryPlan();
  readonly #held: Writable<HeldTerms> = { cash: 0, entryPrice: 0, size: 0, side: 1 };
  #constants: RunConstants = NO_CONSTANTS;
  #starvation = 0;
  #canFlip = false;
  #signals: SignalBits = NO_SIGNALS;
  #day = 0;
  #entryBar = 0;
  #notional = 0;
  #entryFee = 0;
  #adverse = 0;
  #favourable = 0;

  constructor(market: Market) {
    this.#market = market;
    this.#ranges = new Ranges(market);
    this.drawdowns = new Drawdowns(market);
    this.samples = new Float64Array(market.dayBars.length);
  }

  /** Runs one point; the results are in the fields until the next run. */
  run(card: IdeaCard, feeds: MultiTFFeedStore, signals: SignalBits): void {
    const constants = runConstants(card, PROFILES.standard);
    this.#constants = constants;
    this.#starvation = starvationLevel(constants);
    this.#canFlip = card.position_policy.allow_flip;
    this.#signals = signals;
    this.#plan.begin(card, feeds);
    this.totals.begin();
    this.margin.begin(constants);
    this.drawdowns.begin(constants.startingEquity);
    this.cash = constants.startingEquity;
    this.entryAttempts = 0;
    this.entryRejections = 0;
    this.isBlown = false;
    this.reached = this.#market.endBar;
    this.#day = 0;
    this.#runEvents();
    this.totals.finish();
    this.margin.finish();
  }

  // --- internal ---

  #runEvents(): void {
    const { startBar, endBar, dayBars } = this.#market;
    let bar = startBar;
    while (bar < endBar) {
      // Flat at the close of `bar`.
      this.drawdowns.addPoint(bar, this.cash);
      if (this.cash < this.#starvation || this.cash <= 0) {
        this.isBlown = true;
        this.reached = bar + 1;
        break;
      }
      const side = this.#nextOrder(bar);
      const entry = this.#entryBar;
      if (side === 0 || entry >= endBar) break;
      bar = this.#fillEntry(entry, side) ? this.#hold() : entry;
    }
    for (; this.#day < dayBars.length; this.#day++) this.samples[this.#day] = this.cash;
    this.drawdowns.finish(this.reached);
  }

  /** From the close of `bar` on, flat: the side of the next order, whose fill falls on `#entryBar`. */
  #nextOrder(bar: number): -1 | 0 | 1 {
    const { endBar } = this.#market;
    const { enterLong, enterShort } = this.#signals;
    let long = nextOf(enterLong, bar, endBar);
    let short = nextOf(enterShort, bar, endBar);
    while (long < endBar || short < endBar) {
      const side = long < short ? 1 : -1;
      const signalBar = side > 0 ? long : short;
      if (this.#submit(signalBar, side, this.cash)) {
        this.#entryBar = signalBar + 1;
        return side;
      }
      if (side > 0) long = nextOf(enterLong, long + 1, endBar);
      else short = nextOf(enterShort, short + 1, endBar);
    }
    return 0;
  }

  /** Whether an order is sent; too small a one is dropped and not counted. */
  #submit(bar: number, side: 1 | -1, equity: number): boolean {
    if (!this.#plan.plan(bar, side, equity)) return false;
    if (this.#plan.notional < this.#constants.minNotional) return false;
    this.entryAttempts += 1;
    return true;
  }

  /** Opens at the open of `bar`; false where the gate rejects the order. */
  #fillEntry(bar: number, side: 1 | -1): boolean {
    const constants = this.#constants;
    const notional = Math.min(this.#plan.notional, affordableNotional(this.cash, constants));
    if (!(notional > 0 && notional >= constants.minNotional)) {
      this.entryRejections += 1;
      return false;
    }
    this.#sampleFlat(bar);
    const price = fillPrice(this.#market.open[bar] as number, side, constants.slippageRate);
    const fee = notional * constants.feeRate;
    this.cash -= fee;
    this.#entryBar = bar;
    this.#notional = notional;
    this.#entryFee = fee;
    const held = this.#held;
    held.cash = this.cash;
    held.entryPrice = price;
    held.size = notional / price;
    held.side = side;
    this.#armLevels(price, side);
    return true;
  }

  #armLevels(entryPrice: number, side: 1 | -1): void {
    const { stop, target } = this.#plan;
    const nowhere = side * Number.NEGATIVE_INFINITY;
    this.#favourable = Number.isNaN(target) ? -nowhere : target;
    this.#adverse = Number.isNaN(stop) ? nowhere : stop;
    const liquidation = liquidationPrice(entryPrice, side, this.#constants);
    if (side * (liquidation - this.#adverse) > 0) this.#adverse = liquidation;
  }

  /**
   * Follows the open position, and those it flips into, to its end; the bar at whose close nothing
   * is held any more, or the end of the window.
   */
  #hold(): number {
    const { endBar, open } = this.#market;
    for (;;) {
      const { side } = this.#held;
      const entry = this.#entryBar;
      const signalBar = this.#nextExit(entry, side);
      const limit = Math.min(signalBar + 1, endBar);
      const touched = this.#findTouch(entry, limit);
      if (touched < limit) {
        this.#addHeld(touched);
        this.#close(this.#levelPrice(touched), touched);
        return touched;
      }
      const isFlip =
        this.#canFlip && signalBar < endBar && isSet(this.#entriesAgainst(side), signalBar);
      const isOrdered = isFlip && this.#submitFlip(signalBar);
      if (limit === endBar) {
        this.#endOfData();
        return endBar;
      }
      this.#addHeld(limit);
      this.#close(open[limit] as number, limit);
      const isReversed = isOrdered && this.#fillEntry(limit, -side as 1 | -1);
      if (!isReversed) return limit;
    }
  }

  #submitFlip(bar: number): boolean {
    const held = this.#held;
    const equity = equityAt(held, this.#market.close[bar] as number);
    return this.#submit(bar, -held.side as 1 | -1, equity);
  }

  /** First bar from `bar` on whose close ends a position of `side`. */
  #nextExit(bar: number, side: 1 | -1): number {
    const { endBar } = this.#market;
    const { exitLong, exitShort } = this.#signals;
    const exit = nextOf(side > 0 ? exitLong : exitShort, bar, endBar);
    return this.#canFlip ? nextOf(this.#entriesAgainst(side), bar, exit) : exit;
  }

  #entriesAgainst(side: 1 | -1): Bits | undefined {
    return side > 0 ? this.#signals.enterShort : this.#signals.enterLong;
  }

  /** First bar in `[from, end)` on which a level is reached, else `end`. */
  #findTouch(from: number, end: number): number {
    const isLong = this.#held.side > 0;
    const lowLevel = isLong ? this.#adverse : this.#favourable;
    const highLevel = isLong ? this.#favourable : this.#adverse;
    return this.#ranges.firstTouch(from, end, lowLevel, highLevel);
  }

  /** Fill of the level reached inside `bar`, at the open where the bar opens beyond it. */
  #levelPrice(bar: number): number {
    const { open, low, high } = this.#market;
    const { side } = this.#held;
    const price = open[bar] as number;
    const isAdverse =
      side > 0 ? (low[bar] as number) <= this.#adverse : (high[bar] as number) >= this.#adverse;
    const opensBelow = side * price <= side * this.#adverse;
    const opensAbove = !opensBelow && side * price >= side * this.#favourable;
    if (isAdverse && !opensAbove) return opensBelow ? price : this.#adverse;
    return opensAbove ? price : this.#favourable;
  }

  /** Everything about the bars `[#entryBar, end)` that ended with the position. */
  #addHeld(end: number): void {
    const entry = this.#entryBar;
    if (end <= entry) return;
    this.#ranges.measure(entry, end);
    this.drawdowns.addHeld(entry, end, this.#held, this.#ranges);
    this.#addMargin(end);
    this.#sampleHeld(end);
  }

  #addMargin(end: number): void {
    const entry = this.#entryBar;
    const { margin } = this;
    margin.facts.barsInPosition += end - entry;
    if (!margin.addExtremes(this.#held, this.#ranges)) return;
    const { close } = this.#market;
    for (let bar = entry; bar < end; bar++) {
      if (margin.isCalled(this.#held, close[bar] as number)) margin.facts.calls += 1;
    }
  }

  #endOfData(): void {
    const { endBar, close, dayBars } = this.#market;
    const entry = this.#entryBar;
    const last = endBar - 1;
    if (last > entry) {
      this.#ranges.measure(entry, last);
      this.drawdowns.addHeld(entry, last, this.#held, this.#ranges);
    }
    this.#ranges.measure(entry, endBar);
    this.#addMargin(endBar);
    this.#sampleHeld(endBar);
    this.#close(close[last] as number, last, endBar);
    // The close at the end of the data replaces the last equity point.
    this.drawdowns.addPoint(last, this.cash);
    for (let day = this.#day - 1; day >= 0 && dayBars[day] === last; day--) {
      this.samples[day] = this.cash;
    }
  }

  /** Closes at `price` on `bar`; `heldEnd` is one past the last bar that ended with the position. */
  #close(price: number, bar: number, heldEnd = bar): void {
    const { feeRate, slippageRate } = this.#constants;
    const { size, entryPrice, side } = this.#held;
    const exitPrice = this.#boundedExit(fillPrice(price, -side, slippageRate));
    const exitFee = size * exitPrice * feeRate;
    const gain = side > 0 ? exitPrice - entryPrice : entryPrice - exitPrice;
    const realized = gain * size;
    const fees = this.#entryFee + exitFee;
    const netPnl = realized - fees;
    this.cash += realized - exitFee;
    const { totals } = this;
    const { facts } = totals;
    totals.add(netPnl, bar - this.#entryBar, side > 0);
    facts.pnlPct += (netPnl / Math.abs(this.#notional)) * 100;
    facts.fees += fees;
    if (heldEnd <= this.#entryBar) return;
    const below = (100 * (entryPrice - this.#ranges.minLow)) / entryPrice;
    const above = (100 * (this.#ranges.maxHigh - entryPrice)) / entryPrice;
    facts.maePct += side > 0 ? below : above;
    facts.mfePct += side > 0 ? above : below;
  }

  /** As Exchange.#boundedExit: no exit costs more than the margin. */
  #boundedExit(exitPrice: number): number {
    const { size, entryPrice, side } = this.#held;
    const { leverage, feeRate } = this.#constants;
    const margin = this.#notional / leverage;
    const realized = side * (exitPrice - entryPrice) * size;
    const loss = this.#entryFee + size * exitPrice * feeRate - realized;
    if (loss <= margin) return exitPrice;
    const spent = side * (this.#entryFee - margin);
    return (entryPrice * size + spent) / (size * (1 - side * feeRate));
  }

  #sampleFlat(end: number): void {
    const { dayBars } = this.#market;
    while (this.#day < dayBars.length && (dayBars[this.#day] as number) < end) {
      this.samples[this.#day] = this.cash;
      this.#day += 1;
    }
  }

  #sampleHeld(end: number): void {
    const { dayBars, close } = this.#market;
    while (this.#day < dayBars.length && (dayBars[this.#day] as number) < end) {
      const price = close[dayBars[this.#day] as number] as number;
      this.samples[this.#day] = equityAt(this.#held, price);
      this.margin.addSample(this.#held, price);
      this.#day += 1;
    }
  }
}

// --- internal ---

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_SIGNALS: SignalBits = {
  enterLong: undefined,
  enterShort: undefined,
  exitLong: undefined,
  exitShort: undefined,
};

const NO_CONSTANTS: RunConstants = {
  startingEquity: 0,
  leverage: 1,
  imr: 1,
  mmr: 0,
  feeRate: 0,
  slippageRate: 0,
  minNotional: 0,
};
