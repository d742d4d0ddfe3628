import type {
  BacktestFacts,
  DrawdownFacts,
  MarginFacts,
  ReturnFacts,
  TradeFacts,
  TradeGroup,
} from '../../metrics/facts.ts';
import type { Market } from './market.ts';

/** Places of a point's results, in the order in which assembly/index.ts writes them. */
export const RESULT = {
  CASH: 0,
  IS_BLOWN: 1,
  REACHED: 2,
  FALL: 3,
  FALL_FRACTION: 4,
  DRAWDOWN_BARS: 5,
  NET: 6,
  NET_LONG: 7,
  NET_SHORT: 8,
  PROFIT: 9,
  LOSS: 10,
  LARGEST_WIN: 11,
  LARGEST_LOSS: 12,
  PNL_PCT: 13,
  FEES: 14,
  MAE: 15,
  MFE: 16,
  MIN_RATIO: 17,
  CLOSEST: 18,
  MAX_LEVERAGE: 19,
  LEVERAGE_SUM: 20,
  TRADES: 21,
  WINS: 22,
  LOSSES: 23,
  LONG_TRADES: 24,
  LONG_WINS: 25,
  DURATION_BARS: 26,
  WIN_BARS: 27,
  LOSS_BARS: 28,
  LONGEST_WIN_STREAK: 29,
  LONGEST_LOSS_STREAK: 30,
  HELD_BARS: 31,
  MARGIN_CALLS: 32,
  LEVERAGE_SAMPLES: 33,
  ATTEMPTS: 34,
  REJECTIONS: 35,
  FUNDING_PAID: 36,
  FUNDING_RECEIVED: 37,
  RETURNS: 38,
  MEAN: 39,
  SIGMA: 40,
  DOWNSIDE_SQUARES: 41,
  GAINS: 42,
  LOSSES_OF_RETURNS: 43,
  SKEWNESS: 44,
  KURTOSIS: 45,
  VAR_95: 46,
  CVAR_95: 47,
  ULCER: 48,
} as const;

/** As in metrics/returns.ts. */
const DAYS_PER_YEAR = 365;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A point's results as the facts that the metrics read, in one object that every point uses again. */
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
  readonly #returns: Writable<ReturnFacts> = {
    count: 0,
    mean: 0,
    sigma: 0,
    downsideSquares: 0,
    gains: 0,
    losses: 0,
    skewness: 0,
    kurtosis: 0,
    var95: 0,
    cvar95: 0,
    ulcer: 0,
    periodsPerYear: DAYS_PER_YEAR,
    years: 0,
  };
  readonly #facts: Writable<BacktestFacts>;

  constructor(market: Market) {
    this.#market = market;
    this.#returns.years = market.days / DAYS_PER_YEAR;
    this.#facts = {
      initialEquity: 0,
      finalEquity: 0,
      benchmarkFirst: market.benchmarkFirst,
      benchmarkLast: market.benchmarkLast,
      points: 0,
      drawdown: this.#drawdown,
      trades: this.#trades,
      returns: this.#returns,
      margin: this.#margin,
      entryAttempts: 0,
      entryRejections: 0,
    };
  }

  /** Valid until the next call. */
  of(results: Float64Array, initialEquity: number): BacktestFacts {
    const facts = this.#facts;
    facts.initialEquity = initialEquity;
    facts.finalEquity = results[RESULT.CASH] as number;
    facts.points = (results[RESULT.REACHED] as number) - this.#market.startBar;
    facts.entryAttempts = results[RESULT.ATTEMPTS] as number;
    facts.entryRejections = results[RESULT.REJECTIONS] as number;
    this.#drawdown.abs = results[RESULT.FALL] as number;
    this.#drawdown.fraction = results[RESULT.FALL_FRACTION] as number;
    this.#drawdown.durationBars = results[RESULT.DRAWDOWN_BARS] as number;
    this.#fillTrades(results);
    this.#fillMargin(results);
    this.#fillReturns(results);
    return facts;
  }

  #fillTrades(results: Float64Array): void {
    const trades = this.#trades;
    trades.count = results[RESULT.TRADES] as number;
    trades.wins = results[RESULT.WINS] as number;
    trades.netPnl = results[RESULT.NET] as number;
    trades.losses = results[RESULT.LOSSES] as number;
    trades.grossProfit = results[RESULT.PROFIT] as number;
    trades.grossLoss = Math.abs(results[RESULT.LOSS] as number);
    trades.largestWin = results[RESULT.LARGEST_WIN] as number;
    trades.largestLoss = results[RESULT.LARGEST_LOSS] as number;
    trades.pnlPct = results[RESULT.PNL_PCT] as number;
    trades.fees = results[RESULT.FEES] as number;
    trades.durationBars = results[RESULT.DURATION_BARS] as number;
    trades.winDurationBars = results[RESULT.WIN_BARS] as number;
    trades.lossDurationBars = results[RESULT.LOSS_BARS] as number;
    trades.longestWinStreak = results[RESULT.LONGEST_WIN_STREAK] as number;
    trades.longestLossStreak = results[RESULT.LONGEST_LOSS_STREAK] as number;
    trades.maePct = results[RESULT.MAE] as number;
    trades.mfePct = results[RESULT.MFE] as number;
    trades.fundingPaid = results[RESULT.FUNDING_PAID] as number;
    trades.fundingReceived = results[RESULT.FUNDING_RECEIVED] as number;
    this.#long.count = results[RESULT.LONG_TRADES] as number;
    this.#long.wins = results[RESULT.LONG_WINS] as number;
    this.#long.netPnl = results[RESULT.NET_LONG] as number;
    this.#short.count = trades.count - this.#long.count;
    this.#short.wins = trades.wins - this.#long.wins;
    this.#short.netPnl = results[RESULT.NET_SHORT] as number;
  }

  #fillMargin(results: Float64Array): void {
    const margin = this.#margin;
    const samples = results[RESULT.LEVERAGE_SAMPLES] as number;
    margin.barsInPosition = results[RESULT.HELD_BARS] as number;
    margin.minRatio = results[RESULT.MIN_RATIO] as number;
    margin.calls = results[RESULT.MARGIN_CALLS] as number;
    margin.closestLiquidationPct = results[RESULT.CLOSEST] as number;
    margin.averageLeverage = samples === 0 ? 0 : (results[RESULT.LEVERAGE_SUM] as number) / samples;
    margin.maxLeverage = results[RESULT.MAX_LEVERAGE] as number;
  }

  #fillReturns(results: Float64Array): void {
    const returns = this.#returns;
    returns.count = results[RESULT.RETURNS] as number;
    returns.mean = results[RESULT.MEAN] as number;
    returns.sigma = results[RESULT.SIGMA] as number;
    returns.downsideSquares = results[RESULT.DOWNSIDE_SQUARES] as number;
    returns.gains = results[RESULT.GAINS] as number;
    returns.losses = results[RESULT.LOSSES_OF_RETURNS] as number;
    returns.skewness = results[RESULT.SKEWNESS] as number;
    returns.kurtosis = results[RESULT.KURTOSIS] as number;
    returns.var95 = results[RESULT.VAR_95] as number;
    returns.cvar95 = results[RESULT.CVAR_95] as number;
    returns.ulcer = results[RESULT.ULCER] as number;
  }
}
