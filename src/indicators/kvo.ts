import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema, firstValueRow } from './ewm.ts';
import { typicalPrice } from './range.ts';
import { nans } from './rolling.ts';

export const kvoIndicator: IndicatorDefinition = {
  type: 'kvo',
  version: 2,
  inputs: ['high', 'low', 'source', 'volume'],
  params: { fast: integer(34), slow: integer(55), signal: integer(13) },
  outputs: ['kvo', 'signal'],
  trade: 'supported',
  doc: 'EMA(fast) − EMA(slow) of volume signed by the move of (h + l + x)/3, from the second bar on; signal = EMA of kvo',
  source:
    'S. J. Klinger, Identifying Trends with Volume Analysis, Stocks & Commodities 15:12 (1997), simplified as pandas_ta',
  reportedWarmup: (raw) =>
    rawOr(raw, 'fast', 34) + rawOr(raw, 'slow', 55) + rawOr(raw, 'signal', 13),
  seedBars: (params) => EMA_SEED_LENGTHS * (longer(params) + param(params, 'signal')) + 1,
  firstIndex: (params) => {
    const kvo = longer(params);
    return { kvo, signal: kvo + param(params, 'signal') - 1 };
  },
  compute: (inputs, params, variant) => {
    const price = typicalPrice(inputs);
    const signed = nans(price.length);
    for (let i = 1; i < price.length; i++) {
      signed[i] = inputs.volume[i]! * Math.sign(price[i]! - price[i - 1]!);
    }
    const kvo = ema(signed, param(params, 'fast'), variant, { from: 1 });
    const slow = ema(signed, param(params, 'slow'), variant, { from: 1 });
    for (let i = 0; i < kvo.length; i++) kvo[i] = kvo[i]! - slow[i]!;
    return {
      kvo,
      signal: ema(kvo, param(params, 'signal'), variant, { from: firstValueRow(kvo) }),
    };
  },
};

// --- internal ---

function longer(params: Readonly<Record<string, number>>): number {
  return Math.max(param(params, 'fast'), param(params, 'slow'));
}
