/**
 * The moments of the daily returns of two points, one in each lane: metrics/returns.ts, its sums
 * repeated in their order. Each sum waits for its last addition; the other point takes that time.
 */
import { days } from './market';

export let mean: v128 = f64x2.splat(0);
export let sigma: v128 = f64x2.splat(0);
export let downsideSquares: v128 = f64x2.splat(0);
export let gains: v128 = f64x2.splat(0);
export let losses: v128 = f64x2.splat(0);
export let skewness: v128 = f64x2.splat(0);
export let kurtosis: v128 = f64x2.splat(0);
export let ulcer: v128 = f64x2.splat(0);
/** How many returns there are, as numbers. */
export let counts: v128 = f64x2.splat(0);
/** Of the point that `measureTail` saw last. */
export let var95: f64 = 0;
export let cvar95: f64 = 0;

const TAIL_RETURNS_MIN: i32 = 10;
const TAIL_SHARE: f64 = 0.05;

/**
 * Measures the samples at `a` and at `b`; the bases of the first returns are `initial`, which is written
 * to the places before them. `returns` has room for two numbers a sample and two more.
 */
export function measureDays(a: usize, b: usize, returns: usize, initial: v128): void {
  v128.store_lane<f64>(a - 8, initial, 0);
  v128.store_lane<f64>(b - 8, initial, 1);
  counts = f64x2.splat(days);
  const isPositive = fillReturns(a, b, returns);
  if (!isPositive) packReturns(a, b, returns);
  sumUp(returns);
  if (!isPositive) fillRest(returns);
  measureShape(returns);
}

/**
 * The tail of the returns at `returns`, one of 16 bytes each, at `tail`. Below `bound` there should be more
 * of them than in the tail, and few others.
 */
export function measureTail(returns: usize, tail: usize, count: i32, bound: f64): void {
  var95 = 0;
  cvar95 = 0;
  if (count < TAIL_RETURNS_MIN) return;
  const wanted = max(1, <i32>floor(TAIL_SHARE * count));
  const found = gatherTail(returns, tail, count, wanted, bound);
  if (found < wanted) gatherTail(returns, tail, count, wanted, NaN);
  let sum: f64 = 0;
  for (let i = 0; i < wanted; i++) sum += load<f64>(tail + 8 * i);
  var95 = abs(load<f64>(tail + 8 * (wanted - 1)));
  cvar95 = abs(sum / wanted);
}

// --- internal ---

/** Sorts the lowest `wanted` of the returns below `bound`, if that is a number, to `tail`; how many there are below. */
function gatherTail(returns: usize, tail: usize, count: i32, wanted: i32, bound: f64): i32 {
  // Without a branch, which could not be foreseen.
  let end = tail;
  for (let i = 0; i < count; i++) {
    const r = load<f64>(returns + 16 * i);
    store<f64>(end, r);
    end += <usize>i32(!(r >= bound)) << 3;
  }
  const found = <i32>((end - tail) >>> 3);
  for (let i = 1; i < found; i++) {
    const r = load<f64>(tail + 8 * i);
    let at = min(i, wanted);
    while (at > 0 && load<f64>(tail + 8 * (at - 1)) > r) {
      store<f64>(tail + 8 * at, load<f64>(tail + 8 * (at - 1)));
      at -= 1;
    }
    store<f64>(tail + 8 * at, r);
  }
  return found;
}

/**
 * Writes e/e′ − 1 of both points, and finds √mean of the squared falls below the running peak, in percent;
 * false where some sample is not above 0.
 */
function fillReturns(a: usize, b: usize, returns: usize): bool {
  const zero = f64x2.splat(0);
  let isPositive = i64x2.splat(-1);
  let peak = v128.load_lane<f64>(b, v128.load64_zero(a), 1);
  let squares = zero;
  for (let day = 0; day < days; day += 2) {
    const at = 8 * day;
    const beforeA = v128.load(a + at - 8);
    const beforeB = v128.load(b + at - 8);
    const nowA = v128.load(a + at);
    const nowB = v128.load(b + at);
    isPositive = v128.and(isPositive, v128.and(f64x2.gt(beforeA, zero), f64x2.gt(beforeB, zero)));
    const ofA = f64x2.sub(f64x2.div(nowA, beforeA), f64x2.splat(1));
    const ofB = f64x2.sub(f64x2.div(nowB, beforeB), f64x2.splat(1));
    v128.store(returns + 2 * at, v128.shuffle<f64>(ofA, ofB, 0, 2));
    v128.store(returns + 2 * at, v128.shuffle<f64>(ofA, ofB, 1, 3), 16);
    const first = v128.shuffle<f64>(nowA, nowB, 0, 2);
    peak = f64x2.pmax(peak, first);
    squares = f64x2.add(squares, squaredFall(peak, first));
    if (day + 1 == days) break;
    const second = v128.shuffle<f64>(nowA, nowB, 1, 3);
    peak = f64x2.pmax(peak, second);
    squares = f64x2.add(squares, squaredFall(peak, second));
  }
  ulcer = days == 0 ? zero : f64x2.sqrt(f64x2.div(squares, f64x2.splat(days)));
  return i64x2.all_true(isPositive);
}

