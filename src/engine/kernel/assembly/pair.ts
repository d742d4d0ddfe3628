/**
 * The money of two points at once, one in each lane of every vector: `settle` of run.ts operation by
 * operation, over tracks that path.ts has found. A trade waits for the cash of the last one, two
 * divisions and a few products; the trades of another point take that time. What is rare is not done
 * here: before a rejection, an account that is blown, and the end of a track the pair stops, and
 * run.ts goes on from there with each point by itself.
 */
import * as curve from './curve';
import { CURVE_NUMBERS, addFlat, addHeldCurve, resumeCurve, saveCurve } from './curve';
import { CLOSES, ENDS_BY_LEVEL, ENTRY_BAR, GAP, IS_LONG, LOW_HIGH, OPEN } from './items';
import { HUNDRED, addMargins, callsOf, openMargin, saveMargin } from './margin';
import { closeOf, daysBytes, endBar, sampleBar, startBar } from './market';
import { isBefore, sampleFlat, sampleHeld } from './samples';
import * as terms from './terms';
import { SIZE_FIXED, SIZE_PERCENT_NOTIONAL, SIZE_RISK, sizing } from './terms';

/** Where curves, which scalar code goes on with, and margin figures stand: a lane's 8 bytes on. */
export const CURVES: usize = 4096;
export const MARGINS: usize = CURVES + 16 * CURVE_NUMBERS;

// Sums over the trades of both points, as in run.ts; counts are of 64 bits.
export let cash: v128 = f64x2.splat(0);
export let net: v128 = f64x2.splat(0);
export let longNet: v128 = f64x2.splat(0);
export let shortNet: v128 = f64x2.splat(0);
export let profit: v128 = f64x2.splat(0);
export let loss: v128 = f64x2.splat(0);
export let largestWin: v128 = f64x2.splat(0);
export let largestLoss: v128 = f64x2.splat(0);
export let pnlPct: v128 = f64x2.splat(0);
export let fees: v128 = f64x2.splat(0);
export let adverse: v128 = f64x2.splat(0);
export let favourable: v128 = f64x2.splat(0);
export let wins: v128 = f64x2.splat(0);
export let losses: v128 = f64x2.splat(0);
export let longTrades: v128 = f64x2.splat(0);
export let longWins: v128 = f64x2.splat(0);
export let durationBars: v128 = f64x2.splat(0);
export let winBars: v128 = f64x2.splat(0);
export let lossBars: v128 = f64x2.splat(0);
export let winStreak: v128 = f64x2.splat(0);
export let lossStreak: v128 = f64x2.splat(0);
export let longestWinStreak: v128 = f64x2.splat(0);
export let longestLossStreak: v128 = f64x2.splat(0);
export let marginCalls: v128 = f64x2.splat(0);
/** The next sample of each point. */
export let dayA: i32 = 0;
export let dayB: i32 = 0;

/** Takes the terms that are set for one of the lanes. */
export function takeTerms(lane: i32): void {
  starting = withLane(starting, lane, terms.startingEquity);
  starvation = withLane(starvation, lane, terms.starvation);
  minNotional = withLane(minNotional, lane, terms.minNotional);
  leverage = withLane(leverage, lane, terms.leverage);
  imr = withLane(imr, lane, terms.imr);
  mmr = withLane(mmr, lane, terms.mmr);
  feeRate = withLane(feeRate, lane, terms.feeRate);
  slippage = withLane(slippage, lane, terms.slippage);
  sizeValue = withLane(sizeValue, lane, terms.sizeValue);
  sizeShare = withLane(sizeShare, lane, terms.sizeShare);
}

/**
 * Trades the positions of the tracks `a` and `b`, the first `count` at most; how many of each it has
 * traded. `plansA` and `plansB` as path.ts says; `isOneSided` where each point has only longs or shorts.
 */
