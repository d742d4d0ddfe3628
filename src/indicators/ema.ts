import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';

export const emaIndicator: IndicatorDefinition = {
  type: 'ema',
  version: 2,
  inputs: ['source'],
  params: { length: integer(20) },
  outputs: [],
  trade: 'supported',
  doc: 'y = y₋₁ + 2/(L+1)·(x − y₋₁), begun with the mean of the first L values',
  source: 'S. Achelis, Technical Analysis from A to Z, "Moving Averages"; seed as TA-Lib',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20),
  seedBars: (params) => EMA_SEED_LENGTHS * param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant, out) => ({
    '': ema(source, param(params, 'length'), variant, out && { out }),
  }),
};
