import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { nans } from './rolling.ts';

export const rocIndicator: IndicatorDefinition = {
  type: 'roc',
  version: 1,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: '100·(x − x₋L)/x₋L',
  source: 'S. Achelis, Technical Analysis from A to Z, "Price Rate-of-Change"',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') }),
  compute: ({ source }, params) => {
    const length = param(params, 'length');
    const out = nans(source.length);
    for (let i = length; i < out.length; i++) {
      const past = source[i - length]!;
      out[i] = (100 * (source[i]! - past)) / past;
    }
    return { '': out };
  },
};

export const momIndicator: IndicatorDefinition = {
  type: 'mom',
  version: 1,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: 'x − x₋L',
  source: 'S. Achelis, Technical Analysis from A to Z, "Momentum" (as a difference)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') }),
  compute: ({ source }, params) => {
    const length = param(params, 'length');
    const out = nans(source.length);
    for (let i = length; i < out.length; i++) out[i] = source[i]! - source[i - length]!;
    return { '': out };
  },
};
