import { Account } from './account.ts';
import type { MultiTFFeedStore } from '../feed/multi-tf.ts';
import {
  affordableNotional,
  fillPrice,
  fundingPayment,
  liquidationPrice,
  type RunConstants,
} from './models.ts';
import type { EntryOrder } from './orders.ts';
import type { ProfileRules } from './profile.ts';
import { roundHalfEven } from './rounding.ts';
import type { ExitReason, TradeLog } from './trade-log.ts';

/** Funding rates that cover the window: events in ascending time, rates as fractions. */
export interface FundingRates {
  readonly tsMs: Float64Array;
  readonly rate: Float64Array;
}

export interface ExchangeSetup {
  readonly feeds: MultiTFFeedStore;
  readonly rules: ProfileRules;
  readonly constants: RunConstants;
  readonly trades: TradeLog;
  readonly funding: FundingRates | undefined;
}

/**
 * The simulated exchange: market orders fill at the next open with slippage and the taker fee, stop
 * and target are tested inside the bar, one position at a time. Pessimistic on purpose: when a bar
 * holds both stop and target, the stop is taken first.
 *
 * `step` is called once per bar and computes the mark price once; everything else reads it.
 * Measured on a busy core, with the view moved: 17 ns a bar flat, 40 ns in position.
 */
export class Exchange {
  readonly account: Account;
  readonly trades: TradeLog;
  markPrice = 0;
  entryAttempts = 0;
  entryRejections = 0;
  /** Bars at whose open funding changed the cash, ascending. */
  readonly fundingBars: number[] = [];

  readonly #rules: ProfileRules;
  readonly #constants: RunConstants;
  readonly #funding: FundingRates | undefined;
  readonly tsOpen: Float64Array;
  readonly #tsClose: Float64Array;
  readonly #open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  #pendingEntry: EntryOrder | undefined = undefined;
  #isClosePending = false;
  /** The nearer of stop and liquidation level, ±infinity where there is none. */
  adverse = 0;
  #adverseReason: 'sl' | 'liquidated' = 'sl';
  /** Target level, ±infinity where there is none. */
  favourable = 0;
  #nextFunding = 0;
  nextFundingMs = Number.POSITIVE_INFINITY;

  constructor({ feeds, rules, constants, trades, funding }: ExchangeSetup) {
    const { store } = feeds.exec;
    this.account = new Account(constants.startingEquity);
    this.#rules = rules;
    this.#constants = constants;
    this.trades = trades;
    this.#funding = rules.hasFunding ? funding : undefined;
    this.nextFundingMs = this.#funding?.tsMs[0] ?? Number.POSITIVE_INFINITY;
    this.tsOpen = store.tsOpen;
    this.#tsClose = store.tsClose;
    this.#open = store.open;
    this.high = store.high;
    this.low = store.low;
    this.close = store.close;
  }

