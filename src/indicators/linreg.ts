import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { pairwiseSum } from './pairwise.ts';
import { levelOut, nans, rollingDot, rollingMean, rowsAfter } from './rolling.ts';

/**
 * The same end point as the reference arrives at it, to the last bit: sums over x and k·x from k = 1,
 * added in NumPy's pairwise order. Prices stand on a grid, so that the line often meets a close exactly.
 */
function lineOfSums(x: Float64Array, length: number): Float64Array {
  const out = rowsAfter(length - 1, x.length);
  const sumK = 0.5 * length * (length + 1);
  const sumKK = (sumK * (2 * length + 1)) / 3;
  const divisor = length * sumKK - sumK * sumK;
  const products = new Float64Array(length);
  for (let i = length - 1; i < x.length; i++) {
    const window = x.subarray(i - length + 1, i + 1);
    for (let k = 0; k < length; k++) products[k] = (k + 1) * window[k]!;
    const sumX = pairwiseSum(window);
    const sumKX = pairwiseSum(products);
    const slope = (length * sumKX - sumK * sumX) / divisor;
    out[i] = slope * length + (sumX * sumKK - sumK * sumKX) / divisor;
  }
  return out;
}

export const linregIndicator: IndicatorDefinition = {
  type: 'linreg',
  version: 2,
  inputs: ['source'],
  params: { length: integer(14, 2) },
  outputs: [],
  trade: 'supported',
  doc: 'end point of the least-squares line through the last L values: mean + slope·(L − 1)/2',
  source: 'TA-Lib LINEARREG',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    if (length > source.length) return { '': nans(source.length) };
    if (variant === 'trade') return { '': lineOfSums(source, length) };
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
