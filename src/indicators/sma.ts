import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { movingMean } from './rolling.ts';

export const smaIndicator: IndicatorDefinition = {
  type: 'sma',
  version: 2,
  inputs: ['source'],
  params: { length: integer(20) },
  outputs: [],
  trade: 'supported',
  doc: 'arithmetic mean of the last L values',
  source: 'S. Achelis, Technical Analysis from A to Z, "Moving Averages"',
  reportedWarmup: (raw) => rawOr(raw, 'length', 20),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant) => ({
    '': movingMean(source, param(params, 'length'), variant),
  }),
};
