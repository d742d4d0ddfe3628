import type { Condition, IdeaCard, Rule } from '../../src/card/schema.ts';

/**
 * The slow, obvious engine: written from the specification (semantics §5–§8, design §5 and §12),
 * one object per bar, no code shared with src/engine or src/metrics. It only has to be right.
 */
export interface ReferenceBar {
  readonly tsOpen: number;
  readonly tsClose: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Indicator values by card key; NaN is "no value". */
  readonly values: Readonly<Record<string, number>>;
}

export interface ReferenceInput {
  readonly card: IdeaCard;
  readonly profile: 'standard' | 'trade';
  readonly exec: readonly ReferenceBar[];
  readonly mtf?: readonly ReferenceBar[] | undefined;
  readonly htf?: readonly ReferenceBar[] | undefined;
  /** First simulated row; the rows end with the window. */
  readonly start: number;
  readonly funding: readonly { readonly tsMs: number; readonly rate: number }[];
}

export interface ReferenceTrade {
  readonly side: 'long' | 'short';
  readonly entryBar: number;
  readonly exitBar: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly size: number;
  readonly notional: number;
  readonly reason: string;
  readonly realized: number;
  readonly fees: number;
  readonly netPnl: number;
  readonly pnlPct: number;
  readonly stop: number | null;
  readonly target: number | null;
  readonly mae: number;
  readonly mfe: number;
  readonly exitTime: number;
}

/** The account at the close of one bar, before a close at the end of the data. */
export interface AccountPoint {
  readonly bar: number;
  readonly equity: number;
  readonly positionValue: number;
}

export interface ReferenceResult {
  readonly outcome: string;
  readonly trades: readonly ReferenceTrade[];
  readonly equity: readonly number[];
  readonly points: readonly AccountPoint[];
  readonly attempts: number;
  readonly rejections: number;
  readonly skipped: number;
  readonly paid: number;
  readonly received: number;
  readonly cash: number;
  /** Signal per simulated bar, for the look-ahead law. */
  readonly decisions: readonly string[];
}

interface Position {
  readonly side: 'long' | 'short';
  readonly entryBar: number;
  readonly entryPrice: number;
  readonly size: number;
  readonly notional: number;
  readonly entryFee: number;
  readonly stop: number | null;
  readonly target: number | null;
  funding: number;
  lows: number[];
  highs: number[];
}

interface Order {
  readonly side: 'long' | 'short';
  readonly notional: number;
  readonly stop: number | null;
  readonly target: number | null;
}

type Signal = { kind: 'none' } | { kind: 'exit' } | { kind: 'entry'; side: 'long' | 'short' };

export function runReference(input: ReferenceInput): ReferenceResult {
  const engine = new ReferenceEngine(input);
  engine.run();
  return engine.result();
}

class ReferenceEngine {
  readonly input: ReferenceInput;
  readonly isTrade: boolean;
  readonly leverage: number;
  readonly fee: number;
  readonly slip: number;
  readonly mmr: number;
  readonly minimum: number;
  cash: number;
  position: Position | undefined;
  entry: Order | undefined;
  wantsClose = false;
  disabled = false;
  attempts = 0;
  rejections = 0;
  skipped = 0;
  paid = 0;
  received = 0;
  outcome = 'completed';
  trades: ReferenceTrade[] = [];
  equity: number[] = [];
  points: AccountPoint[] = [];
  decisions: string[] = [];

  constructor(input: ReferenceInput) {
    this.input = input;
    const { account, risk_model: risk } = input.card;
    this.isTrade = input.profile === 'trade';
    this.leverage = risk?.sizing ? risk.sizing.max_leverage : 1;
    this.fee = account.fee_model.taker_bps / 10000;
    this.slip = account.slippage_bps / 10000;
    this.mmr = account.maintenance_margin_rate;
    this.minimum = account.min_trade_notional_usdt;
    this.cash = account.starting_equity_usdt;
  }