export function settlePair(
  a: usize,
  b: usize,
  plansA: usize,
  plansB: usize,
  count: i32,
  isOneSided: bool,
  samplesA: usize,
  samplesB: usize,
): i32 {
  clear();
  const zero = f64x2.splat(0);
  const entryCost = f64x2.add(f64x2.splat(1), f64x2.mul(leverage, feeRate));
  const isUnlevered = f64x2.extract_lane(leverage, 0) == 1 && f64x2.extract_lane(leverage, 1) == 1;
  const isFull = f64x2.extract_lane(imr, 0) == 1 && f64x2.extract_lane(imr, 1) == 1;
  let isLong = zero;
  let money = starting;
  let peak = starting;
  let lowest = starting;
  let n = 0;
  for (; n < count; n++) {
    const itemA = <usize>load<u32>(a + 4 * n);
    const itemB = <usize>load<u32>(b + 4 * n);
    // What does not wait for the money of the last trade.
    const barsA = v128.load(itemA, ENTRY_BAR);
    const barsB = v128.load(itemB, ENTRY_BAR);
    const bars = v128.shuffle<u64>(barsA, barsB, 0, 2);
    const kinds = v128.shuffle<u64>(barsA, barsB, 1, 3);
    isLong = i64x2.neg(v128.and(i64x2.shr_u(kinds, 32), v128.load(LONG)));
    const turn = v128.andnot(v128.load(SIGN), isLong);
    const pricesA = v128.load(itemA, OPEN);
    const pricesB = v128.load(itemB, OPEN);
    const open = v128.shuffle<f64>(pricesA, pricesB, 0, 2);
    const entry = f64x2.add(open, v128.xor(f64x2.mul(open, slippage), turn));
    const price = v128.shuffle<f64>(pricesA, pricesB, 1, 3);
    let exit = f64x2.sub(price, v128.xor(f64x2.mul(price, slippage), turn));

    const wanted = wantedNotional(
      plansA == 0 ? itemA + GAP : plansA + 16 * n,
      plansB == 0 ? itemB + GAP : plansB + 16 * n,
      money,
    );
    const affordable = f64x2.div(isUnlevered ? money : f64x2.mul(money, leverage), entryCost);
    const taken = f64x2.pmin(wanted, affordable);
    const entryFee = f64x2.mul(taken, feeRate);
    const size = f64x2.div(taken, entry);
    const held = f64x2.sub(money, entryFee);
    const margin = isUnlevered ? taken : f64x2.div(taken, leverage);
    let exitFee = f64x2.mul(f64x2.mul(size, exit), feeRate);
    let realized = gainAt(exit, entry, size, turn);
    const isCovered = f64x2.le(f64x2.sub(f64x2.add(entryFee, exitFee), realized), margin);
    if (i64x2.bitmask(isCovered) != 3) {
      exit = v128.bitselect(exit, marginExit(entry, size, turn, entryFee, margin), isCovered);
      exitFee = f64x2.mul(f64x2.mul(size, exit), feeRate);
      realized = gainAt(exit, entry, size, turn);
    }
    const after = f64x2.add(held, f64x2.sub(realized, exitFee));

    const isStarved = v128.or(f64x2.lt(after, starvation), f64x2.le(after, zero));
    const isOrder = v128.and(f64x2.ge(wanted, minNotional), f64x2.ge(taken, minNotional));
    const isSound = v128.andnot(v128.and(isOrder, f64x2.gt(taken, zero)), isStarved);
    if (i64x2.bitmask(isSound) != 3) break;

    sampleTrades(samplesA, samplesB, bars, money, held, entry, size, turn);

    const duration = i64x2.sub(i64x2.shr_u(bars, 32), v128.and(bars, v128.load(LOW_HALF)));
    const isByLevel = i64x2.eq(v128.and(kinds, v128.load(LOW_HALF)), v128.load(BY_LEVEL));
    const isHeld = v128.not(v128.and(isByLevel, i64x2.eq(duration, zero)));
    const closesA = v128.load(itemA, CLOSES);
    const closesB = v128.load(itemB, CLOSES);
    const least = v128.shuffle<f64>(closesA, closesB, 0, 2);
    const most = f64x2.neg(v128.shuffle<f64>(closesA, closesB, 1, 3));
    const atLeast = f64x2.add(held, gainAt(least, entry, size, turn));
    const atMost = f64x2.add(held, gainAt(most, entry, size, turn));
    const isCalled = addMargins(
      atLeast,
      atMost,
      f64x2.mul(size, least),
      f64x2.mul(size, most),
      imr,
      mmr,
      isFull,
      isHeld,
    );
    if (i64x2.bitmask(isCalled) != 0) addCalls(isCalled, bars, held, entry, size, turn);

    const best = f64x2.pmax(atMost, atLeast);
    const worst = f64x2.pmin(atMost, atLeast);
    const isPeak = v128.or(v128.and(isHeld, f64x2.gt(best, peak)), f64x2.gt(after, peak));
    if (i64x2.bitmask(isPeak) != 0) {
      v128.store(CURVES, peak);
      v128.store(CURVES + 16, lowest);
      meetPeaks(0, closesA, bars, isHeld, held, entry, size, turn, after);
      meetPeaks(1, closesB, bars, isHeld, held, entry, size, turn, after);
      peak = v128.load(CURVES);
      lowest = v128.load(CURVES + 16);
    } else {
      const low = v128.bitselect(worst, v128.load(FAR), isHeld);
      lowest = f64x2.pmin(f64x2.pmin(lowest, low), after);
    }

    addExcursions(itemA, itemB, entry, isLong, isHeld);
    addTrade(realized, entryFee, exitFee, taken);
    addResult(duration);
    if (!isOneSided) addSide(isLong);
    money = after;
  }
  if (isOneSided) takeSide(n, isLong);
  v128.store(CURVES, peak);
  v128.store(CURVES + 16, lowest);
  saveMargin(MARGINS);
  cash = money;
  return n;
}

