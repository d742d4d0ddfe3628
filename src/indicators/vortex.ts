import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { trueRange } from './range.ts';
import { movingSum } from './online-sum.ts';
import { nans } from './rolling.ts';

export const vortexIndicator: IndicatorDefinition = {
  type: 'vortex',
  version: 2,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(14) },
  outputs: ['vip', 'vim'],
  trade: 'supported',
  doc: 'vip = Σ|h − l₋₁| / Σ TR over L bars, vim = Σ|l − h₋₁| / Σ TR',
  source: 'E. Botes and D. Siepman, The Vortex Indicator, Stocks & Commodities 28:1 (2010)',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ vip: param(params, 'length'), vim: param(params, 'length') }),
  compute: (inputs, params, variant) => {
    const { high, low } = inputs;
    const length = param(params, 'length');
    const plus = nans(high.length);
    const minus = nans(high.length);
    for (let i = 1; i < high.length; i++) {
      plus[i] = Math.abs(high[i]! - low[i - 1]!);
      minus[i] = Math.abs(low[i]! - high[i - 1]!);
    }
    const total = movingSum(trueRange(inputs, inputs.source, variant), length, variant);
    const vip = movingSum(plus, length, variant);
    const vim = movingSum(minus, length, variant);
    for (let i = 0; i < vip.length; i++) {
      vip[i] = vip[i]! / total[i]!;
      vim[i] = vim[i]! / total[i]!;
    }
    return { vip, vim };
  },
};
