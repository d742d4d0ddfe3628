import { integer, param, rawOr, real, type IndicatorDefinition } from './definition.ts';
import { levelOut, nans, rollingDot } from './rolling.ts';

/** Where the peak of the weights lies in the window, 0 oldest to 1 newest; fixed in the reference (B8). */
const PEAK = 0.85;

function gaussianWeights(length: number, sigma: number): Float64Array {
  const weights = new Float64Array(length);
  const peak = Math.floor(PEAK * (length - 1));
  const slope = sigma / length;
  let total = 0;
  for (let j = 0; j < length; j++) {
    const distance = slope * (j - peak);
    weights[j] = Math.exp(-0.5 * distance * distance);
    total += weights[j]!;
  }
  for (let j = 0; j < length; j++) weights[j] = weights[j]! / total;
  return weights;
}

export const almaIndicator: IndicatorDefinition = {
  type: 'alma',
  version: 1,
  inputs: ['source'],
  params: { length: integer(9), sigma: real(6) },
  outputs: [],
  trade: 'supported',
  doc: 'Gaussian weights exp(−½·((sigma/L)·(j − ⌊0.85·(L − 1)⌋))²), normalised, j = 0 the oldest; offset is a bar shift (B8)',
  source: 'A. Legoux and D. Kouzis-Loukas, Arnaud Legoux Moving Average (2009)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params) => {
    const length = param(params, 'length');
    if (length > source.length) return { '': nans(source.length) };
    const out = rollingDot(source, gaussianWeights(length, param(params, 'sigma')));
    return { '': levelOut(out, source, length) };
  },
};
