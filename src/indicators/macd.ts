import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema, firstValueRow } from './ewm.ts';

export const macdIndicator: IndicatorDefinition = {
  type: 'macd',
  version: 2,
  inputs: ['source'],
  params: { fast: integer(12), slow: integer(26), signal: integer(9) },
  outputs: ['macd', 'signal', 'histogram'],
  trade: 'supported',
  doc: 'macd = EMA(fast) − EMA(slow); signal = EMA of macd from its first value; histogram = macd − signal',
  source: 'G. Appel, The Moving Average Convergence-Divergence Method (1979)',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'slow', 26) + rawOr(raw, 'signal', 9),
  seedBars: (params) => EMA_SEED_LENGTHS * (param(params, 'slow') + param(params, 'signal')),
  firstIndex: (params) => {
    const macd = param(params, 'slow') - 1;
    const signal = macd + param(params, 'signal') - 1;
    return { macd, signal, histogram: signal };
  },
  check: (params) => {
    const fast = param(params, 'fast');
    const slow = param(params, 'slow');
    if (fast < slow) return undefined;
    return {
      code: 'PARAM_ORDER',
      message: `macd needs fast < slow, got fast ${fast} and slow ${slow}`,
    };
  },
  compute: ({ source }, params, variant) => {
    const macd = ema(source, param(params, 'fast'), variant);
    const slow = ema(source, param(params, 'slow'), variant);
    for (let i = 0; i < macd.length; i++) macd[i] = macd[i]! - slow[i]!;
    const signal = ema(macd, param(params, 'signal'), variant, { from: firstValueRow(macd) });
    const histogram = slow;
    for (let i = 0; i < macd.length; i++) histogram[i] = macd[i]! - signal[i]!;
    return { macd, signal, histogram };
  },
};
