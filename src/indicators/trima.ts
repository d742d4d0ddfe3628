import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { movingMean } from './rolling.ts';

/** (L + 1)/2 rounded half to even, as Python rounds. */
function halfLength(length: number): number {
  const half = (length + 1) / 2;
  if (Number.isInteger(half)) return half;
  const below = Math.floor(half);
  return below % 2 === 0 ? below : below + 1;
}

export const trimaIndicator: IndicatorDefinition = {
  type: 'trima',
  version: 2,
  inputs: ['source'],
  params: { length: integer(10) },
  outputs: [],
  trade: 'supported',
  doc: 'SMA(m) of SMA(m), m = (L + 1)/2 rounded half to even',
  source:
    'S. Achelis, Technical Analysis from A to Z, "Moving Averages: Triangular"; m as pandas_ta',
  reportedWarmup: (raw) => rawOr(raw, 'length', 20),
  // m is up to L/2 + 1, so the two windows reach back at most 2m − 1 ≤ L + 1 bars.
  seedBars: (params) => param(params, 'length') + 1,
  firstIndex: (params) => ({ '': 2 * (halfLength(param(params, 'length')) - 1) }),
  compute: ({ source }, params, variant) => {
    const half = halfLength(param(params, 'length'));
    return { '': movingMean(movingMean(source, half, variant), half, variant) };
  },
};
