import {
  integer,
  param,
  rawOr,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
} from './definition.ts';
import { rma } from './ewm.ts';
import { directionalMovement } from './range.ts';

export const dmIndicator: IndicatorDefinition = {
  type: 'dm',
  version: 1,
  inputs: ['high', 'low'],
  params: { length: integer(14) },
  outputs: ['dmp', 'dmn'],
  trade: 'supported',
  doc: 'Wilder averages of +DM and −DM, in price units',
  source: 'J. W. Wilder, New Concepts in Technical Trading Systems (1978), section IV',
  reportedWarmup: (raw) => rawOr(raw, 'length', 0),
  seedBars: (params) => WILDER_SEED_LENGTHS * param(params, 'length'),
  firstIndex: () => ({ dmp: 1, dmn: 1 }),
  compute: (inputs, params) => {
    const length = param(params, 'length');
    const { plus, minus } = directionalMovement(inputs);
    return { dmp: rma(plus, length), dmn: rma(minus, length) };
  },
};
