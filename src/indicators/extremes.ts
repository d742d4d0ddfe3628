import { overWindows, rowsAfter } from './rolling.ts';

/** Window extremes. A NaN in the window gives NaN. */

/** Largest of the last `length` values. Rows before length − 1 are NaN. */
export function rollingMax(x: Float64Array, length: number): Float64Array {
  return overWindows('highest', { x, length });
}

/** Smallest of the last `length` values. Rows before length − 1 are NaN. */
export function rollingMin(x: Float64Array, length: number): Float64Array {
  return overWindows('lowest', { x, length });
}

/**
 * How many bars ago the largest (`sign` 1) or smallest (−1) of the last `length` values was, the most
 * recent one on ties. A queue of fading candidates: each row enters and leaves once, whatever the
 * length.
 */
export function ageOfExtreme(x: Float64Array, length: number, sign: 1 | -1): Float64Array {
  const count = x.length;
  const out = rowsAfter(length - 1, count);
  const queue = new Int32Array(count);
  let head = 0;
  let tail = 0;
  for (let i = 0; i < count; i++) {
    const value = sign * x[i]!;
    while (tail > head && sign * x[queue[tail - 1]!]! <= value) tail--;
    queue[tail++] = i;
    if (queue[head]! <= i - length) head++;
    if (i >= length - 1) out[i] = i - queue[head]!;
  }
  return out;
}
