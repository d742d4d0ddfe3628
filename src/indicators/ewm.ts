import type { IndicatorVariant } from './definition.ts';
import { pairwiseSum } from './pairwise.ts';

/**
 * Exponential averages, the recursive building blocks. The order of operations is that of pandas
 * `ewm(adjust=False)`, so that equal inputs give equal bits.
 */

/** Where an average begins. */
export interface EwmStart {
  /** Row of the first value, or before it; 0 where absent. */
  readonly from?: number;
  /** Value of that row, in place of its own. */
  readonly first?: number;
  /** Where the average is written, as long as the input; new memory where absent. */
  readonly out?: Float64Array;
}

/**
 * y = (1 − alpha)·y₋₁ + alpha·x, begun with the first value at or after row `from`; NaN before it.
 * A NaN after the first value carries y on, and the next value then counts against the weight that is
 * left: (w·y + alpha·x)/(w + alpha), w = (1 − alpha)^(rows since the last value). Where x equals y,
 * y stays: the average of a flat series must not drift by rounding (pandas does the same).
 */
export function ewm(
  x: Float64Array,
  alpha: number,
  { from = 0, first, out = new Float64Array(x.length) }: EwmStart = {},
): Float64Array {
  const count = x.length;
  let i = Math.min(from, count);
  out.fill(Number.NaN, 0, i);
  let y = first ?? x[i] ?? Number.NaN;
  while (i < count && Number.isNaN(y)) {
    out[i++] = Number.NaN;
    y = x[i]!;
  }
  if (i === count) return out;
  out[i] = y;
  const keep = 1 - alpha;
  const state = { y, keep, alpha, weight: keep, hasGap: false };
  for (i++; i < count; i += CHUNK) carryOn(x, out, state, i);
  return out;
}

/** Smoothing factor of an EMA of `length` bars. */
export function emaAlpha(length: number): number {
  return 2 / (length + 1);
}

/**
 * Smoothing factor of a Wilder average, 1/length as pandas arrives at it (alpha → centre of mass →
 * alpha): it differs from 1/length in the last bit for some sixty lengths up to 1000.
 */
export function rmaAlpha(length: number): number {
  return 1 / (1 + (1 - 1 / length) / (1 / length));
}

/** Wilder's average from the first value on: no mean as seed, no minimum of bars. */
export function rma(x: Float64Array, length: number): Float64Array {
  return ewm(x, rmaAlpha(length));
}

/**
 * Mean of the values (not NaN) among rows from..from + length − 1, oldest first; NaN when there is
 * none. This is what an EMA and an ATR begin with. In `trade` it is added in NumPy's order.
 */
export function seedMean(
  x: Float64Array,
  length: number,
  variant: IndicatorVariant,
  from = 0,
): number {
  let known = 0;
  let sum = 0;
  let first = Number.NaN;
  let isFlat = true;
  const end = Math.min(from + length, x.length);
  for (let i = from; i < end; i++) {
    const value = x[i]!;
    if (Number.isNaN(value)) continue;
    if (known === 0) first = value;
    else if (value !== first) isFlat = false;
    known += 1;
    sum += value;
  }
  if (known === 0) return Number.NaN;
  if (variant === 'trade') {
    const window = x.subarray(from, end);
    return pairwiseSum(window.map((value) => (Number.isNaN(value) ? 0 : value))) / known;
  }
  // The mean of equal values is that value, not what rounding makes of it.
  return isFlat ? first : sum / known;
}

/** Length and smoothing factor of an average that begins with a mean. */
export interface Smoothing {
  readonly length: number;
  readonly alpha: number;
}

/** The averages of an ATR: Wilder's factor. */
export function wilder(length: number): Smoothing {
  return { length, alpha: rmaAlpha(length) };
}

/**
 * Recursive average that begins at row from + length − 1 with the mean of the values before and at
 * that row; NaN before it. When none of them is a value, it begins with the first value after them.
 */
export function seededEwm(
  x: Float64Array,
  { length, alpha }: Smoothing,
  variant: IndicatorVariant,
  { from = 0, out = new Float64Array(x.length) }: Omit<EwmStart, 'first'> = {},
): Float64Array {
  const seedRow = from + length - 1;
  if (seedRow >= x.length) return out.fill(Number.NaN);
  return ewm(x, alpha, { from: seedRow, first: seedMean(x, length, variant, from), out });
}

/**
 * EMA of `length` bars over x from row `from` on, seeded with the mean of its first `length` values.
 * A length of 1 returns the input, inner NaN included.
 */
export function ema(
  x: Float64Array,
  length: number,
  variant: IndicatorVariant,
  start: Omit<EwmStart, 'first'> = {},
): Float64Array {
  if (length === 1) return x.slice().fill(Number.NaN, 0, Math.min(start.from ?? 0, x.length));
  return seededEwm(x, { length, alpha: emaAlpha(length) }, variant, start);
}

/** Row of the first value that is not NaN; x.length when there is none. */
export function firstValueRow(x: Float64Array): number {
  let row = 0;
  while (row < x.length && Number.isNaN(x[row]!)) row++;
  return row;
}

// --- internal ---

/** Rows of one call: a loop of 200,000 in its own call is never compiled but as part of it, with boxed numbers. */
const CHUNK = 4_096;

interface EwmState {
  y: number;
  readonly keep: number;
  readonly alpha: number;
  /** What is left of the last value's weight. */
  weight: number;
  hasGap: boolean;
}

/** The next CHUNK rows of an average from row `from` on. */
function carryOn(x: Float64Array, out: Float64Array, state: EwmState, from: number): void {
  if (!state.hasGap && carryOnWhole(x, out, state, from)) return;
  const { keep, alpha } = state;
  let { y, weight, hasGap } = state;
  const end = Math.min(from + CHUNK, x.length);
  for (let i = from; i < end; i++) {
    const value = x[i]!;
    if (Number.isNaN(value)) {
      weight *= keep;
      hasGap = true;
    } else if (hasGap) {
      if (value !== y) y = (weight * y + alpha * value) / (weight + alpha);
      weight = keep;
      hasGap = false;
    } else if (value !== y) {
      y = keep * y + alpha * value;
    }
    out[i] = y;
  }
  state.y = y;
  state.weight = weight;
  state.hasGap = hasGap;
}

/**
 * The same where every row has a value: half the time. Whether that is so shows in the end, as an average that
 * has met a NaN stays NaN; then nothing counts, and the rows are to be gone through again.
 */
function carryOnWhole(x: Float64Array, out: Float64Array, state: EwmState, from: number): boolean {
  const { keep, alpha } = state;
  let { y } = state;
  const end = Math.min(from + CHUNK, x.length);
  for (let i = from; i < end; i++) {
    const value = x[i]!;
    if (value !== y) y = keep * y + alpha * value;
    out[i] = y;
  }
  if (Number.isNaN(y)) return false;
  state.y = y;
  return true;
}
