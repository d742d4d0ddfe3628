import type { IdeaCard } from '../../card/schema.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { runConstants, starvationLevel } from '../models.ts';
import { PROFILES } from '../profile.ts';
import { isSet, nextOf, type Bits } from './bits.ts';
import { addFlat, addHeldCurve, beginCurve, settleCurve } from './curve.ts';
import { EntryPlan } from './entry-plan.ts';
import { Foresight } from './foresight.ts';
import { addMargin, closeTrade } from './ledger.ts';
import { LAYOUT, type Market } from './market.ts';
import { firstTouch, measureRange, priceLevel } from './ranges.ts';
import { STATE, clearCounts, newCounts, STATE_LENGTH, type RunState } from './run-state.ts';
import { NO_SIGNALS, type SignalBits } from './signal-bits.ts';

const {
  ADVERSE,
  CASH,
  CLOSEST,
  ENTRY,
  ENTRY_FEE,
  EXIT,
  FAVOURABLE,
  FEE,
  HELD_CASH,
  HIGH_LEVEL,
  IMR,
  LEVERAGE,
  LEVERAGE_SUM,
  LOW_LEVEL,
  MIN_NOTIONAL,
  MIN_RATIO,
  MMR,
  NOTIONAL,
  ORDER_EQUITY,
  ORDER_NOTIONAL,
  ORDER_STOP,
  ORDER_TARGET,
  RANGE,
  SIDE,
  SIZE,
  SLIPPAGE,
  STARVATION,
} = STATE;
const { MAX_HIGH, MIN_LOW, OPEN, RECORD } = LAYOUT;

/**
 * The bar loop of backtest.ts as jumps from event to event: from entry signal to fill, to the first
 * of level, exit signal and end, and to the next entry. What the metrics need of the bars between
 * comes from the market's block extremes. Its arithmetic is that of exchange.ts, account.ts and
 * models.ts in the same order; only bars on which nothing can happen are left out.
 */
export class EventRun {
  readonly state: RunState = new Float64Array(STATE_LENGTH);
  readonly counts = newCounts();
  /** Equity at each of the market's daily samples. */
  readonly samples: Float64Array;
  isBlown = false;
  /** One past the last simulated row. */
  reached = 0;

  readonly #market: Market;
  readonly #plan: EntryPlan;
  readonly #foresight: Foresight;
  #isForeseen = false;
  #canFlip = false;
  #signals: SignalBits = NO_SIGNALS;
  #day = 0;
  #entryBar = 0;

  constructor(market: Market) {
    this.#market = market;
    this.#plan = new EntryPlan(market, this.state);
    this.#foresight = new Foresight(market);
    this.samples = new Float64Array(market.dayBars.length);
  }

  /** Runs one point; the results are in the fields until the next run. */
  run(card: IdeaCard, feeds: MultiTFFeedStore, signals: SignalBits): void {
    const { state, counts } = this;
    const constants = runConstants(card, PROFILES.standard);
    state.fill(0);
    clearCounts(counts);
    state[CASH] = constants.startingEquity;
    state[STARVATION] = starvationLevel(constants);
    state[MIN_NOTIONAL] = constants.minNotional;
    state[LEVERAGE] = constants.leverage;
    state[IMR] = constants.imr;
    state[MMR] = constants.mmr;
    state[FEE] = constants.feeRate;
    state[SLIPPAGE] = constants.slippageRate;
    state[MIN_RATIO] = 1;
    state[CLOSEST] = 100;
    this.#canFlip = card.position_policy.allow_flip;
    this.#signals = signals;
    this.#plan.begin(card, feeds);
    this.isBlown = false;
    this.reached = this.#market.endBar;
    this.#day = 0;
    this.#isForeseen = !this.#canFlip && (!signals.enterLong || !signals.enterShort);
    if (this.#isForeseen) this.#foresight.look(signals, this.#market.startBar);
    beginCurve(state, counts, this.#market.startBar);
    this.#runEvents();
  }

  // --- internal ---

  #runEvents(): void {
    const { state, counts } = this;
    const { startBar, endBar } = this.#market;
    let bar = startBar;
    while (bar < endBar) {
      // Flat at the close of `bar`.
      addFlat(state, counts, bar);
      const cash = state[CASH] as number;
      if (cash < (state[STARVATION] as number) || cash <= 0) {
        this.isBlown = true;
        this.reached = bar + 1;
        break;
      }
      const side = this.#nextOrder(bar);
      const entry = this.#entryBar;
      if (side === 0 || entry >= endBar) break;
      bar = this.#fillEntry(entry, side) ? this.#hold() : entry;
    }
    this.#sampleFlat(endBar);
    settleCurve(state, counts, this.reached);
  }

  /** From the close of `bar` on, flat: the side of the next order, whose fill falls on `#entryBar`. */
  #nextOrder(bar: number): -1 | 0 | 1 {
    const { endBar } = this.#market;
    const { enterLong, enterShort } = this.#signals;
    this.state[ORDER_EQUITY] = this.state[CASH] as number;
    const foreseen = this.#isForeseen ? this.#foreseenEntry(bar) : -1;
    const from = foreseen < 0 ? bar : foreseen;
    let long = nextOf(enterLong, from, endBar);
    let short = nextOf(enterShort, from, endBar);
    while (long < endBar || short < endBar) {
      const side = long < short ? 1 : -1;
      const signalBar = side > 0 ? long : short;
      if (this.#plan.plan(signalBar, side)) {
        this.counts.attempts += 1;
        this.#entryBar = signalBar + 1;
        return side;
      }
      if (side > 0) long = nextOf(enterLong, long + 1, endBar);
      else short = nextOf(enterShort, short + 1, endBar);
    }
    return 0;
  }

