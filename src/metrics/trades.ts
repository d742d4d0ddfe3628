import type { BacktestResult } from '../engine/backtest.ts';
import type { TradeFacts, TradeGroup } from './facts.ts';

/** Sums over the closed trades, in closing order. A win has net PnL above 0, a loss below. */
export function tradeFacts(result: BacktestResult): TradeFacts {
  const { trades } = result;
  const sums = new TradeSums();
  const [netPnl, pnlPct, fees] = [
    trades.column('netPnl'),
    trades.column('pnlPct'),
    trades.column('fees'),
  ];
  const [maePct, mfePct] = [trades.column('maePct'), trades.column('mfePct')];
  for (let row = 0; row < trades.count; row++) {
    const duration = (trades.exitBar[row] as number) - (trades.entryBar[row] as number);
    sums.add(netPnl[row] as number, duration, trades.side[row] === 1);
    sums.pnlPct += pnlPct[row] as number;
    sums.fees += fees[row] as number;
    sums.maePct += maePct[row] as number;
    sums.mfePct += mfePct[row] as number;
  }
  return sums.facts(result);
}

// --- internal ---

class TradeSums {
  pnlPct = 0;
  fees = 0;
  maePct = 0;
  mfePct = 0;
  readonly #all = new Group();
  readonly #long = new Group();
  readonly #short = new Group();
  #losses = 0;
  #grossProfit = 0;
  #lossSum = 0;
  #largestWin = 0;
  #largestLoss = 0;
  #duration = 0;
  #winDuration = 0;
  #lossDuration = 0;
  #winStreak = 0;
  #lossStreak = 0;
  #longestWinStreak = 0;
  #longestLossStreak = 0;

  add(netPnl: number, duration: number, isLong: boolean): void {
    this.#all.add(netPnl);
    (isLong ? this.#long : this.#short).add(netPnl);
    this.#duration += duration;
    this.#winStreak = netPnl > 0 ? this.#winStreak + 1 : 0;
    this.#lossStreak = netPnl < 0 ? this.#lossStreak + 1 : 0;
    if (netPnl > 0) this.#addWin(netPnl, duration);
    if (netPnl < 0) this.#addLoss(netPnl, duration);
  }

  facts({ fundingPaid, fundingReceived }: BacktestResult): TradeFacts {
    return {
      ...this.#all.group(),
      losses: this.#losses,
      grossProfit: this.#grossProfit,
      grossLoss: Math.abs(this.#lossSum),
      largestWin: this.#largestWin,
      largestLoss: this.#largestLoss,
      pnlPct: this.pnlPct,
      fees: this.fees,
      durationBars: this.#duration,
      winDurationBars: this.#winDuration,
      lossDurationBars: this.#lossDuration,
      longestWinStreak: this.#longestWinStreak,
      longestLossStreak: this.#longestLossStreak,
      maePct: this.maePct,
      mfePct: this.mfePct,
      long: this.#long.group(),
      short: this.#short.group(),
      fundingPaid,
      fundingReceived,
    };
  }

  #addWin(netPnl: number, duration: number): void {
    this.#grossProfit += netPnl;
    this.#winDuration += duration;
    this.#largestWin = Math.max(this.#largestWin, netPnl);
    this.#longestWinStreak = Math.max(this.#longestWinStreak, this.#winStreak);
  }

  #addLoss(netPnl: number, duration: number): void {
    this.#losses += 1;
    this.#lossSum += netPnl;
    this.#lossDuration += duration;
    this.#largestLoss = Math.max(this.#largestLoss, -netPnl);
    this.#longestLossStreak = Math.max(this.#longestLossStreak, this.#lossStreak);
  }
}

class Group {
  #count = 0;
  #wins = 0;
  #netPnl = 0;

  add(netPnl: number): void {
    this.#count += 1;
    if (netPnl > 0) this.#wins += 1;
    this.#netPnl += netPnl;
  }

  group(): TradeGroup {
    return { count: this.#count, wins: this.#wins, netPnl: this.#netPnl };
  }
}
