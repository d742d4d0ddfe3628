import {
  integer,
  param,
  rawOr,
  WILDER_SEED_LENGTHS,
  type IndicatorDefinition,
} from './definition.ts';
import { rma, seededEwm, wilder } from './ewm.ts';
import { directionalMovement, trueRange } from './range.ts';
import { nans } from './rolling.ts';

/** Bars between the two adx values whose mean is adxr, as in the reference (Wilder has L − 1). */
const RATING_BARS = 2;

export const adxIndicator: IndicatorDefinition = {
  type: 'adx',
  version: 2,
  inputs: ['high', 'low', 'source'],
  params: { length: integer(14) },
  outputs: ['adx', 'dmp', 'dmn', 'adxr'],
  trade: 'supported',
  doc: 'dmp, dmn = 100·RMA(±DM)/ATR without the first bar; adx = RMA of 100·|dmp − dmn|/(dmp + dmn); adxr = mean of adx now and two bars earlier',
  source: 'J. W. Wilder, New Concepts in Technical Trading Systems (1978), section IV',
  reportedWarmup: (raw) => 2 * rawOr(raw, 'length', 14),
  // Two Wilder averages, one of the other.
  seedBars: (params) => 2 * WILDER_SEED_LENGTHS * param(params, 'length') + RATING_BARS,
  firstIndex: (params) => {
    // With one bar the true range has no value at row 0, and the averages begin at row 1.
    const first = Math.max(param(params, 'length') - 1, 1);
    return { adx: first, dmp: first, dmn: first, adxr: first + RATING_BARS };
  },
  compute: (inputs, params, variant) => {
    const length = param(params, 'length');
    const range = trueRange(inputs, inputs.source, variant);
    if (range.length > 0) range[0] = Number.NaN;
    const average = seededEwm(range, wilder(length), variant);
    const { plus, minus } = directionalMovement(inputs);
    const dmp = rma(plus, length);
    const dmn = rma(minus, length);
    const dx = range;
    for (let i = 0; i < dx.length; i++) {
      const scale = 100 / average[i]!;
      dmp[i] = scale * dmp[i]!;
      dmn[i] = scale * dmn[i]!;
      dx[i] = (100 * Math.abs(dmp[i]! - dmn[i]!)) / (dmp[i]! + dmn[i]!);
    }
    const adx = rma(dx, length);
    const adxr = nans(adx.length);
    for (let i = RATING_BARS; i < adx.length; i++) {
      adxr[i] = 0.5 * (adx[i]! + adx[i - RATING_BARS]!);
    }
    return { adx, dmp, dmn, adxr };
  },
};
