import { EMA_SEED_LENGTHS, integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { ema } from './ewm.ts';
import { shiftColumn } from './offset.ts';
import { trueRange } from './range.ts';

export const natrIndicator: IndicatorDefinition = {
  type: 'natr',
  version: 3,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: '100/x · EMA(L) of the true range, begun with the mean of the first L',
  source: 'J. Forman, Cross-Market Evaluations, Stocks & Commodities (2006); EMA as pandas_ta',
  reportedWarmup: (raw) => rawOr(raw, 'length', 14) + 1,
  seedBars: (params) => EMA_SEED_LENGTHS * param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: (inputs, params, variant) => {
    const { source } = inputs;
    const out = ema(trueRange(inputs, source, variant), param(params, 'length'), variant);
    // The reference hands `offset` to its ATR as well, and then shifts the quotient.
    const shift = variant === 'trade' ? (params['offset'] ?? 0) : 0;
    if (shift > 0) shiftColumn(out, shift);
    for (let i = 0; i < out.length; i++) out[i] = (100 / source[i]!) * out[i]!;
    return { '': out };
  },
};
