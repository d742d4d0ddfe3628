import type { IndicatorVariant } from './definition.ts';
import { nans, rollingSum } from './rolling.ts';

/** Σ of the last `length` values by variant: each window by itself, or as the reference keeps it. */
export function movingSum(
  x: Float64Array,
  length: number,
  variant: IndicatorVariant,
): Float64Array {
  return variant === 'standard' ? rollingSum(x, length) : onlineSum(x, length);
}

/**
 * Moving sum as pandas keeps it: one value removed and one added per row, each with a compensation of
 * its own. It drifts with the length of the frame, so it serves variant `trade` alone, where it is
 * bit-equal to the reference.
 */
function onlineSum(x: Float64Array, length: number): Float64Array {
  const out = nans(x.length);
  const state = new OnlineSum(x[0] ?? 0);
  for (let i = 0; i < x.length; i++) {
    // A window that shares no row with the one before begins anew.
    if (length === 1) state.clear(x[i]!);
    else if (i >= length) state.remove(x[i - length]!);
    state.add(x[i]!);
    if (state.count === length) out[i] = state.sum();
  }
  return out;
}

class OnlineSum {
  count = 0;
  #sum = 0;
  #lostAdding = 0;
  #lostRemoving = 0;
  #same = 0;
  #previous: number;

  constructor(first: number) {
    this.#previous = first;
  }

  clear(first: number): void {
    this.count = 0;
    this.#sum = 0;
    this.#lostAdding = 0;
    this.#lostRemoving = 0;
    this.#same = 0;
    this.#previous = first;
  }

  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.count += 1;
    const y = value - this.#lostAdding;
    const t = this.#sum + y;
    this.#lostAdding = t - this.#sum - y;
    this.#sum = t;
    this.#same = value === this.#previous ? this.#same + 1 : 1;
    this.#previous = value;
  }

  remove(value: number): void {
    if (Number.isNaN(value)) return;
    this.count -= 1;
    const y = -value - this.#lostRemoving;
    const t = this.#sum + y;
    this.#lostRemoving = t - this.#sum - y;
    this.#sum = t;
  }

  /** Where all values are equal, their multiple, exactly. */
  sum(): number {
    return this.#same >= this.count ? this.#previous * this.count : this.#sum;
  }
}
