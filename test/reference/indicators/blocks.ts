/** Building blocks of the slow indicators: plain arrays, every window looked at by itself. */

export type Series = readonly number[];
export type Variant = 'standard' | 'trade';

export interface Bars {
  readonly source: Series;
  readonly open: Series;
  readonly high: Series;
  readonly low: Series;
  readonly close: Series;
  readonly volume: Series;
}

const TINY = 2.220446049250313e-16;

/** f(window, row) of the last n values; NaN before there are n, and where one of them is NaN. */
export function over(x: Series, n: number, f: (window: Series, row: number) => number): number[] {
  return x.map((_, row) => {
    if (row < n - 1) return NaN;
    const window = x.slice(row - n + 1, row + 1);
    return window.some(Number.isNaN) ? NaN : f(window, row);
  });
}

export function sum(window: Series): number {
  let total = 0;
  for (const value of window) total += value;
  return total;
}

export function mean(window: Series): number {
  return window.every((value) => value === window[0]) ? window[0]! : sum(window) / window.length;
}

/** NumPy's order: up to 128 values in eight interleaved sums, more in halves of whole eights. */
export function pairwise(x: Series): number {
  if (x.length < 8) return sum(x);
  if (x.length > 128) {
    const cut = 8 * Math.floor(x.length / 2 / 8);
    return pairwise(x.slice(0, cut)) + pairwise(x.slice(cut));
  }
  const whole = 8 * Math.floor(x.length / 8);
  const lane = (k: number) => sum(x.slice(0, whole).filter((_, row) => row % 8 === k));
  const pair = (k: number) => lane(k) + lane(k + 1);
  return x.slice(whole).reduce((a, b) => a + b, pair(0) + pair(2) + (pair(4) + pair(6)));
}

/** The reference multiplies by 1/n and then adds. */
export function sma(x: Series, n: number, variant: Variant): number[] {
  return over(x, n, (window) =>
    variant === 'trade' ? sum(window.map((value) => value * (1 / n))) : mean(window),
  );
}

/** Compensated addition, as pandas adds. */
class Compensated {
  total = 0;
  #lost = 0;
  add(value: number, onto: number): number {
    const y = value - this.#lost;
    this.total = onto + y;
    this.#lost = this.total - onto - y;
    return this.total;
  }
}

/** Sums of windows: in `trade` one sum is kept, what leaves is taken off before what comes is added. */
export function sums(x: Series, n: number, variant: Variant): number[] {
  if (variant === 'standard') return over(x, n, sum);
  const coming = new Compensated();
  const leaving = new Compensated();
  let total = 0;
  return x.map((value, row) => {
    const window = x.slice(Math.max(0, row - n + 1), row + 1);
    if (n === 1) return Number.isNaN(value) ? NaN : value;
    const past = x[row - n] ?? NaN;
    if (!Number.isNaN(past)) total = leaving.add(-past, total);
    if (!Number.isNaN(value)) total = coming.add(value, total);
    if (window.length < n || window.some(Number.isNaN)) return NaN;
    return window.every((each) => each === value) ? value * n : total;
  });
}

export function smallest(x: Series, n: number): number[] {
  return over(x, n, (window) => Math.min(...window));
}

export function largest(x: Series, n: number): number[] {
  return over(x, n, (window) => Math.max(...window));
}

/** x at each row and the rows before it: f(now, n rows ago), NaN where there is no such row. */
export function against(x: Series, n: number, f: (now: number, past: number) => number): number[] {
  return x.map((now, row) => (row < n ? NaN : f(now, x[row - n]!)));
}

/** Pandas ewm(adjust=False, ignore_na=False): weights of past values decay over missing rows too. */
export function exponential(x: Series, alpha: number): number[] {
  const out: number[] = [];
  let y = NaN;
  let lastRow = -1;
  for (const [row, value] of x.entries()) {
    if (!Number.isNaN(value)) {
      const gap = row - lastRow;
      let weight = 1;
      for (let k = 0; k < gap; k++) weight *= 1 - alpha;
      if (Number.isNaN(y)) y = value;
      else if (value === y) y = value;
      else if (gap === 1) y = (1 - alpha) * y + alpha * value;
      else y = (weight * y + alpha * value) / (weight + alpha);
      lastRow = row;
    }
    out.push(y);
  }
  return out;
}

/** The first n − 1 rows emptied and row n − 1 replaced by the mean of the values up to it. */
export function seeded(x: Series, n: number, variant: Variant): number[] {
  if (x.length < n) return x.map(() => NaN);
  const known = x.slice(0, n).filter((value) => !Number.isNaN(value));
  return x.map((value, row) => {
    if (row < n - 1) return NaN;
    if (row > n - 1) return value;
    if (known.length === 0) return NaN;
    // The reference takes a missing value for 0 and counts it out.
    const filled = x.slice(0, n).map((each) => (Number.isNaN(each) ? 0 : each));
    return variant === 'trade' ? pairwise(filled) / known.length : mean(known);
  });
}

export function ema(x: Series, n: number, variant: Variant): number[] {
  return n === 1 ? [...x] : exponential(seeded(x, n, variant), 2 / (n + 1));
}

/** f(x without its leading NaN), put back in place. */
export function fromFirst(x: Series, f: (tail: Series) => number[]): number[] {
  const start = x.findIndex((value) => !Number.isNaN(value));
  if (start < 0) return x.map(() => NaN);
  return [...x.slice(0, start).map(() => NaN), ...f(x.slice(start))];
}

export function wilderAlpha(n: number): number {
  const alpha = 1 / n;
  const centre = (1 - alpha) / alpha;
  return 1 / (1 + centre);
}

export function rma(x: Series, n: number): number[] {
  return exponential(x, wilderAlpha(n));
}

export function zip(a: Series, b: Series, f: (a: number, b: number) => number): number[] {
  return a.map((value, row) => f(value, b[row]!));
}

export function lift(range: Series, variant: Variant): number[] {
  if (variant === 'trade') {
    const isFlat = range.some((value) => value === 0);
    return range.map((value) => (isFlat ? value + TINY : value));
  }
  return range.map((value) => (value === 0 ? TINY : value));
}

export function trueRange(bars: Bars, close: Series, variant: Variant): number[] {
  const range = lift(
    zip(bars.high, bars.low, (h, l) => h - l),
    variant,
  );
  return range.map((value, row) =>
    row === 0
      ? Math.abs(value)
      : Math.max(
          Math.abs(value),
          Math.abs(bars.high[row]! - close[row - 1]!),
          Math.abs(close[row - 1]! - bars.low[row]!),
        ),
  );
}

export function directional(bars: Bars): { plus: number[]; minus: number[] } {
  const up = against(bars.high, 1, (now, past) => now - past);
  const down = against(bars.low, 1, (now, past) => past - now);
  const keep = (a: number, b: number): number => {
    if (Number.isNaN(a)) return NaN;
    const move = a > b && a > 0 ? a : 0;
    return move < TINY ? 0 : move;
  };
  return { plus: zip(up, down, keep), minus: zip(down, up, keep) };
}

export function typical(bars: Bars): number[] {
  return bars.source.map((x, row) => (bars.high[row]! + bars.low[row]! + x) / 3);
}

export function middle(bars: Bars): number[] {
  return zip(bars.high, bars.low, (h, l) => (h + l) / 2);
}

export function deviation(window: Series): number {
  const centre = mean(window);
  return Math.sqrt(sum(window.map((x) => (x - centre) * (x - centre))) / (window.length - 1));
}