  run(): void {
    const { exec, start } = this.input;
    for (let i = start; i < exec.length; i++) {
      this.atOpen(i);
      this.insideBar(i);
      const stopped = this.terminalStop(i);
      if (stopped !== '') {
        this.outcome = stopped;
        if (this.position) this.close(this.bar(i).close, stopped, i, this.bar(i).tsClose);
        this.point(i);
        this.decisions.push('stop');
        return;
      }
      const signal =
        this.disabled && !this.position ? ({ kind: 'none' } as Signal) : this.decide(i);
      this.decisions.push(signal.kind === 'entry' ? signal.side : signal.kind);
      this.handle(signal, i);
      this.point(i);
    }
    if (this.position) {
      const last = exec.length - 1;
      this.close(this.bar(last).close, 'end_of_data', last, this.bar(last).tsOpen);
      if (!this.isTrade) this.equity[this.equity.length - 1] = this.cash;
    }
  }

  result(): ReferenceResult {
    const { outcome, trades, equity, points, attempts, rejections, skipped, paid, received } = this;
    return {
      outcome: trades.length === 0 ? 'no_trades' : outcome,
      trades,
      equity,
      points,
      attempts,
      rejections,
      skipped,
      paid,
      received,
      cash: this.cash,
      decisions: this.decisions,
    };
  }

  bar(i: number): ReferenceBar {
    return this.input.exec[i] as ReferenceBar;
  }

  equityAt(price: number): number {
    const held = this.position;
    if (!held) return this.cash;
    const gain = held.side === 'long' ? price - held.entryPrice : held.entryPrice - price;
    return this.cash + gain * held.size;
  }

  point(i: number): void {
    const { close } = this.bar(i);
    this.equity.push(this.equityAt(close));
    this.points.push({
      bar: i,
      equity: this.equityAt(close),
      positionValue: this.position ? this.position.size * close : 0,
    });
  }

  /** Funding, then a pending close, then a pending entry. */
  atOpen(i: number): void {
    const { open, tsOpen } = this.bar(i);
    if (!this.isTrade && i > this.input.start) {
      const previousOpen = this.bar(i - 1).tsOpen;
      for (const { tsMs, rate } of this.input.funding) {
        if (tsMs <= previousOpen || tsMs > tsOpen || !this.position) continue;
        const amount = this.position.size * this.bar(i - 1).close * rate;
        const paid = this.position.side === 'long' ? amount : -amount;
        this.cash = this.cash - paid;
        this.position.funding = this.position.funding + paid;
        if (paid > 0) this.paid += paid;
        else this.received += -paid;
      }
    }
    if (this.wantsClose && this.position) this.close(open, 'signal', i, tsOpen);
    this.wantsClose = false;
    const order = this.entry;
    this.entry = undefined;
    if (order) this.fill(order, i);
  }

  fill(order: Order, i: number): void {
    const { open } = this.bar(i);
    let { notional } = order;
    if (this.isTrade) {
      if (this.cash < notional * (1 / this.leverage) + notional * this.fee) {
        this.rejections += 1;
        return;
      }
    } else {
      notional = Math.min(notional, (this.cash * this.leverage) / (1 + this.leverage * this.fee));
      if (notional < this.minimum || notional <= 0) {
        this.rejections += 1;
        return;
      }
    }
    const price = order.side === 'long' ? open + open * this.slip : open - open * this.slip;
    this.cash = this.cash - notional * this.fee;
    this.position = {
      side: order.side,
      entryBar: i,
      entryPrice: price,
      size: notional / price,
      notional,
      entryFee: notional * this.fee,
      stop: order.stop,
      target: order.target,
      funding: 0,
      lows: [],
      highs: [],
    };
  }

  /** Levels in the order in which the price can reach them. */
  insideBar(i: number): void {
    const held = this.position;
    if (!held) return;
    const { open, high, low, tsOpen } = this.bar(i);
    const isLong = held.side === 'long';
    const againstAt = (level: number) => (isLong ? low <= level : high >= level);
    const inFavourAt = (level: number) => (isLong ? high >= level : low <= level);
    const opensAgainst = (level: number) => (isLong ? open <= level : open >= level);
    const opensInFavour = (level: number) => (isLong ? open >= level : open <= level);
    let level = held.stop;
    let reason = 'sl';
    if (!this.isTrade) {
      const imr = 1 / this.leverage;
      const liquidation = held.entryPrice * (isLong ? 1 - imr + this.mmr : 1 + imr - this.mmr);
      const isNearer = level === null || (isLong ? liquidation > level : liquidation < level);
      if (isNearer) {
        level = liquidation;
        reason = 'liquidated';
      }
    }
    if (!this.isTrade) {
      if (level !== null && opensAgainst(level)) return this.close(open, reason, i, tsOpen);
      if (held.target !== null && opensInFavour(held.target)) {
        return this.close(open, 'tp', i, tsOpen);
      }
    }
    if (level !== null && againstAt(level)) return this.close(level, reason, i, tsOpen);
    if (held.target !== null && inFavourAt(held.target)) {
      return this.close(held.target, 'tp', i, tsOpen);
    }
    held.lows.push(low);
    held.highs.push(high);
    return undefined;
  }

