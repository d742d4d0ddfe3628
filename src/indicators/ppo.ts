import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';

export const ppoIndicator: IndicatorDefinition = {
  type: 'ppo',
  version: 2,
  inputs: ['source'],
  // `signal` belongs to the registry's row; the one column is the line, which does not use it.
  params: { fast: integer(12), slow: integer(26), signal: integer(9) },
  outputs: [],
  trade: 'refused',
  doc: '100·(EMA(fast) − EMA(slow))/EMA(slow)',
  source: 'G. Appel, Technical Analysis: Power Tools for Active Investors (2005)',
  reportedWarmup: (raw) => 3 * rawOr(raw, 'slow', 26) + rawOr(raw, 'signal', 9),
  seedBars: (params) => EMA_SEED_LENGTHS * param(params, 'slow'),
  firstIndex: (params) => ({ '': param(params, 'slow') - 1 }),
  check: (params) => {
    const fast = param(params, 'fast');
    const slow = param(params, 'slow');
    if (fast < slow) return undefined;
    return {
      code: 'PARAM_ORDER',
      message: `ppo needs fast < slow, got fast ${fast} and slow ${slow}`,
    };
  },
  compute: ({ source }, params, variant) => {
    const fast = ema(source, param(params, 'fast'), variant);
    const slow = ema(source, param(params, 'slow'), variant);
    for (let i = 0; i < fast.length; i++) fast[i] = (100 * (fast[i]! - slow[i]!)) / slow[i]!;
    return { '': fast };
  },
};