/** A lane of numbers. */
// @ts-ignore: decorator
@inline
export function laneOf(numbers: v128, lane: i32): f64 {
  return lane == 0 ? f64x2.extract_lane(numbers, 0) : f64x2.extract_lane(numbers, 1);
}

/** A lane of counts. */
// @ts-ignore: decorator
@inline
export function countOf(counts: v128, lane: i32): i32 {
  return <i32>(lane == 0 ? i64x2.extract_lane(counts, 0) : i64x2.extract_lane(counts, 1));
}

// --- internal ---

/** Vectors that the loop loads: the compiler would make each anew, in three operations. */
const SIGN: usize = memory.data<i64>([i64.MIN_VALUE, i64.MIN_VALUE], 16);
const LOW_HALF: usize = memory.data<i64>([0xffffffff, 0xffffffff], 16);
const LONG: usize = memory.data<i64>([IS_LONG, IS_LONG], 16);
const BY_LEVEL: usize = memory.data<i64>([ENDS_BY_LEVEL, ENDS_BY_LEVEL], 16);
const ONE: usize = memory.data<i64>([1, 1], 16);
const FAR: usize = memory.data<f64>([Infinity, Infinity], 16);

let starting: v128 = f64x2.splat(0);
let starvation: v128 = f64x2.splat(0);
let minNotional: v128 = f64x2.splat(0);
let leverage: v128 = f64x2.splat(0);
let imr: v128 = f64x2.splat(0);
let mmr: v128 = f64x2.splat(0);
let feeRate: v128 = f64x2.splat(0);
let slippage: v128 = f64x2.splat(0);
let sizeValue: v128 = f64x2.splat(0);
let sizeShare: v128 = f64x2.splat(0);

/** Gains of the trade in hand. */
let gain: v128 = f64x2.splat(0);

function withLane(numbers: v128, lane: i32, value: f64): v128 {
  return lane == 0
    ? f64x2.replace_lane(numbers, 0, value)
    : f64x2.replace_lane(numbers, 1, value);
}

function clear(): void {
  net = f64x2.splat(0);
  longNet = f64x2.splat(0);
  shortNet = f64x2.splat(0);
  profit = f64x2.splat(0);
  loss = f64x2.splat(0);
  largestWin = f64x2.splat(0);
  largestLoss = f64x2.splat(0);
  pnlPct = f64x2.splat(0);
  fees = f64x2.splat(0);
  adverse = f64x2.splat(0);
  favourable = f64x2.splat(0);
  wins = i64x2.splat(0);
  losses = i64x2.splat(0);
  longTrades = i64x2.splat(0);
  longWins = i64x2.splat(0);
  durationBars = i64x2.splat(0);
  winBars = i64x2.splat(0);
  lossBars = i64x2.splat(0);
  winStreak = i64x2.splat(0);
  lossStreak = i64x2.splat(0);
  longestWinStreak = i64x2.splat(0);
  longestLossStreak = i64x2.splat(0);
  marginCalls = i64x2.splat(0);
  dayA = 0;
  dayB = 0;
  openMargin();
  for (let lane = 0; lane < 2; lane++) {
    curve.openCurve(startBar, laneOf(starting, lane));
    saveCurve(CURVES + 8 * lane);
  }
}

/** As in run.ts, of two vectors of gap and price; both points have the sizing whose terms are set. */
// @ts-ignore: decorator
@inline
function wantedNotional(planA: usize, planB: usize, equity: v128): v128 {
  if (sizing == SIZE_PERCENT_NOTIONAL) return f64x2.mul(equity, sizeShare);
  if (sizing == SIZE_FIXED) return sizeValue;
  const risk = sizing == SIZE_RISK ? sizeValue : f64x2.mul(equity, sizeShare);
  const a = v128.load(planA);
  const b = v128.load(planB);
  const value = f64x2.mul(risk, v128.shuffle<f64>(a, b, 1, 3));
  return f64x2.div(value, v128.shuffle<f64>(a, b, 0, 2));
}

