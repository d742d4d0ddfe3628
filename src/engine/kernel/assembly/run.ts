/**
 * The money of a point: the arithmetic of exchange.ts, account.ts, models.ts and of the metrics'
 * sums, in the same order, over the positions that path.ts finds. Bars on which nothing can happen
 * are left out; what the metrics need of them comes from the extremes of the position's bars.
 */
import {
  blockCloses,
  closeAt,
  closes,
  dayBars,
  days,
  endBar,
  lowHigh,
  measure,
  startBar,
} from './market';
import {
  CLOSES,
  ENDS_BY_LEVEL,
  ENDS_BY_SIGNAL,
  ENTRY_BAR,
  EXIT_BAR,
  EXIT_PRICE,
  FLAGS,
  GAP,
  IS_LONG,
  IS_PLANNED,
  IS_REVERSED,
  IS_REVERSING,
  KIND,
  LOW_HIGH,
  NEVER_FILLED,
  OPEN,
  PRICE,
  beginPath,
  isWhole,
  itemAt,
  leavePath,
  look,
  prepare,
} from './path';
import {
  SIZE_FIXED,
  SIZE_PERCENT_NOTIONAL,
  SIZE_RISK,
  feeRate,
  imr,
  leverage,
  minNotional,
  mmr,
  readTerms,
  sizeShare,
  sizeValue,
  sizing,
  slippage,
  startingEquity,
  starvation,
} from './terms';

/** As in metrics/margin.ts. */
const MARGIN_CALL_TOLERANCE: f64 = 1e-9;

export let cash: f64 = 0;
/** One past the last simulated row. */
export let reached: i32 = 0;
export let isBlown: bool = false;
/** Address of one equity a daily sample. */
export let samples: usize = 0;

// The open position; heldCash is the cash with its entry fee paid.
let heldCash: f64 = 0;
let entry: f64 = 0;
let size: f64 = 0;
let side: f64 = 0;
let notional: f64 = 0;
let entryFee: f64 = 0;
let entryBar: i32 = 0;
/** Equity that a reversal is sized with. */
let reverseEquity: f64 = 0;

// The equity curve: peak, row of it, lowest since, largest falls.
let peak: f64 = 0;
let peakBar: i32 = 0;
let lowest: f64 = 0;
export let fall: f64 = 0;
export let fallFraction: f64 = 0;
export let drawdownBars: i32 = 0;

// Sums over trades.
export let net: f64 = 0;
export let netLong: f64 = 0;
export let netShort: f64 = 0;
export let profit: f64 = 0;
export let loss: f64 = 0;
export let largestWin: f64 = 0;
export let largestLoss: f64 = 0;
export let pnlPct: f64 = 0;
export let fees: f64 = 0;
/** [adverse, favourable] excursions. */
export let excursions: v128 = f64x2.splat(0);

// Margin.
/** Extremes over the lowest and the highest close of each position, a lane for each. */
export let minRatio: v128 = f64x2.splat(0);
export let closest: v128 = f64x2.splat(0);
export let maxLeverage: v128 = f64x2.splat(0);
export let leverageSum: f64 = 0;

// Counts, bars and streaks.
export let trades: i32 = 0;
export let wins: i32 = 0;
export let losses: i32 = 0;
export let longTrades: i32 = 0;
export let longWins: i32 = 0;
export let durationBars: i32 = 0;
export let winBars: i32 = 0;
export let lossBars: i32 = 0;
export let longestWinStreak: i32 = 0;
export let longestLossStreak: i32 = 0;
export let heldBars: i32 = 0;
export let marginCalls: i32 = 0;
export let leverageSamples: i32 = 0;
export let attempts: i32 = 0;
export let rejections: i32 = 0;
let winStreak: i32 = 0;
let lossStreak: i32 = 0;
let day: i32 = 0;

/** Runs the point whose terms are set; its samples are written from `samplesAt` on. */
export function runPoint(samplesAt: usize): void {
  readTerms();
  clear();
  samples = samplesAt;
  cash = startingEquity;
  peak = cash;
  lowest = cash;
  peakBar = startBar - 1;
  reached = endBar;
  beginPath();
  let bar = startBar;
  let isOver = restFlat(bar);
  while (!isOver) {
    const count = prepare(look(bar));
    const isLast = isWhole;
    bar = settle(count);
    isOver = isBlown || isEnded || (isLast && bar < 0);
    if (bar < 0) bar = resumeBar;
  }
  sampleFlat(endBar);
  settleCurve(reached);
}

// --- internal ---

/** Whether the data ended with a position or an order. */
let isEnded: bool = false;
/** Bar at whose close the run is flat after the whole list. */
let resumeBar: i32 = 0;