  /** Bar `bar` happens: funding, pending close and entry at its open, levels inside, mark at its close. */
  step(bar: number): void {
    this.markPrice = this.close[bar] as number;
    if ((this.tsOpen[bar] as number) >= this.nextFundingMs) this.#settleFunding(bar);
    if (this.#isClosePending) this.#fillClose(bar);
    if (this.#pendingEntry !== undefined) this.#fillEntry(bar, this.#pendingEntry);
    if (this.account.side !== 0) this.#testLevels(bar);
    this.account.mark(this.markPrice);
  }

  /** The mark of `bar`, on which nothing else happened. */
  remark(bar: number): void {
    this.markPrice = this.close[bar] as number;
    this.account.mark(this.markPrice);
  }

  /** Whether an order or a close waits for the next open. */
  get isPending(): boolean {
    return this.#isClosePending || this.#pendingEntry !== undefined;
  }

  /** Takes an entry for the next open. Too small an order is dropped and not counted. */
  submit(order: EntryOrder): void {
    if (order.notional < this.#constants.minNotional) return;
    this.entryAttempts += 1;
    this.#pendingEntry = order;
  }

  /** Closes the position at the next open. */
  requestClose(): void {
    this.#isClosePending = true;
  }

  /** Closes an open position at the close of `bar`, at once (end of data, terminal stops). */
  closeNow(bar: number, reason: ExitReason): void {
    const times = reason === 'end_of_data' ? this.tsOpen : this.#tsClose;
    this.#closeAt(this.close[bar] as number, reason, bar, times[bar] as number);
  }

  /** Free balance for a new order: equity less the margin in use, not below 0. */
  available(): number {
    const { account } = this;
    if (account.side === 0) return Math.max(0, account.cash);
    const used = account.size * this.markPrice * this.#constants.imr;
    return Math.max(0, account.equity - used);
  }

  maintenanceMargin(): number {
    return this.account.size * this.markPrice * this.#constants.mmr;
  }

  // --- internal ---

  /** Every event up to this bar's open, on a position held from before, at the last close. */
  #settleFunding(bar: number): void {
    const { tsMs, rate } = this.#funding as FundingRates;
    const openMs = this.tsOpen[bar] as number;
    const { account } = this;
    const isHeld = account.side !== 0;
    while (this.#nextFunding < tsMs.length && (tsMs[this.#nextFunding] as number) <= openMs) {
      if (isHeld) {
        const price = this.close[bar - 1] as number;
        const fraction = rate[this.#nextFunding] as number;
        account.pay(fundingPayment(account.side, account.size, price, fraction));
      }
      this.#nextFunding += 1;
    }
    if (isHeld) this.fundingBars.push(bar);
    this.nextFundingMs = tsMs[this.#nextFunding] ?? Number.POSITIVE_INFINITY;
  }

  #fillClose(bar: number): void {
    this.#isClosePending = false;
    if (this.account.side === 0) return;
    this.#closeAt(this.#open[bar] as number, 'signal', bar, this.tsOpen[bar] as number);
  }

  #fillEntry(bar: number, order: EntryOrder): void {
    this.#pendingEntry = undefined;
    const { side, stop, target } = order;
    const notional = this.#admitted(order.notional);
    if (notional === undefined) {
      this.entryRejections += 1;
      return;
    }
    const price = fillPrice(this.#open[bar] as number, side, this.#constants.slippageRate);
    const size = notional / price;
    const fee = notional * this.#constants.feeRate;
    this.account.open({ side, bar, price, size, notional, fee, stop, target });
    this.#armLevels();
  }

  /** The notional that the gate lets through, undefined when it rejects the order. */
  #admitted(wanted: number): number | undefined {
    const { imr, feeRate, minNotional } = this.#constants;
    if (this.#rules.orderCap === 'at_fill') {
      const notional = Math.min(wanted, affordableNotional(this.account.cash, this.#constants));
      return notional > 0 && notional >= minNotional ? notional : undefined;
    }
    return this.available() < wanted * imr + wanted * feeRate ? undefined : wanted;
  }

  #armLevels(): void {
    const { side, stop, target, entryPrice } = this.account;
    const nowhere = side * Number.NEGATIVE_INFINITY;
    this.favourable = Number.isNaN(target) ? -nowhere : target;
    this.adverse = Number.isNaN(stop) ? nowhere : stop;
    this.#adverseReason = 'sl';
    if (this.#rules.liquidation !== 'isolated') return;
    const liquidation = liquidationPrice(entryPrice, side, this.#constants);
    if (side * (liquidation - this.adverse) > 0) {
      this.adverse = liquidation;
      this.#adverseReason = 'liquidated';
    }
  }

  #testLevels(bar: number): void {
    const { account } = this;
    const low = this.low[bar] as number;
    const high = this.high[bar] as number;
    const isLong = account.side > 0;
    const isAdverse = isLong ? low <= this.adverse : high >= this.adverse;
    const isFavourable = isLong ? high >= this.favourable : low <= this.favourable;
    if (isAdverse || isFavourable) {
      this.#exitInside(bar, isAdverse);
      return;
    }
    if (low < account.lowest) account.lowest = low;
    if (high > account.highest) account.highest = high;
  }

  /**
   * A level was reached inside `bar`. With gap fills, a bar that opens beyond a level fills there at
   * the open, before anything else of that bar can happen.
   */
  #exitInside(bar: number, isAdverse: boolean): void {
    const { side } = this.account;
    const open = this.#open[bar] as number;
    const hasGapFills = this.#rules.gapFill === 'open';
    const opensBelow = hasGapFills && side * open <= side * this.adverse;
    const opensAbove = hasGapFills && !opensBelow && side * open >= side * this.favourable;
    const time = this.tsOpen[bar] as number;
    if (isAdverse && !opensAbove) {
      this.#closeAt(opensBelow ? open : this.adverse, this.#adverseReason, bar, time);
    } else {
      this.#closeAt(opensAbove ? open : this.favourable, 'tp', bar, time);
    }
  }

  #closeAt(price: number, reason: ExitReason, bar: number, exitTime: number): void {
    const { account } = this;
    const side = account.side as 1 | -1;
    const { feeRate, slippageRate } = this.#constants;
    const { size, entryPrice, entryFee, notional, funding } = account;
    let exitPrice = fillPrice(price, -side, slippageRate);
    if (this.#rules.liquidation === 'isolated') exitPrice = this.#boundedExit(exitPrice, side);
    const exitFee = size * exitPrice * feeRate;
    const gain = side > 0 ? exitPrice - entryPrice : entryPrice - exitPrice;
    const realized = gain * size;
    const fees = entryFee + exitFee;
    const netPnl =
      this.#rules.netPnlFees === 'both' ? realized - fees - funding : realized - exitFee;
    const pnlPct = (netPnl / Math.abs(notional)) * 100;
    const below = entryPrice - account.lowest;
    const above = account.highest - entryPrice;
    account.close(realized, exitFee);
    this.trades.add({
      side,
      reason,
      entryBar: account.entryBar,
      exitBar: bar,
      entryPrice,
      exitPrice,
      size,
      notional,
      stop: account.stop,
      target: account.target,
      realized,
      fees,
      funding,
      netPnl,
      pnlPct,
      maePct: this.#excursionPct(side > 0 ? below : above),
      mfePct: this.#excursionPct(side > 0 ? above : below),
      entryTime: this.tsOpen[account.entryBar] as number,
      exitTime,
    });
  }

  /**
   * Isolated margin: the venue takes the position over where its margin is used up, so no exit,
   * fees and funding included, costs more than the margin.
   */
  #boundedExit(exitPrice: number, side: number): number {
    const { size, entryPrice, entryFee, notional, funding } = this.account;
    const { leverage, feeRate } = this.#constants;
    const margin = notional / leverage;
    const realized = side * (exitPrice - entryPrice) * size;
    const loss = entryFee + size * exitPrice * feeRate - realized + funding;
    if (loss <= margin) return exitPrice;
    const spent = side * (entryFee + funding - margin);
    return (entryPrice * size + spent) / (size * (1 - side * feeRate));
  }

  /** Percent of the entry price; 0 when no bar ended with the position. */
  #excursionPct(distance: number): number {
    if (!Number.isFinite(distance)) return 0;
    const pct = (100 * distance) / this.account.entryPrice;
    return this.#rules.isRounded ? roundHalfEven(pct, 4) : pct;
  }
}
