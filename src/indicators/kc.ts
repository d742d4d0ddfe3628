import {
  EMA_SEED_LENGTHS,
  integer,
  param,
  rawOr,
  real,
  type IndicatorDefinition,
} from './definition.ts';
import { ema } from './ewm.ts';
import { trueRange } from './range.ts';

export const kcIndicator: IndicatorDefinition = {
  type: 'kc',
  version: 2,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(20), scalar: real(2) },
  outputs: ['lower', 'basis', 'upper'],
  trade: 'supported',
  doc: 'basis = EMA(L) of x; lower, upper = basis ∓ scalar·EMA(L) of the true range',
  source: 'C. Keltner (1960) as modified by L. B. Raschke: EMA basis, true range',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20) + 1,
  seedBars: (params) => EMA_SEED_LENGTHS * param(params, 'length'),
  firstIndex: (params) => {
    const first = param(params, 'length') - 1;
    return { lower: first, basis: first, upper: first };
  },
  compute: (inputs, params, variant) => {
    const length = param(params, 'length');
    const scalar = param(params, 'scalar');
    const basis = ema(inputs.source, length, variant);
    const upper = ema(trueRange(inputs, inputs.source, variant), length, variant);
    const lower = new Float64Array(basis.length);
    for (let i = 0; i < basis.length; i++) {
      const width = scalar * upper[i]!;
      lower[i] = basis[i]! - width;
      upper[i] = basis[i]! + width;
    }
    return { lower, basis, upper };
  },
};
