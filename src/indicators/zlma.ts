import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';
import { nans } from './rolling.ts';

function lagOf(length: number): number {
  return Math.trunc((length - 1) / 2);
}

export const zlmaIndicator: IndicatorDefinition = {
  type: 'zlma',
  version: 2,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: 'EMA(L) of 2x − x₋lag, lag = ⌊(L − 1)/2⌋',
  source: 'J. Ehlers and R. Way, Zero Lag (Well, Almost), Stocks & Commodities 28:12 (2010)',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'length', 20),
  seedBars: (params) => {
    const length = param(params, 'length');
    return EMA_SEED_LENGTHS * length + lagOf(length);
  },
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: ({ source }, params, variant) => {
    const length = param(params, 'length');
    const lag = lagOf(length);
    const ahead = nans(source.length);
    for (let i = lag; i < ahead.length; i++) ahead[i] = 2 * source[i]! - source[i - lag]!;
    return { '': ema(ahead, length, variant) };
  },
};
