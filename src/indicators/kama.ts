import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { seedMean } from './ewm.ts';
import { liftZeros } from './range.ts';
import { movingSum } from './online-sum.ts';
import { movingMean, nans } from './rolling.ts';

/** Smoothing constants of an EMA of 2 and of 30 bars. */
const FAST = 2 / (2 + 1);
const SLOW = 2 / (30 + 1);

/**
 * Bars after which the seed weighs less than 1e-6. Its weight falls by 1 − s a bar; in the worst case,
 * a market without direction, s is SLOW² and that takes 14/SLOW² = 3364 bars. A random walk has an
 * efficiency of 1/√L, and measured from 300 starts each on BTCUSDT 5m and 1h and SOLUSDT 1m the
 * slowest start took up to 1.6 times as long as that gives (248, 827, 1903 bars for L 10, 50, 200).
 */
function barsToForget(length: number): number {
  const root = SLOW + (FAST - SLOW) / Math.sqrt(length);
  return Math.ceil(Math.min((1.6 * 14) / (root * root), 14 / (SLOW * SLOW)));
}

export const kamaIndicator: IndicatorDefinition = {
  type: 'kama',
  version: 2,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: 'y = s·x + (1 − s)·y₋₁, s = (er·(2/3 − 2/31) + 2/31)², er = |x − x₋L| / Σ|x − x₋₁|, begun with the mean of L values',
  source: 'P. Kaufman, Trading Systems and Methods (1995)',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20),
  seedBars: (params) => barsToForget(param(params, 'length')) + param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    const count = source.length;
    const out = nans(count);
    if (count < length) return { '': out };
    const travel = distance(source, length, variant);
    const path = movingSum(distance(source, 1, variant), length, variant);
    // The reference convolves the first L values alone, which adds them from the newest on.
    const first = source.slice(0, length).toReversed();
    let y =
      variant === 'trade'
        ? movingMean(first, length, variant)[length - 1]!
        : seedMean(source, length, variant);
    out[length - 1] = y;
    for (let i = length; i < count; i++) {
      const root = (travel[i]! / path[i]!) * (FAST - SLOW) + SLOW;
      const weight = root * root;
      if (variant === 'trade' || source[i]! !== y) y = weight * source[i]! + (1 - weight) * y;
      out[i] = y;
    }
    return { '': out };
  },
};

// --- internal ---

/** |x − x some bars ago|, lifted from zero. */
function distance(x: Float64Array, bars: number, variant: 'standard' | 'trade'): Float64Array {
  const out = nans(x.length);
  for (let i = bars; i < out.length; i++) out[i] = x[i]! - x[i - bars]!;
  liftZeros(out, variant);
  for (let i = bars; i < out.length; i++) out[i] = Math.abs(out[i]!);
  return out;
}
