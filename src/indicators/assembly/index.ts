/**
 * Window functions, compiled to WebAssembly by `npm run build:wasm`; src/indicators/windows.ts says where
 * things lie. A window is the `length` numbers from its first; `x` and `out` begin with those of the first
 * window, and there are `rows` windows. Two neighbours lie in the lanes of a vector, eight are computed side by
 * side, each by itself and its oldest number first: so a value has the bits that a plain double loop gives it.
 * What lies behind the last window is read and written too, up to SLACK numbers, and means nothing.
 */

/** Numbers behind the last that are touched, where eight windows are computed of which not all are there. */
export const SLACK: i32 = 16;

/** Σ x. */
export function sums(x: usize, out: usize, rows: i32, length: i32): void {
  totals(x, out, rows, length, 0, false);
}

/** Σ x / length; where all numbers of a window are equal it is that number, exactly. */
export function means(x: usize, out: usize, rows: i32, length: i32): void {
  sums(x, out, rows, length);
  const divisor = f64x2.splat(<f64>length);
  for (let at = out; at < out + (<usize>rows << 3); at += 16) {
    v128.store(at, f64x2.div(v128.load(at), divisor));
  }
  let previous: f64 = NaN;
  let equal = 0;
  for (let i = 0; i < rows + length - 1; i++) {
    const value = load<f64>(x + (<usize>i << 3));
    equal = value == previous ? equal + 1 : 1;
    previous = value;
    if (equal >= length) store<f64>(out + (<usize>(i - length + 1) << 3), value);
  }
}

/** √(Σ (x − mean)² / (length − 1)); `means` has the mean of each window. */
export function deviations(x: usize, out: usize, rows: i32, length: i32, means: usize): void {
  aroundMeans(x, out, rows, length, means, true);
}

/** Σ |x − mean| / length; `means` has the mean of each window. */
export function absoluteDeviations(x: usize, out: usize, rows: i32, length: i32, means: usize): void {
  aroundMeans(x, out, rows, length, means, false);
}

/** Σ weight · x; the `length` weights stand at `weights`, that of the oldest number first. */
export function dots(x: usize, out: usize, rows: i32, length: i32, weights: usize): void {
  totals(x, out, rows, length, weights, true);
}

/** Largest x, NaN where a window has one; `x` is overwritten. */
export function highest(x: usize, out: usize, rows: i32, length: i32): void {
  extremes(x, out, rows, length, true);
}

/** Smallest x, NaN where a window has one; `x` is overwritten. */
export function lowest(x: usize, out: usize, rows: i32, length: i32): void {
  extremes(x, out, rows, length, false);
}

// --- internal ---

// @ts-ignore: decorator
@inline
function totals(x: usize, out: usize, rows: i32, length: i32, weights: usize, isWeighted: bool): void {
  for (let i = 0; i < rows; i += 8) {
    const first = x + (<usize>i << 3);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let k: usize = 0; k < <usize>length << 3; k += 8) {
      const weight = isWeighted ? v128.load64_splat(weights + k) : f64x2.splat(1);
      a = f64x2.add(a, term(v128.load(first + k), weight, isWeighted));
      b = f64x2.add(b, term(v128.load(first + k, 16), weight, isWeighted));
      c = f64x2.add(c, term(v128.load(first + k, 32), weight, isWeighted));
      d = f64x2.add(d, term(v128.load(first + k, 48), weight, isWeighted));
    }
    put(out + (<usize>i << 3), a, b, c, d);
  }
}

// @ts-ignore: decorator
@inline
function term(x: v128, weight: v128, isWeighted: bool): v128 {
  return isWeighted ? f64x2.mul(weight, x) : x;
}

// @ts-ignore: decorator
@inline
function aroundMeans(x: usize, out: usize, rows: i32, length: i32, means: usize, isSquared: bool): void {
  const divisor = f64x2.splat(<f64>(isSquared ? length - 1 : length));
  for (let i = 0; i < rows; i += 8) {
    const first = x + (<usize>i << 3);
    const mean = means + (<usize>i << 3);
    const ma = v128.load(mean);
    const mb = v128.load(mean, 16);
    const mc = v128.load(mean, 32);
    const md = v128.load(mean, 48);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let at = first; at < first + (<usize>length << 3); at += 8) {
      a = f64x2.add(a, distance(v128.load(at), ma, isSquared));
      b = f64x2.add(b, distance(v128.load(at, 16), mb, isSquared));
      c = f64x2.add(c, distance(v128.load(at, 32), mc, isSquared));
      d = f64x2.add(d, distance(v128.load(at, 48), md, isSquared));
    }
    a = f64x2.div(a, divisor);
    b = f64x2.div(b, divisor);
    c = f64x2.div(c, divisor);
    d = f64x2.div(d, divisor);
    if (isSquared) put(out + (<usize>i << 3), f64x2.sqrt(a), f64x2.sqrt(b), f64x2.sqrt(c), f64x2.sqrt(d));
    else put(out + (<usize>i << 3), a, b, c, d);
  }
}

// @ts-ignore: decorator
@inline
function distance(x: v128, mean: v128, isSquared: bool): v128 {
  const difference = f64x2.sub(x, mean);
  return isSquared ? f64x2.mul(difference, difference) : f64x2.abs(difference);
}

/**
 * Each number becomes the extreme of itself and the next, then of four, of eight, until two such spans cover a
 * window.
 */
// @ts-ignore: decorator
@inline
function extremes(x: usize, out: usize, rows: i32, length: i32, isHighest: bool): void {
  let span = 1;
  for (; span << 1 <= length; span <<= 1) {
    const ahead = <usize>span << 3;
    for (let at = x; at < x + (<usize>(rows + length - span) << 3); at += 16) {
      v128.store(at, further(v128.load(at), v128.load(at + ahead), isHighest));
    }
  }
  const last = <usize>(length - span) << 3;
  for (let at: usize = 0; at < <usize>rows << 3; at += 16) {
    v128.store(out + at, further(v128.load(x + at), v128.load(x + at + last), isHighest));
  }
}

// @ts-ignore: decorator
@inline
function further(a: v128, b: v128, isHighest: bool): v128 {
  return isHighest ? f64x2.max(a, b) : f64x2.min(a, b);
}

/** Eight results. */
// @ts-ignore: decorator
@inline
function put(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}