function clear(): void {
  isBlown = false;
  isEnded = false;
  fall = 0;
  fallFraction = 0;
  drawdownBars = 0;
  net = 0;
  netLong = 0;
  netShort = 0;
  profit = 0;
  loss = 0;
  largestWin = 0;
  largestLoss = 0;
  pnlPct = 0;
  fees = 0;
  excursions = f64x2.splat(0);
  minRatio = f64x2.splat(1);
  closest = f64x2.splat(100);
  maxLeverage = f64x2.splat(0);
  leverageSum = 0;
  trades = 0;
  wins = 0;
  losses = 0;
  longTrades = 0;
  longWins = 0;
  durationBars = 0;
  winBars = 0;
  lossBars = 0;
  longestWinStreak = 0;
  longestLossStreak = 0;
  heldBars = 0;
  marginCalls = 0;
  leverageSamples = 0;
  attempts = 0;
  rejections = 0;
  winStreak = 0;
  lossStreak = 0;
  day = 0;
}

/**
 * Trades the first `count` of the list. −1 when all of it is done and the run goes on from
 * `resumeBar`; else the bar at whose close the run is flat and the path has to be looked for again.
 */
function settle(count: i32): i32 {
  for (let n = 0; n < count; n++) {
    const item = itemAt(n);
    const flags = load<i32>(item, FLAGS);
    const opens = load<i32>(item, ENTRY_BAR);
    const isReversal = (flags & IS_REVERSED) != 0;
    if (!order(item, isReversal ? reverseEquity : cash)) {
      // A reversal without an order leaves a flat account at this open; else the signal is passed.
      leavePath(n + 1);
      if (isReversal && opens < endBar) restFlat(opens);
      return opens;
    }
    attempts += 1;
    const kind = load<i32>(item, KIND);
    if (kind == NEVER_FILLED) {
      isEnded = true;
      return -1;
    }
    if (!fill(item, (flags & IS_LONG) != 0 ? 1 : -1)) {
      leavePath(n + 1);
      restFlat(opens);
      return opens;
    }
    const closesAt = load<i32>(item, EXIT_BAR);
    resumeBar = closesAt;
    if (kind == ENDS_BY_SIGNAL) {
      const isReversing = (flags & IS_REVERSING) != 0;
      hold(item, closesAt);
      if (isReversing) reverseEquity = equityAt(closeAt(closesAt - 1));
      close(item, load<f64>(item, EXIT_PRICE), closesAt - opens, true);
      if (!isReversing && restFlat(closesAt)) return -1;
    } else if (kind == ENDS_BY_LEVEL) {
      if (closesAt > opens) hold(item, closesAt);
      close(item, load<f64>(item, EXIT_PRICE), closesAt - opens, closesAt > opens);
      if (restFlat(closesAt)) return -1;
    } else {
      const isReversing = (flags & IS_REVERSING) != 0;
      if (isReversing) reverseEquity = equityAt(closeAt(endBar - 1));
      endOfData(item);
      if (!isReversing) {
        isEnded = true;
        return -1;
      }
    }
  }
  return -1;
}

// @ts-ignore: decorator
@inline
function equityAt(price: f64): f64 {
  return heldCash + side * (price - entry) * size;
}

/** Sizes an item's order with `equity`, in `notional`; false below the minimum or without a plan. */
// @ts-ignore: decorator
@inline
function order(item: usize, equity: f64): bool {
  if ((load<i32>(item, FLAGS) & IS_PLANNED) == 0) return false;
  let wanted = sizeValue;
  if (sizing == SIZE_PERCENT_NOTIONAL) wanted = equity * sizeShare;
  else if (sizing != SIZE_FIXED) {
    const risk = sizing == SIZE_RISK ? sizeValue : equity * sizeShare;
    wanted = (risk * load<f64>(item, PRICE)) / load<f64>(item, GAP);
  }
  notional = wanted;
  return !(wanted != wanted || wanted < minNotional);
}

/** Opens at the item's open; false where the gate rejects the order. */
// @ts-ignore: decorator
@inline
function fill(item: usize, direction: f64): bool {
  const affordable = (cash * leverage) / (1 + leverage * feeRate);
  const taken = min<f64>(notional, affordable);
  if (!(taken > 0 && taken >= minNotional)) {
    rejections += 1;
    return false;
  }
  entryBar = load<i32>(item, ENTRY_BAR);
  sampleFlat(entryBar);
  const open = load<f64>(item, OPEN);
  const fee = taken * feeRate;
  side = direction;
  entry = open + direction * (open * slippage);
  heldCash = cash - fee;
  cash = heldCash;
  size = taken / entry;
  notional = taken;
  entryFee = fee;
  return true;
}

