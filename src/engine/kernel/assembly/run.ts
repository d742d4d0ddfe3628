/**
 * The money of a point: the arithmetic of exchange.ts, account.ts, models.ts and of the metrics'
 * sums, in the same order, over the positions that path.ts finds. Bars on which nothing can happen
 * are left out; what the metrics need of them comes from the extremes of the position's bars.
 */
import { addFlat, addHeldCurve, openCurve, resumeCurve, settleCurve } from './curve';
import {
  closeAt,
  endBar,
  fundingBarAt,
  fundingRateAt,
  hasFunding,
  measure,
  startBar,
} from './market';
import {
  CLOSES,
  ENDS_BY_LEVEL,
  ENDS_WITH_DATA,
  ENTRY_BAR,
  EXIT_BAR,
  EXIT_PRICE,
  FLAGS,
  IS_LONG,
  IS_PLANNED,
  IS_REVERSED,
  IS_REVERSING,
  KIND,
  LOW_HIGH,
  NEVER_FILLED,
  OPEN,
} from './items';
import { addMargin, callsOf, openMargin, resumeMargin } from './margin';
import * as pair from './pair';
import { countOf, laneOf } from './pair';
import { SPARE, beginPath, isWhole, itemAt, leavePath, look, planAt } from './path';
import { replaceSamples, sampleFlat, sampleHeld, sumLeverage } from './samples';
import {
  SIZE_FIXED,
  SIZE_PERCENT_NOTIONAL,
  SIZE_RISK,
  feeRate,
  imr,
  leverage,
  minNotional,
  mmr,
  sizeShare,
  sizeValue,
  sizing,
  slippage,
  startingEquity,
  starvation,
} from './terms';

export let cash: f64 = 0;
/** One past the last simulated row. */
export let reached: i32 = 0;
export let isBlown: bool = false;
let samples: usize = 0;

/** Equity that a reversal is sized with. */
let reverseEquity: f64 = 0;
/** What an entry costs for each unit of its notional, margin and fee, times leverage. */
let entryCost: f64 = 1;

// Sums over trades.
export let net: f64 = 0;
/** [long, short], [wins, losses], [largest win, largest loss]. */
export let netOfSides: v128 = f64x2.splat(0);
export let profitLoss: v128 = f64x2.splat(0);
export let largest: v128 = f64x2.splat(0);
export let pnlPct: f64 = 0;
export let fees: f64 = 0;
/** [adverse, favourable] excursions. */
export let excursions: v128 = f64x2.splat(0);

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
export let attempts: i32 = 0;
export let fundingPaid: f64 = 0;
export let fundingReceived: f64 = 0;
export let rejections: i32 = 0;
let winStreak: i32 = 0;
let lossStreak: i32 = 0;
let day: i32 = 0;
/** The first settlement that may concern the next position. */
let nextFunding: i32 = 0;
/** What `holdFunded` says: cash after it, cash at the close before the exit, and what it paid. */
let fundedCash: f64 = 0;
let cashBeforeExit: f64 = 0;
let fundingOfTrade: f64 = 0;

/** Runs the point whose terms are set. */
export function runPoint(samplesAt: usize): void {
  begin(samplesAt);
  beginPath();
  let bar = startBar;
  let isOver = restFlat(bar, cash);
  while (!isOver) {
    const count = look(bar);
    const isLast = isWhole;
    bar = settle(0, count);
    isOver = isBlown || isEnded || (isLast && bar < 0);
    if (bar < 0) bar = resumeBar;
  }
  end();
}

/**
 * Runs the point whose terms are set and whose track of `count` is in hand, the first `done` of which
 * have been traded in its lane of pair.ts; false where the path has to be looked for with the money.
 */
export function runTrack(lane: i32, samplesAt: usize, done: i32, count: i32): bool {
  begin(samplesAt);
  if (done > 0) resume(lane, done);
  if (settle(done, count) >= 0) return false;
  end();
  return true;
}

// --- internal ---

/** Whether the data ended with a position or an order. */
let isEnded: bool = false;
/** Whether the last equity point is the cash after the close at the end of the data. */
let isReplaced: bool = false;
/** Bar at whose close the run is flat after the whole list. */
let resumeBar: i32 = 0;

function begin(samplesAt: usize): void {
  samples = samplesAt;
  cash = startingEquity;
  reached = endBar;
  entryCost = 1 + leverage * feeRate;
  openCurve(startBar, cash);
  clear();
}