  #foreseenEntry(bar: number): number {
    if (this.#foresight.isSpent(bar)) this.#foresight.look(this.#signals, bar);
    return this.#foresight.entryFrom(bar);
  }

  /** Opens at the open of `bar`; false where the gate rejects the order. */
  #fillEntry(bar: number, side: 1 | -1): boolean {
    const { state } = this;
    const cash = state[CASH] as number;
    const leverage = state[LEVERAGE] as number;
    const feeRate = state[FEE] as number;
    const affordable = (cash * leverage) / (1 + leverage * feeRate);
    const notional = Math.min(state[ORDER_NOTIONAL] as number, affordable);
    if (!(notional > 0 && notional >= (state[MIN_NOTIONAL] as number))) {
      this.counts.rejections += 1;
      return false;
    }
    this.#sampleFlat(bar);
    const open = this.#market.records[RECORD * bar + OPEN] as number;
    const price = open + side * (open * (state[SLIPPAGE] as number));
    const fee = notional * feeRate;
    state[CASH] = cash - fee;
    state[HELD_CASH] = cash - fee;
    state[ENTRY] = price;
    state[SIZE] = notional / price;
    state[SIDE] = side;
    state[NOTIONAL] = notional;
    state[ENTRY_FEE] = fee;
    this.#entryBar = bar;
    this.#armLevels(side);
    return true;
  }

  #armLevels(side: 1 | -1): void {
    const { state } = this;
    const stop = state[ORDER_STOP] as number;
    const target = state[ORDER_TARGET] as number;
    const entry = state[ENTRY] as number;
    const imr = state[IMR] as number;
    const mmr = state[MMR] as number;
    const nowhere = side * Number.NEGATIVE_INFINITY;
    const favourable = Number.isNaN(target) ? -nowhere : target;
    let adverse = Number.isNaN(stop) ? nowhere : stop;
    const liquidation = side > 0 ? entry * (1 - imr + mmr) : entry * (1 + imr - mmr);
    if (side * (liquidation - adverse) > 0) adverse = liquidation;
    state[FAVOURABLE] = favourable;
    state[ADVERSE] = adverse;
    state[LOW_LEVEL] = side > 0 ? adverse : favourable;
    state[HIGH_LEVEL] = side > 0 ? favourable : adverse;
  }

  /**
   * Follows the open position, and those it flips into, to its end; the bar at whose close nothing
   * is held any more, or the end of the window.
   */
  #hold(): number {
    const { state, counts } = this;
    const { endBar, records } = this.#market;
    for (;;) {
      const side = (state[SIDE] as number) > 0 ? 1 : -1;
      const entry = this.#entryBar;
      const signalBar = this.#nextExit(entry, side);
      const limit = Math.min(signalBar + 1, endBar);
      const touched = this.#findTouch(entry, limit);
      if (touched < limit) {
        if (touched > entry) this.#addHeld(touched);
        priceLevel(this.#market, state, touched);
        closeTrade(state, counts, touched - entry, touched > entry);
        return touched;
      }
      const isReversing =
        this.#canFlip && isSet(this.#entriesAgainst(side), signalBar) && signalBar < endBar;
      const isOrdered = isReversing && this.#submitReverse(signalBar, side);
      if (limit === endBar) {
        this.#endOfData();
        return endBar;
      }
      this.#addHeld(limit);
      state[EXIT] = records[RECORD * limit + OPEN] as number;
      closeTrade(state, counts, limit - entry, true);
      if (!isOrdered || !this.#fillEntry(limit, -side as 1 | -1)) return limit;
    }
  }

  #submitReverse(bar: number, side: 1 | -1): boolean {
    const { state } = this;
    const price = this.#market.close[bar] as number;
    const gain = side * (price - (state[ENTRY] as number)) * (state[SIZE] as number);
    state[ORDER_EQUITY] = (state[HELD_CASH] as number) + gain;
    const isOrdered = this.#plan.plan(bar, -side as 1 | -1);
    if (isOrdered) this.counts.attempts += 1;
    return isOrdered;
  }

  /** First bar from `bar` on whose close ends a position of `side`. */
  #nextExit(bar: number, side: 1 | -1): number {
    const { endBar } = this.#market;
    const { exitLong, exitShort } = this.#signals;
    const foreseen = this.#isForeseen ? this.#foresight.exitFrom(bar) : -1;
    if (foreseen >= 0) return foreseen;
    const exit = nextOf(side > 0 ? exitLong : exitShort, bar, endBar);
    return this.#canFlip ? nextOf(this.#entriesAgainst(side), bar, exit) : exit;
  }

  #entriesAgainst(side: 1 | -1): Bits | undefined {
    return side > 0 ? this.#signals.enterShort : this.#signals.enterLong;
  }

  /**
   * First bar in `[from, end)` on which a level is reached, else `end`. Without stop and target only
   * liquidation is left, which the extremes of the whole range mostly rule out at once.
   */
  #findTouch(from: number, end: number): number {
    const { state } = this;
    if (!this.#plan.hasLevels) {
      measureRange(this.#market, state, from, end);
      const isQuiet =
        (state[RANGE + MIN_LOW] as number) > (state[LOW_LEVEL] as number) &&
        (state[RANGE + MAX_HIGH] as number) < (state[HIGH_LEVEL] as number);
      if (isQuiet) return end;
    }
    return firstTouch(this.#market, state, from, end);
  }

  /** Everything about the bars `[#entryBar, end)`, at least one, that ended with the position. */
  #addHeld(end: number): void {
    const entry = this.#entryBar;
    measureRange(this.#market, this.state, entry, end);
    addHeldCurve(this.#market, this, entry, end);
    addMargin(this.#market, this, entry, end);
    this.#sampleHeld(end);
  }

  #endOfData(): void {
    const { state, counts } = this;
    const { endBar, close, dayBars } = this.#market;
    const entry = this.#entryBar;
    const last = endBar - 1;
    if (last > entry) {
      measureRange(this.#market, state, entry, last);
      addHeldCurve(this.#market, this, entry, last);
    }
    measureRange(this.#market, state, entry, endBar);
    addMargin(this.#market, this, entry, endBar);
    this.#sampleHeld(endBar);
    state[EXIT] = close[last] as number;
    closeTrade(state, counts, last - entry, true);
    // The close at the end of the data replaces the last equity point.
    addFlat(state, counts, last);
    for (let day = this.#day - 1; day >= 0 && dayBars[day] === last; day--) {
      this.samples[day] = state[CASH] as number;
    }
  }

  #sampleFlat(end: number): void {
    const { dayBars } = this.#market;
    const cash = this.state[CASH] as number;
    let day = this.#day;
    for (; day < dayBars.length && (dayBars[day] as number) < end; day++) this.samples[day] = cash;
    this.#day = day;
  }

  #sampleHeld(end: number): void {
    const { dayBars, close } = this.#market;
    const { state, samples } = this;
    if (this.#day === dayBars.length || (dayBars[this.#day] as number) >= end) return;
    const cash = state[HELD_CASH] as number;
    const entry = state[ENTRY] as number;
    const size = state[SIZE] as number;
    const side = state[SIDE] as number;
    const imr = state[IMR] as number;
    for (; this.#day < dayBars.length; this.#day++) {
      const bar = dayBars[this.#day] as number;
      if (bar >= end) break;
      const price = close[bar] as number;
      const equity = cash + side * (price - entry) * size;
      samples[this.#day] = equity;
      const used = size * price * imr;
      const leverage = used > 0 && equity > 0 ? used / imr / equity : 0;
      if (leverage > 0) {
        state[LEVERAGE_SUM] = (state[LEVERAGE_SUM] as number) + leverage;
        this.counts.leverageSamples += 1;
      }
    }
  }
}
