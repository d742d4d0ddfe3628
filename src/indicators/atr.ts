import {
  integer,
  param,
  rawOr,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
} from './definition.ts';
import { seededEwm, wilder } from './ewm.ts';
import { trueRange } from './range.ts';

export const atrIndicator: IndicatorDefinition = {
  type: 'atr',
  version: 2,
  inputs: ['high', 'low', 'close'],
  params: { length: integer(14) },
  outputs: [],
  trade: 'supported',
  doc: 'Wilder average of the true range, begun with the mean of the first L true ranges',
  source: 'J. W. Wilder, New Concepts in Technical Trading Systems (1978), section III',
  reportedWarmup: (raw) => rawOr(raw, 'length', 14) + 1,
  seedBars: (params) => WILDER_SEED_LENGTHS * param(params, 'length'),
  firstIndex: (params) => ({ '': param(params, 'length') - 1 }),
  compute: (inputs, params, variant, out) => {
    const length = param(params, 'length');
    const range = trueRange(inputs, inputs.close, variant);
    return { '': seededEwm(range, wilder(length), variant, out && { out }) };
  },
};