function end(): void {
  day = sampleFlat(samples, day, endBar, cash);
  sumLeverage(samples, imr);
  if (isReplaced) replaceSamples(samples, cash);
  settleCurve(reached);
}

function clear(): void {
  isBlown = false;
  isEnded = false;
  isReplaced = false;
  net = 0;
  netOfSides = f64x2.splat(0);
  profitLoss = f64x2.splat(0);
  largest = f64x2.splat(0);
  pnlPct = 0;
  fees = 0;
  excursions = f64x2.splat(0);
  openMargin();
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
  attempts = 0;
  rejections = 0;
  fundingPaid = 0;
  fundingReceived = 0;
  nextFunding = 0;
  winStreak = 0;
  lossStreak = 0;
  day = 0;
}

/** Takes what pair.ts has of a lane after `done` trades. */
function resume(lane: i32, done: i32): void {
  resumeCurve(pair.CURVES + 8 * lane);
  resumeMargin(pair.MARGINS + 8 * lane);
  cash = laneOf(pair.cash, lane);
  net = laneOf(pair.net, lane);
  netOfSides = lanes(laneOf(pair.longNet, lane), laneOf(pair.shortNet, lane));
  profitLoss = lanes(laneOf(pair.profit, lane), laneOf(pair.loss, lane));
  largest = lanes(laneOf(pair.largestWin, lane), laneOf(pair.largestLoss, lane));
  pnlPct = laneOf(pair.pnlPct, lane);
  fees = laneOf(pair.fees, lane);
  excursions = lanes(laneOf(pair.adverse, lane), laneOf(pair.favourable, lane));
  trades = done;
  attempts = done;
  wins = countOf(pair.wins, lane);
  losses = countOf(pair.losses, lane);
  longTrades = countOf(pair.longTrades, lane);
  longWins = countOf(pair.longWins, lane);
  durationBars = countOf(pair.durationBars, lane);
  heldBars = durationBars;
  winBars = countOf(pair.winBars, lane);
  lossBars = countOf(pair.lossBars, lane);
  winStreak = countOf(pair.winStreak, lane);
  lossStreak = countOf(pair.lossStreak, lane);
  longestWinStreak = countOf(pair.longestWinStreak, lane);
  longestLossStreak = countOf(pair.longestLossStreak, lane);
  marginCalls = countOf(pair.marginCalls, lane);
  day = lane == 0 ? pair.dayA : pair.dayB;
}

function lanes(first: f64, second: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(first), 1, second);
}

/**
 * Trades those in hand from `first` on, up to `count`. −1 when all of it is done and the run goes on from
 * `resumeBar`; else the bar at whose close the run is flat and the path has to be looked for again.
 *
 * What a position is made of stays in locals: each trade waits for the cash of the last one, and a
 * way through memory would lengthen that wait. 20 ns a trade.
 */
