import { bollinger } from './bbands.ts';
import { integer, param, rawOr, real, type IndicatorDefinition } from './definition.ts';
import { trueRange } from './range.ts';
import { nans, movingMean } from './rolling.ts';

/** The momentum of the histogram: SMA of the change over so many bars; fixed in the reference. */
const MOMENTUM_BARS = 12;
const MOMENTUM_SMOOTHING = 6;

export const squeezeIndicator: IndicatorDefinition = {
  type: 'squeeze',
  version: 2,
  inputs: ['high', 'low', 'source'],
  params: {
    bb_length: integer(20, 2),
    bb_std: real(2),
    kc_length: integer(20),
    kc_scalar: real(1.5),
  },
  outputs: ['sqz', 'on', 'off', 'no_sqz'],
  trade: 'supported',
  doc: 'on = 1 when both Bollinger bands lie inside the Keltner channel (SMA of x ∓ kc_scalar·SMA of TR), off when both lie outside, no_sqz neither; sqz = SMA(6) of x − x₋₁₂',
  source: 'J. Carter, Mastering the Trade (2005), "TTM Squeeze"; as pandas_ta',
  reportedWarmup: (raw) => Math.max(rawOr(raw, 'bb_length', 20), rawOr(raw, 'kc_length', 20)),
  seedBars: (params) =>
    Math.max(
      param(params, 'bb_length'),
      param(params, 'kc_length') + 1,
      MOMENTUM_BARS + MOMENTUM_SMOOTHING,
    ),
  firstIndex: () => ({
    sqz: MOMENTUM_BARS + MOMENTUM_SMOOTHING - 1,
    on: 0,
    off: 0,
    no_sqz: 0,
  }),
  compute: (inputs, params, variant) => {
    const { source } = inputs;
    const count = source.length;
    const shape = { length: param(params, 'bb_length'), multiplier: param(params, 'bb_std') };
    const { lower, upper } = bollinger(source, shape, variant);
    const basis = movingMean(source, param(params, 'kc_length'), variant);
    const range = trueRange(inputs, source, variant);
    const width = movingMean(range, param(params, 'kc_length'), variant);
    const scalar = param(params, 'kc_scalar');
    const on = new Float64Array(count);
    const off = new Float64Array(count);
    const none = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const floor = basis[i]! - scalar * width[i]!;
      const ceiling = basis[i]! + scalar * width[i]!;
      // Comparisons with NaN are false, so that no_sqz is 1 during the warm-up, as in the reference.
      on[i] = lower[i]! > floor && upper[i]! < ceiling ? 1 : 0;
      off[i] = lower[i]! < floor && upper[i]! > ceiling ? 1 : 0;
      none[i] = on[i] === 0 && off[i] === 0 ? 1 : 0;
    }
    const change = nans(count);
    for (let i = MOMENTUM_BARS; i < count; i++) change[i] = source[i]! - source[i - MOMENTUM_BARS]!;
    return { sqz: movingMean(change, MOMENTUM_SMOOTHING, variant), on, off, no_sqz: none };
  },
};
