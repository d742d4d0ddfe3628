/**
 * The numbers of a running point live in one Float64Array, under the names below. V8 boxes every
 * double that crosses a call it does not inline (20 boxes and 300 bytes a trade were measured), and
 * none in a typed array; so the functions of the kernel pass this array and whole numbers only.
 */
export type RunState = Float64Array;

/**
 * Places in the state. Take them apart at the top of a module (`const { CASH } = STATE`): V8 folds a
 * module's own constants into the code, but loads and checks an imported one at every use.
 */
export const STATE = {
  CASH: 0,
  // Terms of the run.
  STARVATION: 1,
  MIN_NOTIONAL: 2,
  LEVERAGE: 3,
  IMR: 4,
  MMR: 5,
  FEE: 6,
  SLIPPAGE: 7,
  // The next order: wanted notional, stop and target, NaN where there is none.
  ORDER_NOTIONAL: 8,
  ORDER_STOP: 9,
  ORDER_TARGET: 10,
  // The open position; HELD_CASH is cash with its entry fee paid.
  HELD_CASH: 11,
  ENTRY: 12,
  SIZE: 13,
  SIDE: 14,
  NOTIONAL: 15,
  ENTRY_FEE: 16,
  /** Nearer of stop and liquidation, and target; ±infinity where there is none. */
  ADVERSE: 17,
  FAVOURABLE: 18,
  /** A low at or below, or a high at or above, ends the position. */
  LOW_LEVEL: 19,
  HIGH_LEVEL: 20,
  /** What the position is closed at, before slippage. */
  EXIT: 21,
  // Extremes of a range of bars, in the order of the market's records.
  RANGE: 22,
  // The equity curve: peak, lowest since, largest falls.
  PEAK: 26,
  LOWEST: 27,
  FALL: 28,
  FALL_FRACTION: 29,
  // Sums over trades.
  NET: 30,
  NET_LONG: 31,
  NET_SHORT: 32,
  PROFIT: 33,
  LOSS: 34,
  LARGEST_WIN: 35,
  LARGEST_LOSS: 36,
  PNL_PCT: 37,
  FEES: 38,
  MAE: 39,
  MFE: 40,
  // Margin.
  MIN_RATIO: 41,
  CLOSEST: 42,
  MAX_LEVERAGE: 43,
  LEVERAGE_SUM: 44,
  /** Equity that an order of a flip is sized with. */
  ORDER_EQUITY: 45,
} as const;

export const STATE_LENGTH = 46;

/** Whole numbers of a point: counts, bars and streaks. */
export interface RunCounts {
  /** Row of the last new peak, one before the first point while there was none. */
  peakBar: number;
  drawdownBars: number;
  trades: number;
  wins: number;
  losses: number;
  longTrades: number;
  longWins: number;
  durationBars: number;
  winBars: number;
  lossBars: number;
  winStreak: number;
  lossStreak: number;
  longestWinStreak: number;
  longestLossStreak: number;
  heldBars: number;
  marginCalls: number;
  leverageSamples: number;
  attempts: number;
  rejections: number;
}

export function newCounts(): RunCounts {
  return {
    peakBar: 0,
    drawdownBars: 0,
    trades: 0,
    wins: 0,
    losses: 0,
    longTrades: 0,
    longWins: 0,
    durationBars: 0,
    winBars: 0,
    lossBars: 0,
    winStreak: 0,
    lossStreak: 0,
    longestWinStreak: 0,
    longestLossStreak: 0,
    heldBars: 0,
    marginCalls: 0,
    leverageSamples: 0,
    attempts: 0,
    rejections: 0,
  };
}

/** Zeroes the counts in place, so that a point allocates none. */
export function clearCounts(counts: RunCounts): void {
  counts.peakBar = 0;
  counts.drawdownBars = 0;
  counts.trades = 0;
  counts.wins = 0;
  counts.losses = 0;
  counts.longTrades = 0;
  counts.longWins = 0;
  counts.durationBars = 0;
  counts.winBars = 0;
  counts.lossBars = 0;
  counts.winStreak = 0;
  counts.lossStreak = 0;
  counts.longestWinStreak = 0;
  counts.longestLossStreak = 0;
  counts.heldBars = 0;
  counts.marginCalls = 0;
  counts.leverageSamples = 0;
  counts.attempts = 0;
  counts.rejections = 0;
}
