import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { levelOut, nans, rollingDot, rollingMean } from './rolling.ts';

export const linregIndicator: IndicatorDefinition = {
  type: 'linreg',
  version: 1,
  inputs: ['source'],
  params: { length: integer(14, 2) },
  outputs: [],
  trade: 'supported',
  doc: 'end point of the least-squares line through the last L values: mean + slope·(L − 1)/2',
  source: 'TA-Lib LINEARREG',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params) => {
    const length = param(params, 'length');
    if (length > source.length) return { '': nans(source.length) };
    const half = (length - 1) / 2;
    // Abscissae about their middle: slope = Σ w·x / Σ w², Σ w² = L(L² − 1)/12, half the products cancel.
    const weights = new Float64Array(length);
    for (let k = 0; k < length; k++) weights[k] = k - half;
    const out = rollingDot(source, weights);
    const mean = rollingMean(source, length);
    const scale = half / ((length * (length * length - 1)) / 12);
    for (let i = 0; i < out.length; i++) out[i] = mean[i]! + scale * out[i]!;
    return { '': levelOut(out, source, length) };
  },
};
