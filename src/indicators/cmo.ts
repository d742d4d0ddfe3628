import {
  integer,
  param,
  rawOr,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
} from './definition.ts';
import { rma } from './ewm.ts';
import { gainsAndLosses } from './rsi.ts';

export const cmoIndicator: IndicatorDefinition = {
  type: 'cmo',
  version: 1,
  inputs: ['source'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: '100·(g − b)/(g + b), g and b Wilder averages (not sums) of gains and losses',
  source:
    'T. Chande and S. Kroll, The New Technical Trader (1994); averages as TA-Lib and pandas_ta',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => WILDER_SEED_LENGTHS * param(params, 'length'),
  firstIndex: () => ({ '': 1 }),
  compute: ({ source }, params) => {
    const length = param(params, 'length');
    const { gains, losses } = gainsAndLosses(source);
    const up = rma(gains, length);
    const down = rma(losses, length);
    for (let i = 0; i < up.length; i++) {
      up[i] = (100 * (up[i]! - down[i]!)) / (up[i]! + down[i]!);
    }
    return { '': up };
  },
};
