/** The margin figures of positions, two to a vector: the extremes of one's closes, or one each of two points. */
import { closeAt } from './market';

/** As in metrics/margin.ts. */
const CALL_TOLERANCE: f64 = 1e-9;

/** Vectors that loops load, as in pair.ts. */
export const HUNDRED: usize = memory.data<f64>([100, 100], 16);
const CALLED: usize = memory.data<f64>([1 - CALL_TOLERANCE / 2, 1 - CALL_TOLERANCE / 2], 16);

export let minRatio: v128 = f64x2.splat(0);
export let closest: v128 = f64x2.splat(0);
export let maxLeverage: v128 = f64x2.splat(0);

export function openMargin(): void {
  minRatio = f64x2.splat(1);
  closest = f64x2.splat(100);
  maxLeverage = f64x2.splat(0);
}

/** Puts the figures aside, three vectors. */
export function saveMargin(at: usize): void {
  v128.store(at, minRatio);
  v128.store(at, closest, 16);
  v128.store(at, maxLeverage, 32);
}

/** Takes those of one lane from where they were put aside. */
export function resumeMargin(at: usize): void {
  minRatio = f64x2.splat(load<f64>(at));
  closest = f64x2.splat(load<f64>(at, 16));
  maxLeverage = f64x2.splat(load<f64>(at, 32));
}

/**
 * Adds equities and values of positions at their lowest and at their highest close, where `isHeld`;
 * which of them are called, and maybe more. `isFull` where all of `imr` is 1, which divides nothing.
 */
// @ts-ignore: decorator
@inline
export function addMargins(
  atLeast: v128,
  atMost: v128,
  leastValue: v128,
  mostValue: v128,
  imr: v128,
  mmr: v128,
  isFull: bool,
  isHeld: v128,
): v128 {
  const zero = f64x2.splat(0);
  const leastUsed = f64x2.mul(leastValue, imr);
  const maintained = f64x2.mul(leastValue, mmr);
  const isSolvent = v128.and(f64x2.gt(atLeast, zero), f64x2.gt(atMost, zero));
  const hasMargin = v128.and(f64x2.gt(leastUsed, zero), f64x2.gt(maintained, zero));
  // Values are monotone in the close: what holds at the lowest one does at the highest.
  if (i64x2.bitmask(v128.and(isHeld, v128.and(isSolvent, hasMargin))) != 3) {
    const some = addMargin(atLeast, leastValue, imr, mmr, isFull, isHeld);
    return v128.or(some, addMargin(atMost, mostValue, imr, mmr, isFull, isHeld));
  }
  const hundred = v128.load(HUNDRED);
  const mostUsed = f64x2.mul(mostValue, imr);
  const ratio = f64x2.div(atLeast, leastUsed);
  const otherRatio = f64x2.div(atMost, mostUsed);
  minRatio = f64x2.pmin(f64x2.pmin(minRatio, ratio), otherRatio);
  const left = f64x2.sub(atLeast, maintained);
  const otherLeft = f64x2.sub(atMost, f64x2.mul(mostValue, mmr));
  const pct = f64x2.div(f64x2.mul(hundred, left), atLeast);
  const otherPct = f64x2.div(f64x2.mul(hundred, otherLeft), atMost);
  closest = f64x2.pmin(f64x2.pmin(closest, pct), otherPct);
  const times = f64x2.div(isFull ? leastUsed : f64x2.div(leastUsed, imr), atLeast);
  const otherTimes = f64x2.div(isFull ? mostUsed : f64x2.div(mostUsed, imr), atMost);
  maxLeverage = f64x2.pmax(f64x2.pmax(maxLeverage, times), otherTimes);
  return f64x2.lt(f64x2.pmin(ratio, otherRatio), v128.load(CALLED));
}

/** Adds equities and values of positions at some price, where `isHeld`; which of them are called. */
// @ts-ignore: decorator
@inline
export function addMargin(
  equity: v128,
  value: v128,
  imr: v128,
  mmr: v128,
  isFull: bool,
  isHeld: v128,
): v128 {
  const zero = f64x2.splat(0);
  const used = f64x2.mul(value, imr);
  const maintenance = f64x2.mul(value, mmr);
  const isPositive = v128.and(isHeld, f64x2.gt(used, zero));
  const isSolvent = f64x2.gt(equity, zero);
  const ratio = f64x2.div(equity, used);
  minRatio = f64x2.pmin(minRatio, v128.bitselect(ratio, f64x2.splat(Infinity), isPositive));
  const distance = f64x2.mul(f64x2.splat(100), f64x2.sub(equity, maintenance));
  const isMaintained = v128.and(v128.and(isHeld, isSolvent), f64x2.gt(maintenance, zero));
  const pct = f64x2.div(distance, equity);
  closest = f64x2.pmin(closest, v128.bitselect(pct, f64x2.splat(Infinity), isMaintained));
  const exposure = isFull ? used : f64x2.div(used, imr);
  const times = f64x2.div(exposure, equity);
  const isLevered = v128.and(isSolvent, isPositive);
  maxLeverage = f64x2.pmax(maxLeverage, v128.and(times, isLevered));
  const tolerated = f64x2.mul(f64x2.splat(-CALL_TOLERANCE), used);
  return v128.and(isHeld, f64x2.lt(f64x2.sub(equity, used), tolerated));
}

/** Bars of `[from, end)` on which a position is called. */
export function callsOf(
  from: i32,
  end: i32,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
  imr: f64,
): i32 {
  let calls = 0;
  for (let bar = from; bar < end; bar++) {
    const price = closeAt(bar);
    const used = size * price * imr;
    const equity = held + side * (price - entry) * size;
    if (equity - used < -CALL_TOLERANCE * used) calls += 1;
  }
  return calls;
}
