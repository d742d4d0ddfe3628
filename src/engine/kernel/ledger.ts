import type { CurveRun } from './curve.ts';
import { LAYOUT, type Market } from './market.ts';
import { STATE, type RunCounts, type RunState } from './run-state.ts';

const { MAX_CLOSE, MAX_HIGH, MIN_CLOSE, MIN_LOW } = LAYOUT;
const {
  CASH,
  CLOSEST,
  ENTRY,
  ENTRY_FEE,
  EXIT,
  FEE,
  FEES,
  HELD_CASH,
  IMR,
  LARGEST_LOSS,
  LARGEST_WIN,
  LEVERAGE,
  LOSS,
  MAE,
  MAX_LEVERAGE,
  MFE,
  MIN_RATIO,
  MMR,
  NET,
  NET_LONG,
  NET_SHORT,
  NOTIONAL,
  PNL_PCT,
  PROFIT,
  RANGE,
  SIDE,
  SIZE,
  SLIPPAGE,
} = STATE;

/** As in metrics/margin.ts. */
const MARGIN_CALL_TOLERANCE = 1e-9;

/**
 * Closes the position at the price EXIT and adds the trade to the sums, as exchange.ts and
 * metrics/trades.ts do; `isHeld` when a bar ended with it, and then its extremes are in the state.
 */
export function closeTrade(
  state: RunState,
  counts: RunCounts,
  duration: number,
  isHeld: boolean,
): void {
  const size = state[SIZE] as number;
  const entry = state[ENTRY] as number;
  const side = state[SIDE] as number;
  const fee = state[FEE] as number;
  const notional = state[NOTIONAL] as number;
  const entryFee = state[ENTRY_FEE] as number;
  const price = state[EXIT] as number;
  let exit = price + -side * (price * (state[SLIPPAGE] as number));
  // Isolated margin: no exit costs more than the margin.
  const margin = notional / (state[LEVERAGE] as number);
  const loss = entryFee + size * exit * fee - side * (exit - entry) * size;
  if (!(loss <= margin)) {
    exit = (entry * size + side * (entryFee - margin)) / (size * (1 - side * fee));
  }
  const exitFee = size * exit * fee;
  const realized = (side > 0 ? exit - entry : entry - exit) * size;
  const fees = entryFee + exitFee;
  const net = realized - fees;
  state[CASH] = (state[CASH] as number) + (realized - exitFee);
  state[PNL_PCT] = (state[PNL_PCT] as number) + (net / Math.abs(notional)) * 100;
  state[FEES] = (state[FEES] as number) + fees;
  state[NET] = (state[NET] as number) + net;
  const sideAt = side > 0 ? NET_LONG : NET_SHORT;
  state[sideAt] = (state[sideAt] as number) + net;
  counts.trades += 1;
  counts.durationBars += duration;
  if (side > 0) counts.longTrades += 1;
  if (net > 0) {
    state[PROFIT] = (state[PROFIT] as number) + net;
    if (net > (state[LARGEST_WIN] as number)) state[LARGEST_WIN] = net;
  } else if (net < 0) {
    state[LOSS] = (state[LOSS] as number) + net;
    if (-net > (state[LARGEST_LOSS] as number)) state[LARGEST_LOSS] = -net;
  }
  countResult(counts, net > 0 ? 1 : net < 0 ? -1 : 0, duration, side > 0);
  if (isHeld) addExcursions(state);
}

/** The margin figures of the position held over `[from, end)`, whose extremes are in the state. */
export function addMargin(market: Market, run: CurveRun, from: number, end: number): void {
  const { state, counts } = run;
  counts.heldBars += end - from;
  const isLowCalled = addMarginPoint(state, RANGE + MIN_CLOSE);
  const isHighCalled = addMarginPoint(state, RANGE + MAX_CLOSE);
  if (isLowCalled || isHighCalled) countCalls(market, run, from, end);
}

// --- internal ---

function countResult(
  counts: RunCounts,
  result: -1 | 0 | 1,
  duration: number,
  isLong: boolean,
): void {
  counts.winStreak = result > 0 ? counts.winStreak + 1 : 0;
  counts.lossStreak = result < 0 ? counts.lossStreak + 1 : 0;
  if (result > 0) {
    counts.wins += 1;
    if (isLong) counts.longWins += 1;
    counts.winBars += duration;
    if (counts.winStreak > counts.longestWinStreak) counts.longestWinStreak = counts.winStreak;
  } else if (result < 0) {
    counts.losses += 1;
    counts.lossBars += duration;
    if (counts.lossStreak > counts.longestLossStreak) counts.longestLossStreak = counts.lossStreak;
  }
}

function addExcursions(state: RunState): void {
  const entry = state[ENTRY] as number;
  const below = (100 * (entry - (state[RANGE + MIN_LOW] as number))) / entry;
  const above = (100 * ((state[RANGE + MAX_HIGH] as number) - entry)) / entry;
  const isLong = (state[SIDE] as number) > 0;
  state[MAE] = (state[MAE] as number) + (isLong ? below : above);
  state[MFE] = (state[MFE] as number) + (isLong ? above : below);
}

/** Takes the figures at the close that lies at `at` in the state; whether it is a margin call. */
function addMarginPoint(state: RunState, at: number): boolean {
  const price = state[at] as number;
  const imr = state[IMR] as number;
  const size = state[SIZE] as number;
  const equity =
    (state[HELD_CASH] as number) +
    (state[SIDE] as number) * (price - (state[ENTRY] as number)) * size;
  const value = size * price;
  const used = value * imr;
  const maintenance = value * (state[MMR] as number);
  if (used > 0) {
    const ratio = equity / used;
    if (ratio < (state[MIN_RATIO] as number)) state[MIN_RATIO] = ratio;
  }
  if (equity > 0) {
    const pct = (100 * (equity - maintenance)) / equity;
    if (maintenance > 0 && pct < (state[CLOSEST] as number)) state[CLOSEST] = pct;
    const leverage = used / imr / equity;
    if (used > 0 && leverage > (state[MAX_LEVERAGE] as number)) state[MAX_LEVERAGE] = leverage;
  }
  return equity - used < -MARGIN_CALL_TOLERANCE * used;
}

function countCalls(
  { close }: Market,
  { state, counts }: CurveRun,
  from: number,
  end: number,
): void {
  const size = state[SIZE] as number;
  const imr = state[IMR] as number;
  const cash = state[HELD_CASH] as number;
  const side = state[SIDE] as number;
  const entry = state[ENTRY] as number;
  for (let bar = from; bar < end; bar++) {
    const price = close[bar] as number;
    const used = size * price * imr;
    const equity = cash + side * (price - entry) * size;
    if (equity - used < -MARGIN_CALL_TOLERANCE * used) counts.marginCalls += 1;
  }
}
