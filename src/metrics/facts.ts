/**
 * What the metrics are made of: computed once per backtest (facts-of.ts), read by the registry.
 * Money is USDT, fractions are fractions, durations are exec bars.
 */
export interface BacktestFacts {
  readonly initialEquity: number;
  /** Last equity point; the starting equity when there is none. */
  readonly finalEquity: number;
  /** Closes of the simulation's first bar and of the feed's last bar. */
  readonly benchmarkFirst: number;
  readonly benchmarkLast: number;
  /** Equity points. */
  readonly points: number;
  readonly drawdown: DrawdownFacts;
  readonly trades: TradeFacts;
  readonly returns: ReturnFacts;
  readonly margin: MarginFacts;
  readonly entryAttempts: number;
  readonly entryRejections: number;
  /** Profile `trade`: percentages in the reference's order of operations, and its overflow rule. */
  readonly isReference?: boolean;
}

export interface DrawdownFacts {
  /** Largest peak − equity. */
  readonly abs: number;
  /** Largest (peak − equity)/peak, maximised on its own. */
  readonly fraction: number;
  /** Longest run of consecutive points not above the previous peak. */
  readonly durationBars: number;
}

/** Sums over one group of trades. */
export interface TradeGroup {
  readonly count: number;
  readonly wins: number;
  readonly netPnl: number;
}

export interface TradeFacts extends TradeGroup {
  readonly losses: number;
  /** Σ net PnL of the wins; |Σ| of the losses. */
  readonly grossProfit: number;
  readonly grossLoss: number;
  readonly largestWin: number;
  readonly largestLoss: number;
  readonly pnlPct: number;
  readonly fees: number;
  readonly durationBars: number;
  readonly winDurationBars: number;
  readonly lossDurationBars: number;
  readonly longestWinStreak: number;
  readonly longestLossStreak: number;
  readonly maePct: number;
  readonly mfePct: number;
  readonly long: TradeGroup;
  readonly short: TradeGroup;
  readonly fundingPaid: number;
  readonly fundingReceived: number;
}

/** Moments of the sampled returns (UTC days or exec bars, by profile). */
export interface ReturnFacts {
  readonly count: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly sigma: number;
  /** Σ r² over the negative returns. */
  readonly downsideSquares: number;
  readonly gains: number;
  /** |Σ| of the negative returns. */
  readonly losses: number;
  readonly skewness: number;
  readonly kurtosis: number;
  readonly var95: number;
  readonly cvar95: number;
  /** √mean((100·(peak − e)/peak)²) over the samples. */
  readonly ulcer: number;
  /** Samples per year, and years covered. */
  readonly periodsPerYear: number;
  readonly years: number;
}

export interface MarginFacts {
  readonly barsInPosition: number;
  readonly minRatio: number;
  readonly calls: number;
  readonly closestLiquidationPct: number;
  /** Mean and maximum of position value over equity. */
  readonly averageLeverage: number;
  readonly maxLeverage: number;
}
