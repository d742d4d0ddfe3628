import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { barRange } from './range.ts';
import { movingSum } from './online-sum.ts';

export const cmfIndicator: IndicatorDefinition = {
  type: 'cmf',
  version: 2,
  inputs: ['high', 'low', 'source', 'volume'],
  params: { length: integer(20) },
  outputs: [],
  trade: 'supported',
  doc: 'Σ (2x − (h + l))·(v/(h − l)) / Σ v over L bars',
  source: 'M. Chaikin, Chaikin Money Flow; Achelis, Technical Analysis from A to Z',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: (inputs, params, variant) => {
    const { high, low, source, volume } = inputs;
    const length = param(params, 'length');
    const flow = barRange(inputs, variant);
    for (let i = 0; i < flow.length; i++) {
      flow[i] = (2 * source[i]! - (high[i]! + low[i]!)) * (volume[i]! / flow[i]!);
    }
    const out = movingSum(flow, length, variant);
    const total = movingSum(volume, length, variant);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! / total[i]!;
    return { '': out };
  },
};
