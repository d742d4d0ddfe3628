import {
  integer,
  param,
  rawOr,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
} from './definition.ts';
import { rma } from './ewm.ts';
import { nans } from './rolling.ts';

/** Gains and losses (both ≥ 0) against the bar before; row 0 has none. */
export function gainsAndLosses(x: Float64Array): { gains: Float64Array; losses: Float64Array } {
  const gains = nans(x.length);
  const losses = nans(x.length);
  for (let i = 1; i < x.length; i++) {
    const change = x[i]! - x[i - 1]!;
    gains[i] = Math.max(change, 0);
    losses[i] = Math.max(-change, 0);
  }
  return { gains, losses };
}

/** 100·g/(g + b); NaN while nothing has moved yet (0/0). */
export function relativeStrength(x: Float64Array, length: number): Float64Array {
  const { gains, losses } = gainsAndLosses(x);
  const up = rma(gains, length);
  const down = rma(losses, length);
  for (let i = 0; i < up.length; i++) up[i] = (100 * up[i]!) / (up[i]! + down[i]!);
  return up;
}

export const rsiIndicator: IndicatorDefinition = {
  type: 'rsi',
  version: 1,
  inputs: ['source'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: '100·g/(g + b), g and b Wilder averages of gains and losses, both from the second bar on',
  source: 'J. W. Wilder, New Concepts in Technical Trading Systems (1978), section VI',
  reportedWarmup: (raw) => rawOr(raw, 'length', 14) + 1,
  seedBars: (params) => WILDER_SEED_LENGTHS * param(params, 'length'),
  firstIndex: () => ({ '': 1 }),
  compute: ({ source }, params) => ({ '': relativeStrength(source, param(params, 'length')) }),
};
