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
  for (let i = 0; i < rows; i += 8) {
    const first = x + (<usize>i << 3);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let at = first; at < first + (<usize>length << 3); at += 8) {
      a = f64x2.add(a, v128.load(at));
      b = f64x2.add(b, v128.load(at, 16));
      c = f64x2.add(c, v128.load(at, 32));
      d = f64x2.add(d, v128.load(at, 48));
    }
    put(out + (<usize>i << 3), a, b, c, d);
  }
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
  const divisor = f64x2.splat(<f64>(length - 1));
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
      a = f64x2.add(a, square(f64x2.sub(v128.load(at), ma)));
      b = f64x2.add(b, square(f64x2.sub(v128.load(at, 16), mb)));
      c = f64x2.add(c, square(f64x2.sub(v128.load(at, 32), mc)));
      d = f64x2.add(d, square(f64x2.sub(v128.load(at, 48), md)));
    }
    put(
      out + (<usize>i << 3),
      f64x2.sqrt(f64x2.div(a, divisor)),
      f64x2.sqrt(f64x2.div(b, divisor)),
      f64x2.sqrt(f64x2.div(c, divisor)),
      f64x2.sqrt(f64x2.div(d, divisor)),
    );
  }
}

/** Σ |x − mean| / length; `means` has the mean of each window. */
export function absoluteDeviations(x: usize, out: usize, rows: i32, length: i32, means: usize): void {
  const divisor = f64x2.splat(<f64>length);
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
      a = f64x2.add(a, f64x2.abs(f64x2.sub(v128.load(at), ma)));
      b = f64x2.add(b, f64x2.abs(f64x2.sub(v128.load(at, 16), mb)));
      c = f64x2.add(c, f64x2.abs(f64x2.sub(v128.load(at, 32), mc)));
      d = f64x2.add(d, f64x2.abs(f64x2.sub(v128.load(at, 48), md)));
    }
    put(
      out + (<usize>i << 3),
      f64x2.div(a, divisor),
      f64x2.div(b, divisor),
      f64x2.div(c, divisor),
      f64x2.div(d, divisor),
    );
  }
}

/** Σ weight · x; the `length` weights stand at `weights`, that of the oldest number first. */
export function dots(x: usize, out: usize, rows: i32, length: i32, weights: usize): void {
  for (let i = 0; i < rows; i += 8) {
    const first = x + (<usize>i << 3);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let k: usize = 0; k < <usize>length << 3; k += 8) {
      const weight = v128.load64_splat(weights + k);
      a = f64x2.add(a, f64x2.mul(weight, v128.load(first + k)));
      b = f64x2.add(b, f64x2.mul(weight, v128.load(first + k, 16)));
      c = f64x2.add(c, f64x2.mul(weight, v128.load(first + k, 32)));
      d = f64x2.add(d, f64x2.mul(weight, v128.load(first + k, 48)));
    }
    put(out + (<usize>i << 3), a, b, c, d);
  }
}

/**
 * Largest x, NaN where a window has one. Each number becomes the largest of itself and the next, then of four,
 * of eight, until two such spans cover a window: `x` is overwritten.
 */
export function highest(x: usize, out: usize, rows: i32, length: i32): void {
  let span = 1;
  for (; span << 1 <= length; span <<= 1) {
    const ahead = <usize>span << 3;
    for (let at = x; at < x + (<usize>(rows + length - span) << 3); at += 16) {
      v128.store(at, f64x2.max(v128.load(at), v128.load(at + ahead)));
    }
  }
  const last = <usize>(length - span) << 3;
  for (let at: usize = 0; at < <usize>rows << 3; at += 16) {
    v128.store(out + at, f64x2.max(v128.load(x + at), v128.load(x + at + last)));
  }
}

/** Smallest x, NaN where a window has one; as `highest`. */
export function lowest(x: usize, out: usize, rows: i32, length: i32): void {
  let span = 1;
  for (; span << 1 <= length; span <<= 1) {
    const ahead = <usize>span << 3;
    for (let at = x; at < x + (<usize>(rows + length - span) << 3); at += 16) {
      v128.store(at, f64x2.min(v128.load(at), v128.load(at + ahead)));
    }
  }
  const last = <usize>(length - span) << 3;
  for (let at: usize = 0; at < <usize>rows << 3; at += 16) {
    v128.store(out + at, f64x2.min(v128.load(x + at), v128.load(x + at + last)));
  }
}

// --- internal ---

// @ts-ignore: decorator
@inline
function square(x: v128): v128 {
  return f64x2.mul(x, x);
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