/** The price at which an exit costs all of the margin. */
function marginExit(
  entry: v128,
  size: v128,
  turn: v128,
  entryFee: v128,
  margin: v128,
): v128 {
  const left = f64x2.add(f64x2.mul(entry, size), v128.xor(f64x2.sub(entryFee, margin), turn));
  const kept = f64x2.sub(f64x2.splat(1), v128.xor(feeRate, turn));
  return f64x2.div(left, f64x2.mul(size, kept));
}

// @ts-ignore: decorator
@inline
function gainAt(price: v128, entry: v128, size: v128, turn: v128): v128 {
  return f64x2.mul(v128.xor(f64x2.sub(price, entry), turn), size);
}

/** The samples of both points before and while they hold a position, as in samples.ts. */
// @ts-ignore: decorator
@inline
function sampleTrades(
  samplesA: usize,
  samplesB: usize,
  bars: v128,
  money: v128,
  held: v128,
  entry: v128,
  size: v128,
  turn: v128,
): void {
  const opensA = i32x4.extract_lane(bars, 0);
  const closesA = i32x4.extract_lane(bars, 1);
  const opensB = i32x4.extract_lane(bars, 2);
  const closesB = i32x4.extract_lane(bars, 3);
  let a = dayA;
  let b = dayB;
  v128.store_lane<f64>(samplesA + 8 * a, money, 0);
  v128.store_lane<f64>(samplesB + 8 * b, money, 1);
  store<f64>(samplesA + daysBytes + 8 * a, 0);
  store<f64>(samplesB + daysBytes + 8 * b, 0);
  a += isBefore(sampleBar(a), opensA);
  b += isBefore(sampleBar(b), opensB);
  if ((isBefore(sampleBar(a), opensA) | isBefore(sampleBar(b), opensB)) != 0) {
    a = sampleFlat(samplesA, a, opensA, laneOf(money, 0));
    b = sampleFlat(samplesB, b, opensB, laneOf(money, 1));
  }
  const barA = sampleBar(a);
  const barB = sampleBar(b);
  const priceA = v128.load64_zero(closeOf(min(barA, endBar - 1)));
  const price = v128.load_lane<u64>(closeOf(min(barB, endBar - 1)), priceA, 1);
  const equity = f64x2.add(held, gainAt(price, entry, size, turn));
  const used = f64x2.mul(f64x2.mul(size, price), imr);
  v128.store_lane<f64>(samplesA + 8 * a, equity, 0);
  v128.store_lane<f64>(samplesB + 8 * b, equity, 1);
  v128.store_lane<f64>(samplesA + daysBytes + 8 * a, used, 0);
  v128.store_lane<f64>(samplesB + daysBytes + 8 * b, used, 1);
  a += isBefore(barA, closesA);
  b += isBefore(barB, closesB);
  if ((isBefore(sampleBar(a), closesA) | isBefore(sampleBar(b), closesB)) != 0) {
    a = sampleLane(0, samplesA, a, closesA, held, entry, size, turn);
    b = sampleLane(1, samplesB, b, closesB, held, entry, size, turn);
  }
  dayA = a;
  dayB = b;
}

function sampleLane(
  lane: i32,
  samples: usize,
  day: i32,
  end: i32,
  held: v128,
  entry: v128,
  size: v128,
  turn: v128,
): i32 {
  return sampleHeld(
    samples,
    day,
    end,
    laneOf(held, lane),
    laneOf(entry, lane),
    laneOf(size, lane),
    sideOf(turn, lane),
    laneOf(imr, lane),
  );
}

/** 1 for long, −1 for short. */
// @ts-ignore: decorator
@inline
function sideOf(turn: v128, lane: i32): f64 {
  return laneOf(v128.or(f64x2.splat(1), turn), lane);
}

function addCalls(
  called: v128,
  bars: v128,
  held: v128,
  entry: v128,
  size: v128,
  turn: v128,
): void {
  for (let lane = 0; lane < 2; lane++) {
    if (((i64x2.bitmask(called) >>> lane) & 1) == 0) continue;
    const ends = <u64>(lane == 0 ? i64x2.extract_lane(bars, 0) : i64x2.extract_lane(bars, 1));
    const calls = callsOf(
      <i32>ends,
      <i32>(ends >>> 32),
      laneOf(held, lane),
      laneOf(entry, lane),
      laneOf(size, lane),
      sideOf(turn, lane),
      laneOf(imr, lane),
    );
    marginCalls = i64x2.add(marginCalls, lane == 0 ? i64x2(calls, 0) : i64x2(0, calls));
  }
}

