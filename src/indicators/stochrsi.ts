import {
  integer,
  param,
  rawOr,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
} from './definition.ts';
import { rollingMax, rollingMin } from './extremes.ts';
import { liftZeros } from './range.ts';
import { movingMean } from './rolling.ts';
import { relativeStrength } from './rsi.ts';

export const stochrsiIndicator: IndicatorDefinition = {
  type: 'stochrsi',
  version: 2,
  inputs: ['source'],
  params: { length: integer(14), rsi_length: integer(14), k: integer(3), d: integer(3) },
  outputs: ['k', 'd'],
  trade: 'supported',
  doc: 'k = SMA(k) of 100·(r − min r)/(max r − min r) over L bars, r = RSI(rsi_length); d = SMA(d) of k',
  source: 'T. Chande and S. Kroll, The New Technical Trader (1994)',
  reportedWarmup: (raw) =>
    rawOr(raw, 'rsi_length', 14) +
    rawOr(raw, 'length', 14) +
    Math.max(rawOr(raw, 'k', 3), rawOr(raw, 'd', 3)),
  seedBars: (params) =>
    WILDER_SEED_LENGTHS * param(params, 'rsi_length') +
    param(params, 'length') +
    param(params, 'k') +
    param(params, 'd'),
  firstIndex: (params) => {
    const k = param(params, 'length') + param(params, 'k') - 1;
    return { k, d: k + param(params, 'd') - 1 };
  },
  compute: ({ source }, params, variant) => {
    const strength = relativeStrength(source, param(params, 'rsi_length'));
    const lowest = rollingMin(strength, param(params, 'length'));
    const range = rollingMax(strength, param(params, 'length'));
    for (let i = 0; i < range.length; i++) range[i] = range[i]! - lowest[i]!;
    liftZeros(range, variant);
    const raw = lowest;
    for (let i = 0; i < raw.length; i++) raw[i] = (100 * (strength[i]! - lowest[i]!)) / range[i]!;
    const k = movingMean(raw, param(params, 'k'), variant);
    return { k, d: movingMean(k, param(params, 'd'), variant) };
  },
};
