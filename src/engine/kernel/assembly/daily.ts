/**
 * The moments of the daily returns of one point: metrics/returns.ts, its sums repeated in their
 * order. Divisions, whose results do not wait for each other, go two to a vector.
 */
import { days } from './market';

export let count: i32 = 0;
export let mean: f64 = 0;
export let sigma: f64 = 0;
export let downsideSquares: f64 = 0;
export let gains: f64 = 0;
export let losses: f64 = 0;
export let skewness: f64 = 0;
export let kurtosis: f64 = 0;
export let var95: f64 = 0;
export let cvar95: f64 = 0;
export let ulcer: f64 = 0;

const TAIL_RETURNS_MIN: i32 = 10;
const TAIL_SHARE: f64 = 0.05;

/**
 * Measures the samples at `samples`; the base of the first return is `initial`, which is written to
 * the place before them. `returns` has room for as many numbers, and the tail for them behind those.
 */
export function measureDays(samples: usize, returns: usize, initial: f64): void {
  fillReturns(samples, returns, initial);
  sumUp(returns);
  measureShape(returns);
  measureTail(returns, returns + 8 * (days + 2));
  measureUlcer(samples, returns + 8 * (days + 2));
}

// --- internal ---

/** e/e′ − 1 wherever the sample before is above 0. */
function fillReturns(samples: usize, returns: usize, initial: f64): void {
  store<f64>(samples - 8, initial);
  let isPositive = initial > 0;
  for (let day = 0; day < days; day += 2) {
    const at = samples + 8 * day;
    const before = v128.load(at - 8);
    v128.store(
      returns + 8 * day,
      f64x2.sub(f64x2.div(v128.load(at), before), f64x2.splat(1)),
    );
    isPositive = isPositive && i64x2.all_true(f64x2.gt(before, f64x2.splat(0)));
  }
  count = days;
  if (!isPositive) packReturns(samples, returns);
}

/** The returns one by one, those without a base left out. */
function packReturns(samples: usize, returns: usize): void {
  count = 0;
  for (let day = 0; day < days; day++) {
    const before = load<f64>(samples + 8 * day - 8);
    if (!(before > 0)) continue;
    store<f64>(returns + 8 * count, load<f64>(samples + 8 * day) / before - 1);
    count += 1;
  }
}

function sumUp(returns: usize): void {
  let sum: f64 = 0;
  let up: f64 = 0;
  let down: f64 = 0;
  let squares: f64 = 0;
  for (let i = 0; i < count; i++) {
    const r = load<f64>(returns + 8 * i);
    sum += r;
    // Adding 0 changes no sum: none of them is ever −0.
    up += r > 0 ? r : 0;
    const fall = r < 0 ? r : 0;
    down += fall;
    squares += fall * fall;
  }
  mean = count == 0 ? 0 : sum / count;
  gains = up;
  losses = abs(down);
  downsideSquares = squares;
}

function measureShape(returns: usize): void {
  let second: f64 = 0;
  let third: f64 = 0;
  let fourth: f64 = 0;
  for (let i = 0; i < count; i++) {
    const d = load<f64>(returns + 8 * i) - mean;
    const square = d * d;
    second += square;
    third += square * d;
    fourth += square * square;
  }
  const variance = count == 0 ? 0 : second / count;
  const deviation = sqrt(variance);
  const hasShape = count >= TAIL_RETURNS_MIN && deviation != 0;
  sigma = count < 2 ? 0 : deviation;
  skewness = hasShape ? third / count / (deviation * deviation * deviation) : 0;
  kurtosis = hasShape ? fourth / count / (variance * variance) : 0;
}

/** The smallest returns by insertion at `tail`: a few dozen of hundreds, so most are passed over. */
function measureTail(returns: usize, tail: usize): void {
  var95 = 0;
  cvar95 = 0;
  if (count < TAIL_RETURNS_MIN) return;
  const wanted = max(1, <i32>floor(TAIL_SHARE * count));
  let held = 0;
  for (let i = 0; i < count; i++) {
    const r = load<f64>(returns + 8 * i);
    if (held == wanted && r >= load<f64>(tail + 8 * (held - 1))) continue;
    let at = held < wanted ? held : wanted - 1;
    while (at > 0 && load<f64>(tail + 8 * (at - 1)) > r) {
      store<f64>(tail + 8 * at, load<f64>(tail + 8 * (at - 1)));
      at -= 1;
    }
    store<f64>(tail + 8 * at, r);
    held = min(held + 1, wanted);
  }
  let sum: f64 = 0;
  for (let i = 0; i < wanted; i++) sum += load<f64>(tail + 8 * i);
  var95 = abs(load<f64>(tail + 8 * (wanted - 1)));
  cvar95 = abs(sum / wanted);
}

/** √mean of the squared falls below the running peak, in percent; the peaks are kept at `peaks`. */
function measureUlcer(samples: usize, peaks: usize): void {
  let peak = days == 0 ? 0 : load<f64>(samples);
  for (let day = 0; day < days; day++) {
    const value = load<f64>(samples + 8 * day);
    if (value > peak) peak = value;
    store<f64>(peaks + 8 * day, peak);
  }
  let squares: f64 = 0;
  for (let day = 0; day < days; day += 2) {
    const top = v128.load(peaks + 8 * day);
    const falls = f64x2.sub(top, v128.load(samples + 8 * day));
    const pct = f64x2.div(f64x2.mul(f64x2.splat(100), falls), top);
    const square = f64x2.mul(pct, pct);
    squares += f64x2.extract_lane(square, 0);
    if (day + 1 < days) squares += f64x2.extract_lane(square, 1);
  }
  ulcer = days == 0 ? 0 : sqrt(squares / days);
}
