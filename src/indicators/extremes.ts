import { rowsAfter } from './rolling.ts';

/**
 * Window extremes. Largest and smallest are found by van Herk's two sweeps over blocks of `length`
 * rows: three comparisons a bar whatever the length. A window is the end of one block and the start
 * of the next. Math.max and Math.min pass NaN on, so a NaN in the window gives NaN.
 */

/** Largest of the last `length` values. Rows before length − 1 are NaN. */
export function rollingMax(x: Float64Array, length: number): Float64Array {
  const count = x.length;
  const out = rowsAfter(length - 1, count);
  if (length > count) return out;
  // Largest from each row of the block before to that block's end; the last one is of no row.
  const toEnd = new Float64Array(length + 1).fill(Number.NEGATIVE_INFINITY);
  for (let block = 0; block < count; block += length) {
    const end = Math.min(block + length, count);
    let best = x[block]!;
    for (let i = block; i < end; i++) {
      best = Math.max(best, x[i]!);
      if (i >= length - 1) out[i] = Math.max(toEnd[i - block + 1]!, best);
    }
    best = x[end - 1]!;
    for (let i = end - 1; i >= block; i--) {
      best = Math.max(best, x[i]!);
      toEnd[i - block] = best;
    }
  }
  return out;
}

/** Smallest of the last `length` values. Rows before length − 1 are NaN. */
export function rollingMin(x: Float64Array, length: number): Float64Array {
  const count = x.length;
  const out = rowsAfter(length - 1, count);
  if (length > count) return out;
  const toEnd = new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY);
  for (let block = 0; block < count; block += length) {
    const end = Math.min(block + length, count);
    let best = x[block]!;
    for (let i = block; i < end; i++) {
      best = Math.min(best, x[i]!);
      if (i >= length - 1) out[i] = Math.min(toEnd[i - block + 1]!, best);
    }
    best = x[end - 1]!;
    for (let i = end - 1; i >= block; i--) {
      best = Math.min(best, x[i]!);
      toEnd[i - block] = best;
    }
  }
  return out;
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