  close(price: number, reason: string, i: number, exitTime: number): void {
    const held = this.position as Position;
    const isLong = held.side === 'long';
    const { size, entryPrice, entryFee, notional, funding } = held;
    let exitPrice = isLong ? price - price * this.slip : price + price * this.slip;
    const pnl = (at: number) => (isLong ? at - entryPrice : entryPrice - at) * size;
    const margin = notional / this.leverage;
    if (
      !this.isTrade &&
      entryFee + size * exitPrice * this.fee - pnl(exitPrice) + funding > margin
    ) {
      exitPrice = isLong
        ? (entryPrice * size + (entryFee + funding - margin)) / (size * (1 - this.fee))
        : (entryPrice * size - (entryFee + funding - margin)) / (size * (1 + this.fee));
    }
    const exitFee = size * exitPrice * this.fee;
    const realized = pnl(exitPrice);
    this.cash = this.cash + (realized - exitFee);
    const fees = entryFee + exitFee;
    const netPnl = this.isTrade ? realized - exitFee : realized - fees - funding;
    const lowest = Math.min(...held.lows);
    const highest = Math.max(...held.highs);
    const down = held.lows.length === 0 ? 0 : (100 * (entryPrice - lowest)) / entryPrice;
    const up = held.highs.length === 0 ? 0 : (100 * (highest - entryPrice)) / entryPrice;
    const shown = (pct: number) => (this.isTrade ? Math.round(pct * 1e4) / 1e4 : pct);
    this.trades.push({
      side: held.side,
      entryBar: held.entryBar,
      exitBar: i,
      entryPrice,
      exitPrice,
      size,
      notional,
      reason,
      realized,
      fees,
      netPnl,
      pnlPct: (netPnl / Math.abs(notional)) * 100,
      stop: held.stop,
      target: held.target,
      mae: shown(isLong ? down : up),
      mfe: shown(isLong ? up : down),
      exitTime,
    });
    this.position = undefined;
  }

  terminalStop(i: number): string {
    const { close } = this.bar(i);
    const equity = this.equityAt(close);
    const required = this.minimum * (1 / this.leverage) + this.minimum * this.fee;
    if (!this.isTrade) {
      return !this.position && (this.cash < required || this.cash <= 0) ? 'account_blown' : '';
    }
    const value = this.position ? this.position.size * close : 0;
    if (this.position && equity <= value * this.mmr) return 'liquidated';
    if (equity <= 0) return 'account_blown';
    const available = Math.max(0, equity - value * (1 / this.leverage));
    if (available < required) this.disabled = true;
    return '';
  }

  decide(i: number): Signal {
    const { card } = this.input;
    const { mode, allow_flip: allowFlip } = card.position_policy;
    const held = this.position?.side;
    if (!held || (allowFlip && !this.isTrade)) {
      const rule = card.signal_rules.entry_rules.find(
        (each) => (mode === 'long_short' || mode.startsWith(each.direction)) && this.holds(each, i),
      );
      if (rule && rule.direction !== held) return { kind: 'entry', side: rule.direction };
    }
    if (!held) return { kind: 'none' };
    const exit = card.signal_rules.exit_rules.some(
      (rule) => rule.direction === held && this.holds(rule, i),
    );
    return { kind: exit ? 'exit' : 'none' };
  }

  handle(signal: Signal, i: number): void {
    if (signal.kind === 'none') return;
    if (this.position) this.wantsClose = true;
    if (signal.kind === 'exit') return;
    const order = this.size(signal.side, i);
    if (!order) {
      this.skipped += 1;
      return;
    }
    if (order.notional < this.minimum) return;
    this.attempts += 1;
    this.entry = order;
  }

