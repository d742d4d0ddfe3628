import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { rollingMax, rollingMin } from './extremes.ts';
import { liftZeros } from './range.ts';
import { movingMean } from './rolling.ts';

export const stochIndicator: IndicatorDefinition = {
  type: 'stoch',
  version: 2,
  inputs: ['high', 'low', 'close'],
  params: { k: integer(14), d: integer(3), smooth_k: integer(3) },
  outputs: ['k', 'd'],
  trade: 'supported',
  doc: 'k = SMA(smooth_k) of 100·(c − min l)/(max h − min l) over k bars; d = SMA(d) of k',
  source: 'G. Lane, Lane’s Stochastics, Stocks & Commodities 2:3 (1984)',
  reportedWarmup: (raw) => rawOr(raw, 'k', 14) + rawOr(raw, 'smooth_k', 3) + rawOr(raw, 'd', 3),
  seedBars: (params) => param(params, 'k') + param(params, 'smooth_k') + param(params, 'd'),
  firstIndex: (params) => {
    const k = param(params, 'k') + param(params, 'smooth_k') - 2;
    return { k, d: k + param(params, 'd') - 1 };
  },
  compute: ({ high, low, close }, params, variant) => {
    const lowest = rollingMin(low, param(params, 'k'));
    const range = rollingMax(high, param(params, 'k'));
    for (let i = 0; i < range.length; i++) range[i] = range[i]! - lowest[i]!;
    liftZeros(range, variant);
    const raw = lowest;
    for (let i = 0; i < raw.length; i++) raw[i] = (100 * (close[i]! - lowest[i]!)) / range[i]!;
    const k = movingMean(raw, param(params, 'smooth_k'), variant);
    return { k, d: movingMean(k, param(params, 'd'), variant) };
  },
};
