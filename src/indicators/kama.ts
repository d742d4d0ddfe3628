import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { seedMean } from './ewm.ts';
import { liftZeros } from './range.ts';
import { nans, rollingSum } from './rolling.ts';

/** Smoothing constants of an EMA of 2 and of 30 bars. */
const FAST = 2 / (2 + 1);
const SLOW = 2 / (30 + 1);

const SEED_BARS = 7 * 30;

export const kamaIndicator: IndicatorDefinition = {
  type: 'kama',
  version: 1,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: 'y = s·x + (1 − s)·y₋₁, s = (er·(2/3 − 2/31) + 2/31)², er = |x − x₋L| / Σ|x − x₋₁|, begun with the mean of L values',
  source: 'P. Kaufman, Trading Systems and Methods (1995)',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20),
  seedBars: (params) => SEED_BARS + param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    const count = source.length;
    const out = nans(count);
    if (count < length) return { '': out };
    const travel = distance(source, length, variant);
    const path = rollingSum(distance(source, 1, variant), length);
    let y = seedMean(source, length);
    out[length - 1] = y;
    for (let i = length; i < count; i++) {
      const root = (travel[i]! / path[i]!) * (FAST - SLOW) + SLOW;
      const weight = root * root;
      y = weight * source[i]! + (1 - weight) * y;
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