  size(side: 'long' | 'short', i: number): Order | undefined {
    const risk = this.input.card.risk_model;
    const { close: p, values } = this.bar(i);
    const away = side === 'long' ? -1 : 1;
    let stop: number | null = null;
    let distance: number | null = null;
    if (risk?.stop_loss) {
      const { type, value, atr_key: key, buffer_pct: buffer } = risk.stop_loss;
      if (type === 'percent') distance = p * (value / 100);
      else if (type === 'fixed_points') distance = value;
      else distance = (values[key ?? ''] ?? Number.NaN) * value;
      if (Number.isNaN(distance)) return undefined;
      stop = p + away * distance;
      if (type === 'atr_multiple' && buffer !== 0) stop = stop + away * (p * (buffer / 100));
    }
    const notional = this.wanted(p, stop);
    if (notional === undefined) return undefined;
    return { side, notional, stop, target: this.target(side, i, distance) };
  }

  wanted(p: number, stop: number | null): number | undefined {
    const equity = this.equityAt(p);
    const sizing = this.input.card.risk_model?.sizing ?? {
      model: 'percent_notional',
      value: 100,
    };
    const gap = stop === null ? 0 : Math.abs(p - stop);
    if (this.isTrade) {
      const pct = sizing.model === 'percent_equity' ? sizing.value : 1;
      if (gap === 0) return undefined;
      return Math.min((equity * (pct / 100) * p) / gap, equity * this.leverage);
    }
    if (sizing.model === 'fixed_usdt') return sizing.value;
    if (sizing.model === 'percent_notional') return equity * (sizing.value / 100);
    if (gap === 0) return undefined;
    const atRisk = sizing.model === 'risk_based' ? sizing.value : equity * (sizing.value / 100);
    return (atRisk * p) / gap;
  }

  target(side: 'long' | 'short', i: number, stopDistance: number | null): number | null {
    const target = this.input.card.risk_model?.take_profit;
    if (!target) return null;
    const { close: p, values } = this.bar(i);
    let distance: number | null;
    if (target.type === 'rr_ratio') {
      distance = stopDistance === null ? null : stopDistance * target.value;
    } else if (target.type === 'percent') distance = p * (target.value / 100);
    else if (target.type === 'fixed_points') distance = target.value;
    else distance = (values[target.atr_key ?? ''] ?? Number.NaN) * target.value;
    if (distance === null || Number.isNaN(distance)) return null;
    return side === 'long' ? p + distance : p - distance;
  }

  holds(rule: Rule, i: number): boolean {
    return rule.conditions.every((condition) => this.conditionHolds(condition, i));
  }

  conditionHolds(condition: Condition, i: number): boolean {
    const [a, b] = [this.left(condition, i, 0), this.right(condition, i, 0)];
    if (a === undefined || b === undefined) return false;
    const crossing = condition.operator.startsWith('cross');
    const a0 = crossing ? this.left(condition, i, condition.prev_offset) : 0;
    const b0 = crossing ? this.right(condition, i, condition.prev_offset) : 0;
    if (a0 === undefined || b0 === undefined) return false;
    const table = {
      gt: a > b,
      gte: a >= b,
      lt: a < b,
      lte: a <= b,
      eq: Math.abs(a - b) < 1e-9,
      cross_above: a > b && a0 <= b0,
      cross_below: a < b && a0 >= b0,
    };
    return table[condition.operator];
  }

  left(condition: Condition, i: number, back: number): number | undefined {
    return this.lookup(condition, condition.indicator_key, i, back);
  }

  right(condition: Condition, i: number, back: number): number | undefined {
    if (!condition.is_indicator_comparison) return Number(condition.value);
    return this.lookup(condition, String(condition.value), i, back);
  }

  /** The last bar of the role that has closed by the close of exec bar i, `back` bars earlier. */
  lookup(condition: Condition, key: string, i: number, back: number): number | undefined {
    const bars = this.input[condition.tf];
    if (!bars) return undefined;
    const now = this.bar(i).tsClose;
    const row = condition.tf === 'exec' ? i : bars.findLastIndex((bar) => bar.tsClose <= now);
    const bar = row < 0 ? undefined : bars[row - back];
    if (!bar) return undefined;
    const prices: Record<string, number> = { ...bar.values };
    prices['open'] = bar.open;
    prices['high'] = bar.high;
    prices['low'] = bar.low;
    prices['close'] = bar.close;
    const value = prices[key];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }
}