/** One point's part of a trade with a new peak in it. */
function meetPeaks(
  lane: i32,
  closes: v128,
  bars: v128,
  isHeld: v128,
  held: v128,
  entry: v128,
  size: v128,
  turn: v128,
  after: v128,
): void {
  const ends = <u64>(lane == 0 ? i64x2.extract_lane(bars, 0) : i64x2.extract_lane(bars, 1));
  const end = <i32>(ends >>> 32);
  resumeCurve(CURVES + 8 * lane);
  if (((i64x2.bitmask(isHeld) >>> lane) & 1) != 0) {
    addHeldCurve(
      closes,
      <i32>ends,
      end,
      laneOf(held, lane),
      laneOf(entry, lane),
      laneOf(size, lane),
      sideOf(turn, lane),
    );
  }
  addFlat(end, laneOf(after, lane));
  saveCurve(CURVES + 8 * lane);
}

// @ts-ignore: decorator
@inline
function addExcursions(a: usize, b: usize, entry: v128, isLong: v128, isHeld: v128): void {
  const extremesA = v128.load(a, LOW_HIGH);
  const extremesB = v128.load(b, LOW_HIGH);
  const low = v128.shuffle<f64>(extremesA, extremesB, 0, 2);
  const high = f64x2.neg(v128.shuffle<f64>(extremesA, extremesB, 1, 3));
  const below = f64x2.sub(entry, low);
  const above = f64x2.sub(high, entry);
  adverse = f64x2.add(adverse, pctOf(v128.bitselect(below, above, isLong), entry, isHeld));
  favourable = f64x2.add(favourable, pctOf(v128.bitselect(above, below, isLong), entry, isHeld));
}

// @ts-ignore: decorator
@inline
function pctOf(part: v128, whole: v128, isHeld: v128): v128 {
  return v128.and(f64x2.div(f64x2.mul(v128.load(HUNDRED), part), whole), isHeld);
}

// @ts-ignore: decorator
@inline
function addTrade(
  realized: v128,
  entryFee: v128,
  exitFee: v128,
  notional: v128,
): void {
  const paid = f64x2.add(entryFee, exitFee);
  gain = f64x2.sub(realized, paid);
  const pct = f64x2.mul(f64x2.div(gain, f64x2.abs(notional)), v128.load(HUNDRED));
  pnlPct = f64x2.add(pnlPct, pct);
  fees = f64x2.add(fees, paid);
  net = f64x2.add(net, gain);
}

// @ts-ignore: decorator
@inline
function addResult(duration: v128): void {
  const one = v128.load(ONE);
  const turned = f64x2.neg(gain);
  const isWin = f64x2.gt(gain, f64x2.splat(0));
  const isLoss = f64x2.gt(turned, f64x2.splat(0));
  profit = f64x2.add(profit, v128.and(gain, isWin));
  loss = f64x2.add(loss, v128.and(gain, isLoss));
  largestWin = f64x2.pmax(largestWin, gain);
  largestLoss = f64x2.pmax(largestLoss, turned);
  durationBars = i64x2.add(durationBars, duration);
  wins = i64x2.sub(wins, isWin);
  losses = i64x2.sub(losses, isLoss);
  winBars = i64x2.add(winBars, v128.and(duration, isWin));
  lossBars = i64x2.add(lossBars, v128.and(duration, isLoss));
  winStreak = v128.and(i64x2.add(winStreak, one), isWin);
  lossStreak = v128.and(i64x2.add(lossStreak, one), isLoss);
  longestWinStreak = i32x4.max_s(longestWinStreak, winStreak);
  longestLossStreak = i32x4.max_s(longestLossStreak, lossStreak);
}

/** The sums of each side, adding 0 to that which the trade is not of: it changes none, as none is −0. */
// @ts-ignore: decorator
@inline
function addSide(isLong: v128): void {
  const isWin = f64x2.gt(gain, f64x2.splat(0));
  longNet = f64x2.add(longNet, v128.and(gain, isLong));
  shortNet = f64x2.add(shortNet, v128.andnot(gain, isLong));
  longTrades = i64x2.sub(longTrades, isLong);
  longWins = i64x2.sub(longWins, v128.and(isWin, isLong));
}

/** The sums of each side where all `count` trades of a point are of one. */
function takeSide(count: i32, isLong: v128): void {
  longNet = v128.and(net, isLong);
  shortNet = v128.andnot(net, isLong);
  longTrades = v128.and(i64x2.splat(count), isLong);
  longWins = v128.and(wins, isLong);
}
