import type { IndicatorDefinition } from './definition.ts';

export const ohlc4Indicator: IndicatorDefinition = {
  type: 'ohlc4',
  version: 1,
  inputs: ['high', 'low', 'source', 'open'],
  params: {},
  outputs: [],
  trade: 'supported',
  doc: '(h + l + x + o)/4, added in that order',
  source: 'TA-Lib AVGPRICE',
  reportedWarmup: () => 1,
  seedBars: () => 0,
  firstIndex: () => ({ '': 0 }),
  compute: ({ high, low, source, open }) => {
    const out = new Float64Array(source.length);
    for (let i = 0; i < out.length; i++) {
      out[i] = 0.25 * (high[i]! + low[i]! + source[i]! + open[i]!);
    }
    return { '': out };
  },
};
