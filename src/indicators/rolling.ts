import {
  compileWasm,
  instantiateWasm,
  linearMemory,
  PAGE_BYTES,
  type LinearMemory,
} from '../web-assembly.ts';
import type { IndicatorVariant } from './definition.ts';
import { WINDOWS_WASM } from './windows-wasm.ts';

/**
 * Window kernels. A value depends on the bars of its own window and on nothing before them, to the
 * last bit: every window is summed by itself, oldest bar first, never by adding and removing (running
 * sums drift with the length of the series). Neighbouring windows are computed side by side in
 * WebAssembly (assembly/index.ts), each in its own order, so the result is bit-equal to the plain double
 * loop: means of 100,000 bars cost 0.5 ms at length 20 and 12 ms at length 1000. A NaN in the window gives NaN.
 */

export function nans(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN);
}

/** `count` rows of which the first `blank` are NaN; the caller writes every other row. */
export function rowsAfter(blank: number, count: number): Float64Array {
  return new Float64Array(count).fill(Number.NaN, 0, Math.min(blank, count));
}

/** Σ of the last `length` values. Rows before length − 1 are NaN. */
export function rollingSum(x: Float64Array, length: number): Float64Array {
  return overWindows('sums', { x, length });
}

/** Arithmetic mean of the last `length` values, levelOut included. Rows before length − 1 are NaN. */
export function rollingMean(x: Float64Array, length: number): Float64Array {
  return overWindows('means', { x, length });
}

/**
 * SMA by variant. The reference convolves: Σ x·(1/length), oldest first, so that a flat spell may come
 * out a bit above or below its price; k and d of a stochastic that stands at 100 differ by that bit.
 */
export function movingMean(
  x: Float64Array,
  length: number,
  variant: IndicatorVariant,
): Float64Array {
  return variant === 'standard'
    ? rollingMean(x, length)
    : rollingDot(x, new Float64Array(length).fill(1 / length));
}

/**
 * Where the last `length` values of `x` are equal, their average is that value, exactly: rounding
 * must not put the average of a flat spell above or below the price. In place.
 */
export function levelOut(average: Float64Array, x: Float64Array, length: number): Float64Array {
  let previous = Number.NaN;
  let equal = 0;
  for (let i = 0; i < average.length; i++) {
    const value = x[i]!;
    equal = value === previous ? equal + 1 : 1;
    previous = value;
    if (equal >= length) average[i] = value;
  }
  return average;
}

/**
 * Sample standard deviation (divisor length − 1) about `means`, the rolling mean: the second pass of
 * the two-pass variance, which keeps the digits that the online form loses.
 */
export function rollingDeviation(
  x: Float64Array,
  means: Float64Array,
  length: number,
): Float64Array {
  return overWindows('deviations', { x, length, means });
}

/** Mean of |x − mean| over the last `length` values, `means` being their rolling mean. */
export function rollingAbsoluteDeviation(
  x: Float64Array,
  means: Float64Array,
  length: number,
): Float64Array {
  return overWindows('absoluteDeviations', { x, length, means });
}

/**
 * Σ weights[k]·x over the last weights.length values, the oldest with weights[0]. Rows before the
 * first whole window are NaN.
 */
export function rollingDot(x: Float64Array, weights: Float64Array): Float64Array {
  return overWindows('dots', { x, length: weights.length, weights });
}

interface WindowInputs {
  readonly x: Float64Array;
  readonly length: number;
  /** As long as `x`: the mean of the window that ends at each row. */
  readonly means?: Float64Array;
  readonly weights?: Float64Array;
}

/**
 * A function of assembly/index.ts over the last `length` values of every row; rows before length − 1 are
 * NaN. Rows are copied to the module's memory by pieces that stay in the second-level cache.
 */
export function overWindows(
  name: WindowFunction,
  { x, length, means, weights }: WindowInputs,
): Float64Array {
  const out = rowsAfter(length - 1, x.length);
  if (length > x.length) return out;
  const rowsMax = Math.max(PIECE_ROWS, length);
  const { code, numbers, places } = roomFor(rowsMax + length);
  const [from, to, other] = places;
  if (weights) numbers.set(weights, other / BYTES);
  for (let row = length - 1; row < x.length; row += rowsMax) {
    const rows = Math.min(rowsMax, x.length - row);
    numbers.set(x.subarray(row - length + 1, row + rows), from / BYTES);
    if (means) numbers.set(means.subarray(row, row + rows), other / BYTES);
    code[name](from, to, rows, length, other);
    out.set(numbers.subarray(to / BYTES, to / BYTES + rows), row);
  }
  return out;
}

// --- internal ---

type WindowFunction =
  | 'sums'
  | 'means'
  | 'deviations'
  | 'absoluteDeviations'
  | 'dots'
  | 'highest'
  | 'lowest';

/** Addresses of `x` and `out`, rows, length, and the address of means or weights where they are used. */
type WindowExports = Readonly<
  Record<
    WindowFunction,
    // oxlint-disable-next-line max-params -- primitives across the WebAssembly boundary
    (x: number, out: number, rows: number, length: number, other: number) => void
  >
> & { readonly SLACK: { readonly value: number } };

interface WindowRoom {
  readonly code: WindowExports;
  readonly numbers: Float64Array;
  readonly places: readonly [number, number, number];
}

const BYTES = Float64Array.BYTES_PER_ELEMENT;
const PIECE_ROWS = 8_192;

let instance: { readonly code: WindowExports; readonly memory: LinearMemory } | undefined;

function instantiate(): NonNullable<typeof instance> {
  const memory = linearMemory(PAGE_BYTES);
  return { code: instantiateWasm(compileWasm(WINDOWS_WASM), memory) as WindowExports, memory };
}

/** Room for three times `count` numbers behind the module's own page, each with the slack that is touched. */
function roomFor(count: number): WindowRoom {
  instance ??= instantiate();
  const { code, memory } = instance;
  const bytes = (count + code.SLACK.value) * BYTES;
  const missing = PAGE_BYTES + 3 * bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  const places = [PAGE_BYTES, PAGE_BYTES + bytes, PAGE_BYTES + 2 * bytes] as const;
  return { code, numbers: new Float64Array(memory.buffer), places };
}
