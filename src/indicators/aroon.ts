import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ageOfExtreme } from './extremes.ts';

export const aroonIndicator: IndicatorDefinition = {
  type: 'aroon',
  version: 1,
  inputs: ['high', 'low'],
  params: { length: integer(14) },
  outputs: ['up', 'down', 'osc'],
  trade: 'supported',
  doc: 'up = 100·(1 − age of the highest high of L + 1 bars/L), the most recent on ties; down with the lowest low; osc = up − down',
  source: 'T. Chande, A Time Price Oscillator, Stocks & Commodities 13:9 (1995)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 25) + 1,
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => {
    const first = param(params, 'length');
    return { up: first, down: first, osc: first };
  },
  compute: ({ high, low }, params) => {
    const length = param(params, 'length');
    const up = ageOfExtreme(high, length + 1, 1);
    const down = ageOfExtreme(low, length + 1, -1);
    const osc = new Float64Array(up.length);
    for (let i = 0; i < up.length; i++) {
      up[i] = 100 * (1 - up[i]! / length);
      down[i] = 100 * (1 - down[i]! / length);
      osc[i] = up[i]! - down[i]!;
    }
    return { up, down, osc };
  },
};
