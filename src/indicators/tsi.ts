import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';
import { nans } from './rolling.ts';

export const tsiIndicator: IndicatorDefinition = {
  type: 'tsi',
  version: 2,
  inputs: ['source'],
  params: { fast: integer(13), slow: integer(25), signal: integer(13) },
  outputs: ['tsi', 'signal'],
  trade: 'supported',
  doc: '100·EMA(fast) of EMA(slow) of d / the same of |d|, d = x − x₋₁ (slow < fast are swapped); signal = EMA of tsi',
  source: 'W. Blau, True Strength Index, Stocks & Commodities 9:11 (1991)',
  reportedWarmup: (raw) =>
    rawOr(raw, 'fast', 13) + rawOr(raw, 'slow', 25) + rawOr(raw, 'signal', 13),
  seedBars: (params) =>
    EMA_SEED_LENGTHS * (param(params, 'fast') + param(params, 'slow') + param(params, 'signal')) +
    1,
  firstIndex: (params) => {
    // The change has no value at row 0, so with a slow length of 1 the first one is at row 1.
    const tsi = Math.max(param(params, 'fast'), param(params, 'slow'), 2) - 1;
    return { tsi, signal: Math.max(tsi, param(params, 'signal') - 1) };
  },
  compute: ({ source }, params, variant) => {
    const fast = Math.min(param(params, 'fast'), param(params, 'slow'));
    const slow = Math.max(param(params, 'fast'), param(params, 'slow'));
    const change = nans(source.length);
    const size = nans(source.length);
    for (let i = 1; i < source.length; i++) {
      change[i] = source[i]! - source[i - 1]!;
      size[i] = Math.abs(change[i]!);
    }
    const tsi = ema(ema(change, slow, variant), fast, variant);
    const total = ema(ema(size, slow, variant), fast, variant);
    for (let i = 0; i < tsi.length; i++) tsi[i] = (100 * tsi[i]!) / total[i]!;
    return { tsi, signal: ema(tsi, param(params, 'signal'), variant) };
  },
};
