import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';

export const trixIndicator: IndicatorDefinition = {
  type: 'trix',
  version: 2,
  inputs: ['source'],
  params: { length: integer(18) },
  outputs: [],
  trade: 'refused',
  doc: '100·(e₃ − e₃₋₁)/e₃₋₁, e₃ the EMA(L) of the EMA(L) of the EMA(L) of x',
  source: 'J. K. Hutson, Good TRIX, Stocks & Commodities 1:5 (1983)',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20),
  seedBars: (params) => 3 * EMA_SEED_LENGTHS * param(params, 'length') + 1,
  firstIndex: (params) => ({ '': param(params, 'length') }),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    const third = ema(ema(ema(source, length, variant), length, variant), length, variant);
    let previous = Number.NaN;
    for (let i = 0; i < third.length; i++) {
      const value = third[i]!;
      third[i] = (100 * (value - previous)) / previous;
      previous = value;
    }
    return { '': third };
  },
};
