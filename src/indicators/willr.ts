import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { rollingMax, rollingMin } from './extremes.ts';

export const willrIndicator: IndicatorDefinition = {
  type: 'willr',
  version: 1,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: '100·((x − min l)/(max h − min l) − 1) over L bars; no value on a flat window',
  source: 'L. Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ high, low, source }, params) => {
    const length = param(params, 'length');
    const highest = rollingMax(high, length);
    const lowest = rollingMin(low, length);
    for (let i = 0; i < highest.length; i++) {
      const range = highest[i]! - lowest[i]!;
      highest[i] = 100 * ((source[i]! - lowest[i]!) / range - 1);
    }
    return { '': highest };
  },
};
