import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { rollingMax, rollingMin } from './extremes.ts';
import { liftZeros, midPrice } from './range.ts';
import { nans } from './rolling.ts';

/** Smallest range that a position is measured in, as in the reference. */
const RANGE_MIN = 0.001;

/**
 * Both recursions forget by 0.67 and 0.5 a bar: 0.67^35 is 8e-7, and the slower one decides.
 */
const FORGET_BARS = 40;

export const fisherIndicator: IndicatorDefinition = {
  type: 'fisher',
  version: 1,
  inputs: ['high', 'low'],
  params: { length: integer(9) },
  outputs: ['fisher', 'signal'],
  trade: 'supported',
  doc: 'y = ½·(ln((1 + v)/(1 − v)) + y₋₁), v the smoothed place of (h + l)/2 in its range of L bars, within ±0.999; signal = y₋₁',
  source: 'J. Ehlers, Using the Fisher Transform, Stocks & Commodities 20:11 (2002)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 9),
  seedBars: (params) => param(params, 'length') + FORGET_BARS,
  firstIndex: (params) => ({
    fisher: param(params, 'length') - 1,
    signal: param(params, 'length'),
  }),
  compute: (inputs, params, variant) => {
    const length = param(params, 'length');
    const price = midPrice(inputs);
    const lowest = rollingMin(price, length);
    const range = rollingMax(price, length);
    for (let i = 0; i < range.length; i++) range[i] = range[i]! - lowest[i]!;
    liftZeros(range, variant);
    const fisher = nans(price.length);
    const signal = nans(price.length);
    if (price.length < length) return { fisher, signal };
    let v = 0;
    let y = 0;
    fisher[length - 1] = 0;
    for (let i = length; i < price.length; i++) {
      const position = (price[i]! - lowest[i]!) / Math.max(range[i]!, RANGE_MIN) - 0.5;
      v = 0.66 * position + 0.67 * v;
      if (v < -0.99) v = -0.999;
      if (v > 0.99) v = 0.999;
      signal[i] = y;
      y = 0.5 * (Math.log((1 + v) / (1 - v)) + y);
      fisher[i] = y;
    }
    return { fisher, signal };
  },
};