/** Everything about the bars `[entryBar, end)` of an item, at least one, that ended with the position. */
// @ts-ignore: decorator
@inline
function hold(item: usize, end: i32): void {
  addHeldCurve(v128.load(item, CLOSES), end);
  addMargin(v128.load(item, CLOSES), end);
  sampleHeld(end);
}

function endOfData(item: usize): void {
  const last = endBar - 1;
  if (last > entryBar) {
    measure(entryBar, last);
    addHeldCurve(closes, last);
  }
  addMargin(v128.load(item, CLOSES), endBar);
  sampleHeld(endBar);
  close(item, closeAt(last), last - entryBar, true);
  // The close at the end of the data replaces the last equity point.
  addFlat(last);
  for (let d = day - 1; d >= 0 && load<i32>(dayBars + 4 * d) == last; d--) {
    store<f64>(samples + 8 * d, cash);
  }
}

/** Flat at the close of `bar`; true where the account cannot open the minimum any more. */
// @ts-ignore: decorator
@inline
function restFlat(bar: i32): bool {
  addFlat(bar);
  if (!(cash < starvation || cash <= 0)) return false;
  isBlown = true;
  reached = bar + 1;
  return true;
}

/** Closes the position at `price`, which slippage moves, and adds the trade to the sums. */
// @ts-ignore: decorator
@inline
function close(item: usize, price: f64, duration: i32, isHeld: bool): void {
  let exit = price + -side * (price * slippage);
  // Isolated margin: no exit costs more than the margin.
  const margin = leverage == 1 ? notional : notional / leverage;
  const cost = entryFee + size * exit * feeRate - side * (exit - entry) * size;
  if (!(cost <= margin)) {
    exit = (entry * size + side * (entryFee - margin)) / (size * (1 - side * feeRate));
  }
  const exitFee = size * exit * feeRate;
  const realized = (side > 0 ? exit - entry : entry - exit) * size;
  const paid = entryFee + exitFee;
  const gain = realized - paid;
  cash = cash + (realized - exitFee);
  pnlPct = pnlPct + (gain / abs(notional)) * 100;
  fees = fees + paid;
  net = net + gain;
  trades += 1;
  durationBars += duration;
  const isLong = side > 0;
  if (isLong) {
    netLong = netLong + gain;
    longTrades += 1;
  } else {
    netShort = netShort + gain;
  }
  if (gain > 0) addWin(gain, duration, isLong);
  else if (gain < 0) addLoss(gain, duration);
  else {
    winStreak = 0;
    lossStreak = 0;
  }
  if (isHeld) addExcursions(v128.load(item, LOW_HIGH));
}

// @ts-ignore: decorator
@inline
function addWin(gain: f64, duration: i32, isLong: bool): void {
  profit = profit + gain;
  if (gain > largestWin) largestWin = gain;
  wins += 1;
  longWins += i32(isLong);
  winBars += duration;
  lossStreak = 0;
  winStreak += 1;
  longestWinStreak = max(longestWinStreak, winStreak);
}

// @ts-ignore: decorator
@inline
function addLoss(gain: f64, duration: i32): void {
  loss = loss + gain;
  if (-gain > largestLoss) largestLoss = -gain;
  losses += 1;
  lossBars += duration;
  winStreak = 0;
  lossStreak += 1;
  longestLossStreak = max(longestLossStreak, lossStreak);
}

/** 100·(entry − lowest)/entry below and 100·(highest − entry)/entry above, as adverse, favourable. */
// @ts-ignore: decorator
@inline
function addExcursions(extremes: v128): void {
  const low = f64x2.extract_lane(extremes, 0);
  const high = -f64x2.extract_lane(extremes, 1);
  const below = entry - low;
  const above = high - entry;
  const isLong = side > 0;
  const falls = f64x2.replace_lane(
    f64x2.splat(isLong ? below : above),
    1,
    isLong ? above : below,
  );
  const parts = f64x2.div(f64x2.mul(f64x2.splat(100), falls), f64x2.splat(entry));
  excursions = f64x2.add(excursions, parts);
}

