import type {
  BacktestFacts,
  DrawdownFacts,
  MarginFacts,
  ReturnFacts,
  TradeFacts,
  TradeGroup,
} from '../../metrics/facts.ts';
import type { EventRun } from './event-run.ts';
import type { Market } from './market.ts';
import { STATE, type RunState, type RunCounts } from './run-state.ts';

const {
  CASH,
  CLOSEST,
  FALL,
  FALL_FRACTION,
  FEES,
  LARGEST_LOSS,
  LARGEST_WIN,
  LEVERAGE_SUM,
  LOSS,
  MAE,
  MAX_LEVERAGE,
  MFE,
  MIN_RATIO,
  NET,
  NET_LONG,
  NET_SHORT,
  PNL_PCT,
  PROFIT,
} = STATE;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A run's state as the facts that the metrics read, in one object that every point uses again. */
export class PointFacts {
  readonly #market: Market;
  readonly #drawdown: Writable<DrawdownFacts> = { abs: 0, fraction: 0, durationBars: 0 };
  readonly #long: Writable<TradeGroup> = { count: 0, wins: 0, netPnl: 0 };
  readonly #short: Writable<TradeGroup> = { count: 0, wins: 0, netPnl: 0 };
  readonly #trades: Writable<TradeFacts> = {
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
  readonly #margin: Writable<MarginFacts> = {
    barsInPosition: 0,
    minRatio: 1,
    calls: 0,
    closestLiquidationPct: 100,
    averageLeverage: 0,
    maxLeverage: 0,
  };
  readonly #facts: Writable<BacktestFacts>;

  constructor(market: Market, returns: ReturnFacts) {
    this.#market = market;
    this.#facts = {
      initialEquity: 0,
      finalEquity: 0,
      benchmarkFirst: market.close[market.startBar] ?? 0,
      benchmarkLast: market.close[market.endBar - 1] ?? 0,
      points: 0,
      drawdown: this.#drawdown,
      trades: this.#trades,
      returns,
      margin: this.#margin,
      entryAttempts: 0,
      entryRejections: 0,
    };
  }

  /** Valid until the next call. */
  of({ state, counts, reached }: EventRun, initialEquity: number): BacktestFacts {
    const facts = this.#facts;
    facts.initialEquity = initialEquity;
    facts.finalEquity = state[CASH] as number;
    facts.points = reached - this.#market.startBar;
    facts.entryAttempts = counts.attempts;
    facts.entryRejections = counts.rejections;
    this.#drawdown.abs = state[FALL] as number;
    this.#drawdown.fraction = state[FALL_FRACTION] as number;
    this.#drawdown.durationBars = counts.drawdownBars;
    this.#fillTrades(state, counts);
    this.#fillMargin(state, counts);
    return facts;
  }

  #fillTrades(state: RunState, counts: RunCounts): void {
    const trades = this.#trades;
    trades.count = counts.trades;
    trades.wins = counts.wins;
    trades.netPnl = state[NET] as number;
    trades.losses = counts.losses;
    trades.grossProfit = state[PROFIT] as number;
    trades.grossLoss = Math.abs(state[LOSS] as number);
    trades.largestWin = state[LARGEST_WIN] as number;
    trades.largestLoss = state[LARGEST_LOSS] as number;
    trades.pnlPct = state[PNL_PCT] as number;
    trades.fees = state[FEES] as number;
    trades.durationBars = counts.durationBars;
    trades.winDurationBars = counts.winBars;
    trades.lossDurationBars = counts.lossBars;
    trades.longestWinStreak = counts.longestWinStreak;
    trades.longestLossStreak = counts.longestLossStreak;
    trades.maePct = state[MAE] as number;
    trades.mfePct = state[MFE] as number;
    this.#long.count = counts.longTrades;
    this.#long.wins = counts.longWins;
    this.#long.netPnl = state[NET_LONG] as number;
    this.#short.count = counts.trades - counts.longTrades;
    this.#short.wins = counts.wins - counts.longWins;
    this.#short.netPnl = state[NET_SHORT] as number;
  }

  #fillMargin(state: RunState, counts: RunCounts): void {
    const margin = this.#margin;
    const { leverageSamples } = counts;
    margin.barsInPosition = counts.heldBars;
    margin.minRatio = state[MIN_RATIO] as number;
    margin.calls = counts.marginCalls;
    margin.closestLiquidationPct = state[CLOSEST] as number;
    margin.averageLeverage =
      leverageSamples === 0 ? 0 : (state[LEVERAGE_SUM] as number) / leverageSamples;
    margin.maxLeverage = state[MAX_LEVERAGE] as number;
  }
}
