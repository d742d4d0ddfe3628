import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { rollingMax, rollingMin } from './extremes.ts';

export const donchianIndicator: IndicatorDefinition = {
  type: 'donchian',
  version: 1,
  inputs: ['high', 'low'],
  params: { lower_length: integer(20), upper_length: integer(20) },
  outputs: ['lower', 'middle', 'upper'],
  trade: 'supported',
  doc: 'lower = min l over lower_length, upper = max h over upper_length, middle half their sum',
  source: 'R. Donchian, the four-week rule (1960)',
  reportedWarmup: (raw) => Math.max(rawOr(raw, 'lower_length', 20), rawOr(raw, 'upper_length', 20)),
  seedBars: (params) => Math.max(param(params, 'lower_length'), param(params, 'upper_length')),
  firstIndex: (params) => {
    const lower = param(params, 'lower_length') - 1;
    const upper = param(params, 'upper_length') - 1;
    return { lower, middle: Math.max(lower, upper), upper };
  },
  compute: ({ high, low }, params) => {
    const lower = rollingMin(low, param(params, 'lower_length'));
    const upper = rollingMax(high, param(params, 'upper_length'));
    const middle = new Float64Array(lower.length);
    for (let i = 0; i < middle.length; i++) middle[i] = 0.5 * (lower[i]! + upper[i]!);
    return { lower, middle, upper };
  },
};
