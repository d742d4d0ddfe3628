import type { IndicatorDefinition } from './definition.ts';
import { nans } from './rolling.ts';

export const obvIndicator: IndicatorDefinition = {
  type: 'obv',
  version: 1,
  inputs: ['source', 'volume'],
  params: {},
  outputs: [],
  trade: 'supported',
  doc: 'running sum of volume, added when x rose and taken off when it fell, from the second bar on',
  source: 'J. Granville, New Key to Stock Market Profits (1963)',
  reportedWarmup: () => 1,
  // Cumulative: its level means nothing, so no bar before the window adds information.
  seedBars: () => 0,
  firstIndex: () => ({ '': 1 }),
  compute: ({ source, volume }) => {
    const out = nans(source.length);
    let sum = 0;
    for (let i = 1; i < out.length; i++) {
      const change = source[i]! - source[i - 1]!;
      if (change > 0) sum += volume[i]!;
      else if (change < 0) sum -= volume[i]!;
      out[i] = sum;
    }
    return { '': out };
  },
};