/** Of a fall below a peak, in percent. */
// @ts-ignore: decorator
@inline
function squaredFall(peak: v128, value: v128): v128 {
  const pct = f64x2.div(f64x2.mul(f64x2.splat(100), f64x2.sub(peak, value)), peak);
  return f64x2.mul(pct, pct);
}

/** Leaves out the returns whose base is not above 0; 0 at the end for each. */
function packReturns(a: usize, b: usize, returns: usize): void {
  const ofA = packLane(a, returns);
  const ofB = packLane(b, returns + 8);
  counts = f64x2.replace_lane(f64x2.splat(ofA), 1, ofB);
}

function packLane(samples: usize, returns: usize): i32 {
  let count = 0;
  for (let day = 0; day < days; day++) {
    if (!(load<f64>(samples + 8 * day - 8) > 0)) continue;
    store<f64>(returns + 16 * count, load<f64>(returns + 16 * day));
    count += 1;
  }
  for (let day = count; day < days; day++) store<f64>(returns + 16 * day, 0);
  return count;
}

/** Gives the places at the end the mean, from which they do not differ. */
function fillRest(returns: usize): void {
  for (let day = <i32>f64x2.extract_lane(counts, 0); day < days; day++) {
    v128.store_lane<f64>(returns + 16 * day, mean, 0);
  }
  for (let day = <i32>f64x2.extract_lane(counts, 1); day < days; day++) {
    v128.store_lane<f64>(returns + 16 * day + 8, mean, 1);
  }
}

/** Adding 0 changes no sum: none of them is ever −0. */
function sumUp(returns: usize): void {
  const zero = f64x2.splat(0);
  let sum = zero;
  let up = zero;
  let down = zero;
  let squares = zero;
  for (let i = 0; i < days; i++) {
    const r = v128.load(returns + 16 * i);
    sum = f64x2.add(sum, r);
    up = f64x2.add(up, v128.and(r, f64x2.gt(r, zero)));
    const fall = v128.and(r, f64x2.lt(r, zero));
    down = f64x2.add(down, fall);
    squares = f64x2.add(squares, f64x2.mul(fall, fall));
  }
  mean = v128.and(f64x2.div(sum, counts), f64x2.gt(counts, zero));
  gains = up;
  losses = f64x2.abs(down);
  downsideSquares = squares;
}

function measureShape(returns: usize): void {
  const zero = f64x2.splat(0);
  let second = zero;
  let third = zero;
  let fourth = zero;
  for (let i = 0; i < days; i++) {
    const d = f64x2.sub(v128.load(returns + 16 * i), mean);
    const square = f64x2.mul(d, d);
    second = f64x2.add(second, square);
    third = f64x2.add(third, f64x2.mul(square, d));
    fourth = f64x2.add(fourth, f64x2.mul(square, square));
  }
  const variance = v128.and(f64x2.div(second, counts), f64x2.gt(counts, zero));
  const deviation = f64x2.sqrt(variance);
  const isLong = f64x2.ge(counts, f64x2.splat(TAIL_RETURNS_MIN));
  const hasShape = v128.and(isLong, f64x2.ne(deviation, zero));
  const cubed = f64x2.mul(f64x2.mul(deviation, deviation), deviation);
  sigma = v128.and(deviation, f64x2.ge(counts, f64x2.splat(2)));
  skewness = v128.and(f64x2.div(f64x2.div(third, counts), cubed), hasShape);
  const squared = f64x2.mul(variance, variance);
  kurtosis = v128.and(f64x2.div(f64x2.div(fourth, counts), squared), hasShape);
}
