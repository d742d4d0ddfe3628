import {
  integer,
  param,
  rawOr,
  real,
  type IndicatorDefinition,
  type IndicatorVariant,
} from './definition.ts';
import { onlineDeviation } from './online-deviation.ts';
import { liftZeros } from './range.ts';
import { rollingDeviation, movingMean } from './rolling.ts';

/** The reference's multiplier whatever the card says (B4). */
const TRADE_MULTIPLIER = 2;

/** Middle band and the two bands `multiplier` sample deviations away from it. */
export function bollinger(
  x: Float64Array,
  shape: { readonly length: number; readonly multiplier: number },
  variant: IndicatorVariant,
): { lower: Float64Array; middle: Float64Array; upper: Float64Array } {
  const { length } = shape;
  const multiplier = variant === 'trade' ? TRADE_MULTIPLIER : shape.multiplier;
  const middle = movingMean(x, length, variant);
  const upper =
    variant === 'trade' ? onlineDeviation(x, length) : rollingDeviation(x, middle, length);
  const lower = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const width = multiplier * upper[i]!;
    lower[i] = middle[i]! - width;
    upper[i] = middle[i]! + width;
  }
  return { lower, middle, upper };
}

export const bbandsIndicator: IndicatorDefinition = {
  type: 'bbands',
  version: 2,
  inputs: ['source'],
  params: { length: integer(20, 2), std: real(2) },
  outputs: ['lower', 'middle', 'upper', 'bandwidth', 'percent_b'],
  trade: 'supported',
  doc: 'SMA(L) ∓ std sample deviations (divisor L − 1); bandwidth 100·(upper − lower)/middle; percent_b (x − lower)/(upper − lower)',
  source:
    'J. Bollinger, Bollinger on Bollinger Bands (2001), with the sample deviation of pandas_ta',
  reportedWarmup: (raw) => rawOr(raw, 'length', 20),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => {
    const first = param(params, 'length') - 1;
    return { lower: first, middle: first, upper: first, bandwidth: first, percent_b: first };
  },
  compute: ({ source }, params, variant) => {
    const shape = { length: param(params, 'length'), multiplier: param(params, 'std') };
    const { lower, middle, upper } = bollinger(source, shape, variant);
    const bandwidth = new Float64Array(source.length);
    for (let i = 0; i < source.length; i++) bandwidth[i] = upper[i]! - lower[i]!;
    liftZeros(bandwidth, variant);
    const percentB = new Float64Array(source.length);
    for (let i = 0; i < source.length; i++) percentB[i] = source[i]! - lower[i]!;
    // The reference lifts the numerator too; on a flat window it reads 1 there and 0 here.
    if (variant === 'trade') liftZeros(percentB, variant);
    for (let i = 0; i < source.length; i++) {
      percentB[i] = percentB[i]! / bandwidth[i]!;
      bandwidth[i] = (100 * bandwidth[i]!) / middle[i]!;
    }
    return { lower, middle, upper, bandwidth, percent_b: percentB };
  },
};