/** The margin figures of the position held over `[entryBar, end)` with the closes `extremes`. */
// @ts-ignore: decorator
@inline
function addMargin(extremes: v128, end: i32): void {
  heldBars += end - entryBar;
  const prices = f64x2.mul(extremes, f64x2.replace_lane(f64x2.splat(1), 1, -1));
  const gains = f64x2.mul(f64x2.splat(side), f64x2.sub(prices, f64x2.splat(entry)));
  const equity = f64x2.add(f64x2.splat(heldCash), f64x2.mul(gains, f64x2.splat(size)));
  const value = f64x2.mul(f64x2.splat(size), prices);
  const used = f64x2.mul(value, f64x2.splat(imr));
  const maintenance = f64x2.mul(value, f64x2.splat(mmr));
  const isPositive = f64x2.gt(used, f64x2.splat(0));
  const isSolvent = f64x2.gt(equity, f64x2.splat(0));
  const ratio = f64x2.div(equity, used);
  minRatio = f64x2.pmin(minRatio, v128.bitselect(ratio, f64x2.splat(Infinity), isPositive));
  const distance = f64x2.mul(f64x2.splat(100), f64x2.sub(equity, maintenance));
  const isMaintained = v128.and(isSolvent, f64x2.gt(maintenance, f64x2.splat(0)));
  const pct = f64x2.div(distance, equity);
  closest = f64x2.pmin(closest, v128.bitselect(pct, f64x2.splat(Infinity), isMaintained));
  const exposure = imr == 1 ? used : f64x2.div(used, f64x2.splat(imr));
  const times = f64x2.div(exposure, equity);
  const isLevered = v128.and(isSolvent, isPositive);
  maxLeverage = f64x2.pmax(maxLeverage, v128.bitselect(times, f64x2.splat(0), isLevered));
  const tolerated = f64x2.mul(f64x2.splat(-MARGIN_CALL_TOLERANCE), used);
  if (v128.any_true(f64x2.lt(f64x2.sub(equity, used), tolerated))) countCalls(end);
}

function countCalls(end: i32): void {
  for (let bar = entryBar; bar < end; bar++) {
    const price = closeAt(bar);
    const used = size * price * imr;
    if (equityAt(price) - used < -MARGIN_CALL_TOLERANCE * used) marginCalls += 1;
  }
}

/**
 * Drawdowns of a curve that is given by events: between two new peaks the peak is constant and every
 * fall is monotone in the equity, rounding included, so the lowest point between them gives both
 * extremes; and while a position is held equity is monotone in the close (each rounded operation
 * is), so a block of bars is looked into only where its best close makes a new peak.
 */
// @ts-ignore: decorator
@inline
function addFlat(bar: i32): void {
  if (cash > peak) {
    settleCurve(bar);
    peak = cash;
    lowest = cash;
    peakBar = bar;
  } else if (cash < lowest) {
    lowest = cash;
  }
}

// @ts-ignore: decorator
@inline
function addHeldCurve(extremes: v128, end: i32): void {
  const least = f64x2.extract_lane(extremes, 0);
  const most = -f64x2.extract_lane(extremes, 1);
  const isLong = side > 0;
  if (equityAt(isLong ? most : least) > peak) {
    walkPeaks(entryBar, end);
    return;
  }
  const worst = equityAt(isLong ? least : most);
  if (worst < lowest) lowest = worst;
}

/** Accounts for the run of points after the last peak and before row `end`. */
function settleCurve(end: i32): void {
  drawdownBars = max(drawdownBars, end - peakBar - 1);
  const depth = peak - lowest;
  if (depth > fall) fall = depth;
  const part = depth / peak;
  if (part > fallFraction) fallFraction = part;
}

function walkPeaks(from: i32, end: i32): void {
  const isLong = side > 0;
  let bar = from;
  while (bar < end) {
    const next = min(end, (bar | 31) + 1);
    const isBlock = next - bar == 32;
    const extremes = blockCloses(bar);
    const least = f64x2.extract_lane(extremes, 0);
    const most = -f64x2.extract_lane(extremes, 1);
    if (isBlock && !(equityAt(isLong ? most : least) > peak)) {
      const worst = equityAt(isLong ? least : most);
      if (worst < lowest) lowest = worst;
    } else {
      visitBars(bar, next);
    }
    bar = next;
  }
}

function visitBars(from: i32, end: i32): void {
  for (let bar = from; bar < end; bar++) {
    const equity = equityAt(closeAt(bar));
    if (equity > peak) {
      settleCurve(bar);
      peak = equity;
      peakBar = bar;
      lowest = equity;
    } else if (equity < lowest) {
      lowest = equity;
    }
  }
}

// @ts-ignore: decorator
@inline
function sampleFlat(end: i32): void {
  while (day < days && load<i32>(dayBars + 4 * day) < end) {
    store<f64>(samples + 8 * day, cash);
    day += 1;
  }
}

// @ts-ignore: decorator
@inline
function sampleHeld(end: i32): void {
  while (day < days) {
    const bar = load<i32>(dayBars + 4 * day);
    if (bar >= end) break;
    const price = closeAt(bar);
    const equity = equityAt(price);
    store<f64>(samples + 8 * day, equity);
    const used = size * price * imr;
    const times = used > 0 && equity > 0 ? used / imr / equity : 0;
    if (times > 0) {
      leverageSum = leverageSum + times;
      leverageSamples += 1;
    }
    day += 1;
  }
}
