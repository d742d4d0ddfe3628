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
    if (i >= length) {
      const old = x[i - length]!;
      count--;
      const y = old - compensationRemove;
      const t = y - mean;
      const previousMean = mean - compensationRemove;
      compensationRemove = t + mean - y;
      mean -= t / count;
      squares -= (old - previousMean) * (old - mean);
    }
    const value = x[i]!;
    count++;
    same = value === previous ? same + 1 : 1;
    previous = value;
    const previousMean = mean - compensationAdd;
    const y = value - compensationAdd;
    const t = y - mean;
    compensationAdd = t + mean - y;
    mean += t / count;
    squares += (value - previousMean) * (value - mean);
    if (i >= length - 1) out[i] = Math.sqrt(same >= count ? 0 : squares / (count - 1));
  }
  return out;
}
