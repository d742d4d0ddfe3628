import type { TradeFacts, TradeGroup } from '../../metrics/facts.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Group = Writable<TradeGroup>;

/** The sums of metrics/trades.ts, fed trade by trade in closing order. */
export class TradeTotals {
  readonly #long: Group = { count: 0, wins: 0, netPnl: 0 };
  readonly #short: Group = { count: 0, wins: 0, netPnl: 0 };
  readonly facts: Writable<TradeFacts> = {
    count: 0,
    wins: 0,
    netPnl: 0,
    losses: 0,
    grossProfit: 0,
    grossLoss: 0,
    largestWin: 0,
    largestLoss: 0,
    pnlPct: 0,
    fees: 0,
    durationBars: 0,
    winDurationBars: 0,
    lossDurationBars: 0,
    longestWinStreak: 0,
    longestLossStreak: 0,
    maePct: 0,
    mfePct: 0,
    long: this.#long,
    short: this.#short,
    fundingPaid: 0,
    fundingReceived: 0,
  };
  #lossSum = 0;
  #winStreak = 0;
  #lossStreak = 0;

  begin(): void {
    const { facts } = this;
    clearGroup(facts);
    clearGroup(this.#long);
    clearGroup(this.#short);
    facts.losses = 0;
    facts.grossProfit = 0;
    facts.grossLoss = 0;
    facts.largestWin = 0;
    facts.largestLoss = 0;
    facts.pnlPct = 0;
    facts.fees = 0;
    facts.durationBars = 0;
    facts.winDurationBars = 0;
    facts.lossDurationBars = 0;
    facts.longestWinStreak = 0;
    facts.longestLossStreak = 0;
    facts.maePct = 0;
    facts.mfePct = 0;
    this.#lossSum = 0;
    this.#winStreak = 0;
    this.#lossStreak = 0;
  }

  /** The result of a trade of `duration` bars; its other sums are added by the caller. */
  add(netPnl: number, duration: number, isLong: boolean): void {
    const { facts } = this;
    addTo(facts, netPnl);
    addTo(isLong ? this.#long : this.#short, netPnl);
    facts.durationBars += duration;
    if (netPnl > 0) this.#addWin(netPnl, duration);
    else if (netPnl < 0) this.#addLoss(netPnl, duration);
    else {
      this.#winStreak = 0;
      this.#lossStreak = 0;
    }
  }

  finish(): void {
    this.facts.grossLoss = Math.abs(this.#lossSum);
  }

  #addWin(netPnl: number, duration: number): void {
    const { facts } = this;
    this.#winStreak += 1;
    this.#lossStreak = 0;
    facts.grossProfit += netPnl;
    facts.winDurationBars += duration;
    if (netPnl > facts.largestWin) facts.largestWin = netPnl;
    if (this.#winStreak > facts.longestWinStreak) facts.longestWinStreak = this.#winStreak;
  }

  #addLoss(netPnl: number, duration: number): void {
    const { facts } = this;
    this.#winStreak = 0;
    this.#lossStreak += 1;
    facts.losses += 1;
    this.#lossSum += netPnl;
    facts.lossDurationBars += duration;
    if (-netPnl > facts.largestLoss) facts.largestLoss = -netPnl;
    if (this.#lossStreak > facts.longestLossStreak) facts.longestLossStreak = this.#lossStreak;
  }
}

// --- internal ---

function clearGroup(group: Group): void {
  group.count = 0;
  group.wins = 0;
  group.netPnl = 0;
}

function addTo(group: Group, netPnl: number): void {
  group.count += 1;
  if (netPnl > 0) group.wins += 1;
  group.netPnl += netPnl;
}
