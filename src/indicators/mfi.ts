import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { EPSILON, typicalPrice } from './range.ts';
import { nans, rollingSum } from './rolling.ts';

export const mfiIndicator: IndicatorDefinition = {
  type: 'mfi',
  version: 1,
  inputs: ['high', 'low', 'source', 'volume'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: '100·P/(P + N + ε), P and N the sums over L bars of tp·v where tp rose and where it did not',
  source:
    'G. Quong and A. Soudack, Volume-weighted RSI: Money Flow, Stocks & Commodities 7:3 (1989)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') }),
  compute: (inputs, params) => {
    const length = param(params, 'length');
    const price = typicalPrice(inputs);
    const rising = nans(price.length);
    const falling = nans(price.length);
    for (let i = 1; i < price.length; i++) {
      const flow = price[i]! * inputs.volume[i]!;
      const isRising = price[i]! > price[i - 1]!;
      rising[i] = isRising ? flow : 0;
      falling[i] = isRising ? 0 : flow;
    }
    const positive = rollingSum(rising, length);
    const negative = rollingSum(falling, length);
    for (let i = 0; i < positive.length; i++) {
      positive[i] = (100 * positive[i]!) / (positive[i]! + negative[i]! + EPSILON);
    }
    return { '': positive };
  },
};