function settle(first: i32, count: i32): i32 {
  let money = cash;
  for (let n = first; n < count; n++) {
    const item = itemAt(n);
    const flags = load<i32>(item, FLAGS);
    const opens = load<i32>(item, ENTRY_BAR);
    const isReversal = (flags & IS_REVERSED) != 0;
    const wanted = wantedNotional(planAt(n, item), flags, isReversal ? reverseEquity : money);
    if (!(wanted >= minNotional)) {
      // A reversal without an order leaves a flat account at this open; else the signal is passed.
      cash = money;
      leavePath(n + 1);
      if (isReversal && opens < endBar) restFlat(opens, money);
      return opens;
    }
    attempts += 1;
    const kind = load<i32>(item, KIND);
    if (kind == NEVER_FILLED) {
      cash = money;
      isEnded = true;
      return -1;
    }
    // A branch, because it is foreseen, where the smaller of two would be waited for.
    const affordable = (leverage == 1 ? money : money * leverage) / entryCost;
    let taken = wanted;
    if (affordable < wanted) taken = affordable;
    if (!(taken > 0 && taken >= minNotional)) {
      cash = money;
      rejections += 1;
      leavePath(n + 1);
      restFlat(opens, money);
      return opens;
    }
    day = sampleFlat(samples, day, opens, money);
    const side: f64 = (flags & IS_LONG) != 0 ? 1 : -1;
    const open = load<f64>(item, OPEN);
    const entry = open + side * (open * slippage);
    const entryFee = taken * feeRate;
    const size = taken / entry;
    let held = money - entryFee;
    let funding: f64 = 0;
    const closesAt = load<i32>(item, EXIT_BAR);
    const isReversing = (flags & IS_REVERSING) != 0;
    const isHeld = kind != ENDS_BY_LEVEL || closesAt > opens;
    let exit = load<f64>(item, EXIT_PRICE);
    let duration = closesAt - opens;
    resumeBar = closesAt;
    if (kind == ENDS_WITH_DATA) {
      exit = closeAt(endBar - 1);
      duration = endBar - 1 - opens;
    }
    let heldAtSignal = held;
    if (hasFunding) {
      if (isHeld) {
        holdFunded(opens, closesAt, kind == ENDS_WITH_DATA, held, entry, size, side);
        held = fundedCash;
        heldAtSignal = cashBeforeExit;
        funding = fundingOfTrade;
      }
    } else if (kind == ENDS_WITH_DATA) {
      holdToTheEnd(v128.load(item, CLOSES), opens, held, entry, size, side);
    } else if (isHeld) {
      addHeldCurve(v128.load(item, CLOSES), opens, closesAt, held, entry, size, side);
      addHeldMargin(v128.load(item, CLOSES), opens, closesAt, held, entry, size, side);
      day = sampleHeld(samples, day, closesAt, held, entry, size, side, imr);
    }
    if (isReversing) {
      reverseEquity = heldAtSignal + side * (closeAt(closesAt - 1) - entry) * size;
    }
    if (isHeld) addExcursions(v128.load(item, LOW_HIGH), entry, side);
    money = close(exit, held, entry, size, side, taken, entryFee, duration, funding);
    if (kind == ENDS_WITH_DATA) {
      cash = money;
      // The close at the end of the data replaces the last equity point.
      addFlat(endBar - 1, money);
      isReplaced = true;
      if (isReversing) continue;
      isEnded = true;
      return -1;
    }
    if (!isReversing && restFlat(closesAt, money)) break;
  }
  cash = money;
  return -1;
}

/** Notional of an order for `equity`, planned with gap and price; NaN without a plan. */
// @ts-ignore: decorator
@inline
function wantedNotional(planned: usize, flags: i32, equity: f64): f64 {
  if ((flags & IS_PLANNED) == 0) return NaN;
  if (sizing == SIZE_PERCENT_NOTIONAL) return equity * sizeShare;
  if (sizing == SIZE_FIXED) return sizeValue;
  const risk = sizing == SIZE_RISK ? sizeValue : equity * sizeShare;
  return (risk * load<f64>(planned, 8)) / load<f64>(planned);
}

/** What is held when the data end: margin and samples over all its bars, the curve without the last. */
function holdToTheEnd(
  closes: v128,
  from: i32,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
): void {
  const last = endBar - 1;
  addHeldMargin(closes, from, endBar, held, entry, size, side);
  day = sampleHeld(samples, day, endBar, held, entry, size, side, imr);
  if (last == from) return;
  measure(SPARE, from, last);
  addHeldCurve(v128.load(SPARE, CLOSES), from, last, held, entry, size, side);
}

/**
 * What is held over `[from, end)` while funding is settled: at a bar's open, at the close before it. From
 * one settlement to the next the cash is constant, so each such part is measured and added by itself.
 * A settlement at the bar of the exit is paid before the exit.
 */
function holdFunded(
  from: i32,
  end: i32,
  isToTheEnd: bool,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
): void {
  fundingOfTrade = 0;
  while (fundingBarAt(nextFunding) <= from) nextFunding += 1;
  let at = from;
  for (; fundingBarAt(nextFunding) < end; nextFunding++) {
    const bar = fundingBarAt(nextFunding);
    if (at < bar) holdPart(at, bar, false, held, entry, size, side);
    held = payFunding(bar, held, size, side);
    at = bar;
  }
  holdPart(at, end, isToTheEnd, held, entry, size, side);
  cashBeforeExit = held;
  for (; fundingBarAt(nextFunding) == end; nextFunding++) held = payFunding(end, held, size, side);
  fundedCash = held;
}

/** The cash after the next settlement, at the open of `bar`. */
// @ts-ignore: decorator
@inline
function payFunding(bar: i32, held: f64, size: f64, side: f64): f64 {
  const amount = side * (size * closeAt(bar - 1) * fundingRateAt(nextFunding));
  fundingOfTrade = fundingOfTrade + amount;
  if (amount > 0) fundingPaid = fundingPaid + amount;
  else fundingReceived = fundingReceived - amount;
  return held - amount;
}

