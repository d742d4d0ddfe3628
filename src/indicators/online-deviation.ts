import { nans } from './rolling.ts';

/**
 * Sample standard deviation as pandas computes it over a moving window: Welford's update with
 * compensated means, one bar removed and one added per row. It drifts with the length of the frame,
 * so it serves variant `trade` alone, where it is bit-equal to the reference.
 */
export function onlineDeviation(x: Float64Array, length: number): Float64Array {
  const out = nans(x.length);
  let count = 0;
  let mean = 0;
  let squares = 0;
  let compensationAdd = 0;
  let compensationRemove = 0;
  let same = 0;
  let previous = x[0] ?? 0;
  for (let i = 0; i < x.length; i++) {
    const old = i >= length ? x[i - length]! : Number.NaN;
    if (!Number.isNaN(old)) {
      count--;
      const y = old - compensationRemove;
      const t = y - mean;
      const previousMean = mean - compensationRemove;
      compensationRemove = t + mean - y;
      mean -= t / count;
      squares -= (old - previousMean) * (old - mean);
    }
    const value = x[i]!;
    if (Number.isNaN(value)) continue;
    count++;
    same = value === previous ? same + 1 : 1;
    previous = value;
    const previousMean = mean - compensationAdd;
    const y = value - compensationAdd;
    const t = y - mean;
    compensationAdd = t + mean - y;
    mean += t / count;
    squares += (value - previousMean) * (value - mean);
    // Drift can leave a sum of squares below zero; pandas takes its root as zero.
    const variance = same >= count ? 0 : Math.max(squares / (count - 1), 0);
    if (count === length) out[i] = Math.sqrt(variance);
  }
  return out;
}
