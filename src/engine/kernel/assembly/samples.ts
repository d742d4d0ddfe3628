/**
 * The daily samples of a point: its equity at each, and the value of the position held at it, 0 for
 * none, in two arrays of `daysBytes` one after the other.
 */
import { closeAt, days, daysBytes, endBar, sampleBar } from './market';

/**
 * The samples from `day` on before `end` of a flat account; the day after them. The next one is written
 * in any case, and again by who comes to it: mostly it is one or none, and which of the two cannot be
 * foreseen.
 */
// @ts-ignore: decorator
@inline
export function sampleFlat(samples: usize, first: i32, end: i32, money: f64): i32 {
  let day = first;
  while (true) {
    const at = samples + 8 * day;
    store<f64>(at, money);
    store<f64>(at + daysBytes, 0);
    day += isBefore(sampleBar(day), end);
    if (sampleBar(day) >= end) return day;
  }
}

/** As `sampleFlat`, of a position. */
// @ts-ignore: decorator
@inline
export function sampleHeld(
  samples: usize,
  first: i32,
  end: i32,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
  imr: f64,
): i32 {
  let day = first;
  while (true) {
    const bar = sampleBar(day);
    const at = samples + 8 * day;
    const price = closeAt(min(bar, endBar - 1));
    store<f64>(at, held + side * (price - entry) * size);
    store<f64>(at + daysBytes, size * price * imr);
    day += isBefore(bar, end);
    if (sampleBar(day) >= end) return day;
  }
}

/** 1 where a row lies before another: their difference's sign, which takes less than a comparison that is kept. */
// @ts-ignore: decorator
@inline
export function isBefore(row: i32, other: i32): i32 {
  return (row - other) >>> 31;
}

/** The samples of the last bar are worth `money`. */
export function replaceSamples(samples: usize, money: f64): void {
  for (let d = days - 1; d >= 0 && sampleBar(d) == endBar - 1; d--) {
    store<f64>(samples + 8 * d, money);
  }
}

export let leverageSum: f64 = 0;
export let leverageSamples: i32 = 0;

/** Sums the leverage of the samples with a position, in their order; adding 0 changes no sum. */
export function sumLeverage(samples: usize, imr: f64): void {
  store<f64>(samples + daysBytes + 8 * days, 0);
  const zero = f64x2.splat(0);
  let sum: f64 = 0;
  let count = 0;
  for (let d = 0; d < days; d += 2) {
    const equity = v128.load(samples + 8 * d);
    const used = v128.load(samples + daysBytes + 8 * d);
    const isCounted = v128.and(f64x2.gt(used, zero), f64x2.gt(equity, zero));
    const exposure = imr == 1 ? used : f64x2.div(used, f64x2.splat(imr));
    const times = v128.and(f64x2.div(exposure, equity), isCounted);
    sum += f64x2.extract_lane(times, 0);
    sum += f64x2.extract_lane(times, 1);
    count += popcnt(i64x2.bitmask(f64x2.gt(times, zero)));
  }
  leverageSum = sum;
  leverageSamples = count;
}