/** As in `settle`, of a part of a position's bars. */
function holdPart(
  from: i32,
  end: i32,
  isToTheEnd: bool,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
): void {
  measure(SPARE, from, end);
  const closes = v128.load(SPARE, CLOSES);
  if (isToTheEnd) {
    holdToTheEnd(closes, from, held, entry, size, side);
    return;
  }
  addHeldCurve(closes, from, end, held, entry, size, side);
  addHeldMargin(closes, from, end, held, entry, size, side);
  day = sampleHeld(samples, day, end, held, entry, size, side, imr);
}

/** Flat at the close of `bar`; true where the account cannot open the minimum any more. */
// @ts-ignore: decorator
@inline
function restFlat(bar: i32, money: f64): bool {
  addFlat(bar, money);
  if (!(money < starvation || money <= 0)) return false;
  isBlown = true;
  reached = bar + 1;
  return true;
}

/** Closes a position at `price`, which slippage moves, adds the trade to the sums; the cash then. */
// @ts-ignore: decorator
@inline
function close(
  price: f64,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
  notional: f64,
  entryFee: f64,
  duration: i32,
  funding: f64,
): f64 {
  let exit = price + -side * (price * slippage);
  // Isolated margin: no exit costs more than the margin.
  const margin = leverage == 1 ? notional : notional / leverage;
  const cost = entryFee + size * exit * feeRate - side * (exit - entry) * size + funding;
  if (!(cost <= margin)) {
    exit = (entry * size + side * (entryFee + funding - margin)) / (size * (1 - side * feeRate));
  }
  const exitFee = size * exit * feeRate;
  const realized = (side > 0 ? exit - entry : entry - exit) * size;
  const paid = entryFee + exitFee;
  const gain = realized - paid - funding;
  pnlPct = pnlPct + (gain / abs(notional)) * 100;
  fees = fees + paid;
  net = net + gain;
  trades += 1;
  durationBars += duration;
  const isLong = i32(side > 0);
  longTrades += isLong;
  const twice = f64x2.splat(gain);
  const lane = isLong != 0 ? i64x2(-1, 0) : i64x2(0, -1);
  netOfSides = f64x2.add(netOfSides, v128.and(twice, lane));
  addResult(twice, duration, isLong);
  return held + (realized - exitFee);
}

/**
 * A gain in both lanes, the first for wins, the second for losses. Without branches, because whether
 * a trade wins cannot be predicted; adding 0 changes no sum, as none is ever −0.
 */
// @ts-ignore: decorator
@inline
function addResult(gain: v128, duration: i32, isLong: i32): void {
  const turned = f64x2.mul(gain, f64x2.replace_lane(f64x2.splat(1), 1, -1));
  const isMine = f64x2.gt(turned, f64x2.splat(0));
  profitLoss = f64x2.add(profitLoss, v128.and(gain, isMine));
  largest = f64x2.pmax(largest, turned);
  const mask = i64x2.bitmask(isMine);
  const isWin = mask & 1;
  const isLoss = mask >>> 1;
  wins += isWin;
  losses += isLoss;
  longWins += isWin & isLong;
  winBars += duration & -isWin;
  lossBars += duration & -isLoss;
  winStreak = (winStreak + 1) & -isWin;
  lossStreak = (lossStreak + 1) & -isLoss;
  longestWinStreak = max(longestWinStreak, winStreak);
  longestLossStreak = max(longestLossStreak, lossStreak);
}

/** 100·(entry − lowest)/entry below and 100·(highest − entry)/entry above, as adverse, favourable. */
// @ts-ignore: decorator
@inline
function addExcursions(extremes: v128, entry: f64, side: f64): void {
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

/** The margin figures of a position held over `[from, end)` with the closes `extremes`. */
// @ts-ignore: decorator
@inline
function addHeldMargin(
  extremes: v128,
  from: i32,
  end: i32,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
): void {
  heldBars += end - from;
  const prices = f64x2.mul(extremes, f64x2.replace_lane(f64x2.splat(1), 1, -1));
  const gains = f64x2.mul(f64x2.splat(side), f64x2.sub(prices, f64x2.splat(entry)));
  const equity = f64x2.add(f64x2.splat(held), f64x2.mul(gains, f64x2.splat(size)));
  const value = f64x2.mul(f64x2.splat(size), prices);
  const isHeld = i64x2.splat(-1);
  const calls = addMargin(equity, value, f64x2.splat(imr), f64x2.splat(mmr), imr == 1, isHeld);
  if (v128.any_true(calls)) marginCalls += callsOf(from, end, held, entry, size, side, imr);
}
