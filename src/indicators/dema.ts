import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';

const SHAPE = {
  version: 2,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
} as const satisfies Partial<IndicatorDefinition>;

export const demaIndicator: IndicatorDefinition = {
  ...SHAPE,
  type: 'dema',
  doc: '2·e₁ − e₂, e₁ = EMA(L) of x, e₂ = EMA(L) of e₁ begun with its first value',
  source: 'P. Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities 12:1 (1994)',
  // An average of an average forgets along both.
  seedBars: (params) => 2 * EMA_SEED_LENGTHS * param(params, 'length'),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    const first = ema(source, length, variant);
    const second = ema(first, length, variant);
    for (let i = 0; i < first.length; i++) first[i] = 2 * first[i]! - second[i]!;
    return { '': first };
  },
};

export const temaIndicator: IndicatorDefinition = {
  ...SHAPE,
  type: 'tema',
  doc: '3·(e₁ − e₂) + e₃, e₂ = EMA(L) of e₁, e₃ = EMA(L) of e₂',
  source: 'P. Mulloy, Smoothing Data with Less Lag, Stocks & Commodities 12:2 (1994)',
  seedBars: (params) => 3 * EMA_SEED_LENGTHS * param(params, 'length'),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    const first = ema(source, length, variant);
    const second = ema(first, length, variant);
    const third = ema(second, length, variant);
    for (let i = 0; i < first.length; i++) {
      first[i] = 3 * (first[i]! - second[i]!) + third[i]!;
    }
    return { '': first };
  },
};
