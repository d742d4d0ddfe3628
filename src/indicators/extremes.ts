import { nans } from './rolling.ts';

/**
 * Window extremes. Largest and smallest are found by van Herk's two sweeps over blocks of `length`
 * rows: three comparisons a bar whatever the length, no branches. Math.max and Math.min pass NaN on,
 * so a NaN in the window gives NaN.
 */

/** Largest of the last `length` values. Rows before length − 1 are NaN. */
export function rollingMax(x: Float64Array, length: number): Float64Array {
  const count = x.length;
  const out = nans(count);
  // Largest from each row to the end of its block.
  const toEnd = new Float64Array(count);
  for (let block = 0; block < count; block += length) {
    const end = Math.min(block + length, count);
    let best = x[end - 1]!;
    for (let i = end - 1; i >= block; i--) {
      best = Math.max(best, x[i]!);
      toEnd[i] = best;
    }
  }
  for (let block = 0; block < count; block += length) {
    const end = Math.min(block + length, count);
    let best = x[block]!;
    for (let i = block; i < end; i++) {
      best = Math.max(best, x[i]!);
      if (i >= length - 1) out[i] = Math.max(toEnd[i - length + 1]!, best);
    }
  }
  return out;
}

/** Smallest of the last `length` values. Rows before length − 1 are NaN. */
export function rollingMin(x: Float64Array, length: number): Float64Array {
  const count = x.length;
  const out = nans(count);
  const toEnd = new Float64Array(count);
  for (let block = 0; block < count; block += length) {
    const end = Math.min(block + length, count);
    let best = x[end - 1]!;
    for (let i = end - 1; i >= block; i--) {
      best = Math.min(best, x[i]!);
      toEnd[i] = best;
    }
  }
  for (let block = 0; block < count; block += length) {
    const end = Math.min(block + length, count);
    let best = x[block]!;
    for (let i = block; i < end; i++) {
      best = Math.min(best, x[i]!);
      if (i >= length - 1) out[i] = Math.min(toEnd[i - length + 1]!, best);
    }
  }
  return out;
}

/**
 * How many bars ago the largest of the last `length` values was, the most recent one on ties. A queue
 * of falling candidates: each row enters and leaves once, whatever the length.
 */
export function ageOfMax(x: Float64Array, length: number): Float64Array {
  const count = x.length;
  const out = nans(count);
  const queue = new Int32Array(count);
  let head = 0;
  let tail = 0;
  for (let i = 0; i < count; i++) {
    while (tail > head && x[queue[tail - 1]!]! <= x[i]!) tail--;
    queue[tail++] = i;
    if (queue[head]! <= i - length) head++;
    if (i >= length - 1) out[i] = i - queue[head]!;
  }
  return out;
}
