import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { pairwiseSum } from './pairwise.ts';
import { typicalPrice } from './range.ts';
import { movingMean, rollingAbsoluteDeviation, rowsAfter } from './rolling.ts';

/** Lambert's constant: 70 to 80 % of the values then lie between −100 and 100. */
const LAMBERT = 0.015;

/** Mean absolute deviation of each window about its own mean, as NumPy adds it. */
function pairwiseDeviation(x: Float64Array, length: number): Float64Array {
  const out = rowsAfter(length - 1, x.length);
  for (let i = length - 1; i < x.length; i++) {
    const window = x.slice(i - length + 1, i + 1);
    const mean = pairwiseSum(window) / length;
    for (let k = 0; k < length; k++) window[k] = Math.abs(window[k]! - mean);
    out[i] = pairwiseSum(window) / length;
  }
  return out;
}

export const cciIndicator: IndicatorDefinition = {
  type: 'cci',
  version: 2,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: '(tp − SMA(tp))/(0.015·mean |tp − SMA(tp)|), tp = (h + l + x)/3; trade: the reference lacks the first parenthesis (B2)',
  source: 'D. Lambert, Commodity Channel Index, Commodities (1980)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: (inputs, params, variant) => {
    const length = param(params, 'length');
    const price = typicalPrice(inputs);
    const mean = movingMean(price, length, variant);
    const out =
      variant === 'trade'
        ? pairwiseDeviation(price, length)
        : rollingAbsoluteDeviation(price, mean, length);
    for (let i = 0; i < out.length; i++) {
      const scale = LAMBERT * out[i]!;
      out[i] = variant === 'trade' ? price[i]! - mean[i]! / scale : (price[i]! - mean[i]!) / scale;
    }
    return { '': out };
  },
};
