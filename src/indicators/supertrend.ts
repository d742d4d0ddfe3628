import {
  integer,
  param,
  rawOr,
  real,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
  type IndicatorOutputs,
} from './definition.ts';
import { rmaAlpha, seededEwm } from './ewm.ts';
import { midPrice, trueRange } from './range.ts';
import { nans } from './rolling.ts';

/**
 * Bars for the carried band to forget where it began, after the average range has: the state is lost
 * when both runs flip on the same bar.
 */
const FLIP_BARS = 500;

/**
 * Bands half a width `band` away from `middle`; each is carried while the direction is kept and it would loosen.
 * On entry `upper` and `lower` hold the bands of each bar alone.
 */
function follow(x: Float64Array, lower: Float64Array, upper: Float64Array): IndicatorOutputs {
  const count = x.length;
  const trend = nans(count);
  const direction = nans(count);
  const long = nans(count);
  const short = nans(count);
  let isUp = true;
  for (let i = 0; i < count; i++) {
    // Comparisons with NaN are false: before the first band the direction stays up.
    const wasUp = isUp;
    if (i > 0 && x[i]! > upper[i - 1]!) isUp = true;
    else if (i > 0 && x[i]! < lower[i - 1]!) isUp = false;
    else if (wasUp && lower[i]! < lower[i - 1]!) lower[i] = lower[i - 1]!;
    else if (!wasUp && upper[i]! > upper[i - 1]!) upper[i] = upper[i - 1]!;
    trend[i] = isUp ? lower[i]! : upper[i]!;
    direction[i] = isUp ? 1 : -1;
    if (isUp) long[i] = lower[i]!;
    else short[i] = upper[i]!;
  }
  return { trend, direction, long, short };
}

export const supertrendIndicator: IndicatorDefinition = {
  type: 'supertrend',
  version: 1,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(7), multiplier: real(3) },
  outputs: ['trend', 'direction', 'long', 'short'],
  trade: 'supported',
  doc: 'bands (h + l)/2 ∓ multiplier·ATR, each carried while it would loosen; direction 1 above the upper, −1 below the lower; trend is the band behind the price',
  source: 'O. Seban, Tout le monde mérite d’être riche (2008); carry rule as pandas_ta',
  reportedWarmup: (raw) => rawOr(raw, 'length', 10) + 1,
  seedBars: (params) => WILDER_SEED_LENGTHS * param(params, 'length') + FLIP_BARS,
  firstIndex: (params) => {
    const length = param(params, 'length');
    return { trend: length - 1, direction: length, long: length - 1, short: length };
  },
  compute: (inputs, params, variant) => {
    const length = param(params, 'length');
    const multiplier = param(params, 'multiplier');
    const range = trueRange(inputs, inputs.source, variant);
    const average = seededEwm(range, length, rmaAlpha(length));
    const upper = midPrice(inputs);
    const lower = range;
    for (let i = 0; i < upper.length; i++) {
      const width = multiplier * average[i]!;
      const middle = upper[i]!;
      lower[i] = middle - width;
      upper[i] = middle + width;
    }
    const outputs = follow(inputs.source, lower, upper);
    outputs['direction']!.fill(Number.NaN, 0, Math.min(length, upper.length));
    return outputs;
  },
};
