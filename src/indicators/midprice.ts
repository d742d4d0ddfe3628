import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { rollingMax, rollingMin } from './extremes.ts';

export const midpriceIndicator: IndicatorDefinition = {
  type: 'midprice',
  version: 1,
  inputs: ['high', 'low'],
  params: { length: integer(2) },
  outputs: [],
  trade: 'supported',
  doc: '(min l + max h)/2 over L bars',
  source: 'TA-Lib MIDPRICE',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ high, low }, params) => {
    const length = param(params, 'length');
    const out = rollingMin(low, length);
    const highest = rollingMax(high, length);
    for (let i = 0; i < out.length; i++) out[i] = 0.5 * (out[i]! + highest[i]!);
    return { '': out };
  },
};
