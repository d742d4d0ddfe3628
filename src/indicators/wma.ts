import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { levelOut, nans, rollingDot } from './rolling.ts';

export const wmaIndicator: IndicatorDefinition = {
  type: 'wma',
  version: 2,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: 'Σ k·x over the last L values (k = 1 for the oldest) · 2/(L² + L)',
  source: 'S. Achelis, Technical Analysis from A to Z, "Moving Averages: Weighted"',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    if (length > source.length) return { '': nans(source.length) };
    const weights = new Float64Array(length);
    for (let k = 0; k < length; k++) weights[k] = k + 1;
    const out = rollingDot(source, weights);
    const scale = 2 / (length * length + length);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! * scale;
    return { '': variant === 'trade' ? out : levelOut(out, source, length) };
  },
};
