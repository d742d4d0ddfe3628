import { LAYOUT, type Market } from './market.ts';
import { STATE, type RunCounts, type RunState } from './run-state.ts';

const { BLOCK_SHIFT, IN_BLOCK, MAX_CLOSE, MIN_CLOSE } = LAYOUT;
const { CASH, ENTRY, FALL, FALL_FRACTION, HELD_CASH, LOWEST, PEAK, RANGE, SIDE, SIZE } = STATE;

/**
 * The drawdowns of an equity curve that is given by events instead of points. Between two new peaks
 * the peak is constant and every fall is monotone in the equity, rounding included, so the lowest
 * point between them gives both extremes; and while a position is held equity is monotone in the
 * close (each rounded operation is), so a block of bars is looked into only where its best close
 * makes a new peak.
 */
export function beginCurve(state: RunState, counts: RunCounts, startBar: number): void {
  state[PEAK] = state[CASH] as number;
  state[LOWEST] = state[CASH] as number;
  counts.peakBar = startBar - 1;
}

/** Equity is the cash at the close of `bar`: one point, or the first of a flat run. */
export function addFlat(state: RunState, counts: RunCounts, bar: number): void {
  const cash = state[CASH] as number;
  if (cash > (state[PEAK] as number)) {
    settleCurve(state, counts, bar);
    state[PEAK] = cash;
    state[LOWEST] = cash;
    counts.peakBar = bar;
  } else if (cash < (state[LOWEST] as number)) {
    state[LOWEST] = cash;
  }
}

/** The closes held over the bars `[from, end)`, whose extremes are in the state. */
export function addHeldCurve(market: Market, run: CurveRun, from: number, end: number): void {
  const { state } = run;
  const cash = state[HELD_CASH] as number;
  const entry = state[ENTRY] as number;
  const size = state[SIZE] as number;
  const side = state[SIDE] as number;
  const minClose = state[RANGE + MIN_CLOSE] as number;
  const maxClose = state[RANGE + MAX_CLOSE] as number;
  const best = cash + side * ((side > 0 ? maxClose : minClose) - entry) * size;
  if (best > (state[PEAK] as number)) {
    walkPeaks(market, run, from, end);
    return;
  }
  const worst = cash + side * ((side > 0 ? minClose : maxClose) - entry) * size;
  if (worst < (state[LOWEST] as number)) state[LOWEST] = worst;
}

/** Accounts for the run of points after the last peak and before row `end`. */
export function settleCurve(state: RunState, counts: RunCounts, end: number): void {
  const length = end - counts.peakBar - 1;
  if (length > counts.drawdownBars) counts.drawdownBars = length;
  const peak = state[PEAK] as number;
  const fall = peak - (state[LOWEST] as number);
  if (fall > (state[FALL] as number)) state[FALL] = fall;
  const part = fall / peak;
  if (part > (state[FALL_FRACTION] as number)) state[FALL_FRACTION] = part;
}

/** What a run's curve is written to. */
export interface CurveRun {
  readonly state: RunState;
  readonly counts: RunCounts;
}

// --- internal ---

function walkPeaks(market: Market, run: CurveRun, from: number, end: number): void {
  const { blocks } = market;
  const { state } = run;
  const cash = state[HELD_CASH] as number;
  const entry = state[ENTRY] as number;
  const size = state[SIZE] as number;
  const side = state[SIDE] as number;
  const bestAt = side > 0 ? MAX_CLOSE : MIN_CLOSE;
  const worstAt = side > 0 ? MIN_CLOSE : MAX_CLOSE;
  let bar = from;
  while (bar < end) {
    const next = Math.min(end, (bar | IN_BLOCK) + 1);
    const record = 4 * (bar >>> BLOCK_SHIFT);
    const isWhole = next - bar > IN_BLOCK;
    const best = cash + side * ((blocks[record + bestAt] as number) - entry) * size;
    if (isWhole && !(best > (state[PEAK] as number))) {
      const worst = cash + side * ((blocks[record + worstAt] as number) - entry) * size;
      if (worst < (state[LOWEST] as number)) state[LOWEST] = worst;
    } else {
      visitBars(market, run, bar, next);
    }
    bar = next;
  }
}

function visitBars(
  { close }: Market,
  { state, counts }: CurveRun,
  from: number,
  end: number,
): void {
  const cash = state[HELD_CASH] as number;
  const entry = state[ENTRY] as number;
  const size = state[SIZE] as number;
  const side = state[SIDE] as number;
  let peak = state[PEAK] as number;
  let lowest = state[LOWEST] as number;
  for (let bar = from; bar < end; bar++) {
    const equity = cash + side * ((close[bar] as number) - entry) * size;
    if (equity > peak) {
      state[LOWEST] = lowest;
      settleCurve(state, counts, bar);
      state[PEAK] = equity;
      counts.peakBar = bar;
      peak = equity;
      lowest = equity;
    } else if (equity < lowest) {
      lowest = equity;
    }
  }
  state[LOWEST] = lowest;
}
