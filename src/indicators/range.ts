import type { IndicatorInputs, IndicatorVariant } from './definition.ts';
import { nans } from './rolling.ts';

/** The spacing of doubles at 1, which the reference adds to a range of zero before dividing by it. */
export const EPSILON = 2.220446049250313e-16;

/**
 * Keeps a range that is divided by away from zero, in place. `standard` lifts the flat rows alone.
 * The reference lifts *every* row when any row of the frame is flat, so that in `trade` a future flat
 * bar changes past values (B14).
 */
export function liftZeros(range: Float64Array, variant: IndicatorVariant): Float64Array {
  if (variant === 'standard') {
    for (let i = 0; i < range.length; i++) if (range[i] === 0) range[i] = EPSILON;
    return range;
  }
  if (!range.includes(0)) return range;
  for (let i = 0; i < range.length; i++) range[i] = range[i]! + EPSILON;
  return range;
}

/** high − low of each bar, lifted from zero. */
export function barRange(inputs: IndicatorInputs, variant: IndicatorVariant): Float64Array {
  const { high, low } = inputs;
  const range = new Float64Array(high.length);
  for (let i = 0; i < range.length; i++) range[i] = high[i]! - low[i]!;
  return liftZeros(range, variant);
}

/** max(high − low, |high − c₋₁|, |c₋₁ − low|); the first bar has high − low alone. */
export function trueRange(
  inputs: IndicatorInputs,
  close: Float64Array,
  variant: IndicatorVariant,
): Float64Array {
  const { high, low } = inputs;
  const out = barRange(inputs, variant);
  for (let i = 1; i < out.length; i++) {
    const previous = close[i - 1]!;
    const up = Math.abs(high[i]! - previous);
    const down = Math.abs(previous - low[i]!);
    out[i] = Math.max(Math.abs(out[i]!), up, down);
  }
  return out;
}

/** Wilder's +DM and −DM: the larger of the two moves beyond the previous bar, if it is positive. */
export function directionalMovement(inputs: IndicatorInputs): {
  plus: Float64Array;
  minus: Float64Array;
} {
  const { high, low } = inputs;
  const plus = nans(high.length);
  const minus = nans(high.length);
  for (let i = 1; i < high.length; i++) {
    const up = high[i]! - high[i - 1]!;
    const down = low[i - 1]! - low[i]!;
    plus[i] = up > down && up >= EPSILON ? up : 0;
    minus[i] = down > up && down >= EPSILON ? down : 0;
  }
  return { plus, minus };
}

/** (high + low + x)/3, x the source in the place of the close. */
export function typicalPrice(inputs: IndicatorInputs): Float64Array {
  const { high, low, source } = inputs;
  const out = new Float64Array(source.length);
  for (let i = 0; i < out.length; i++) out[i] = (high[i]! + low[i]! + source[i]!) / 3;
  return out;
}

/** (high + low)/2. */
export function midPrice(inputs: IndicatorInputs): Float64Array {
  const { high, low } = inputs;
  const out = new Float64Array(high.length);
  for (let i = 0; i < out.length; i++) out[i] = (high[i]! + low[i]!) / 2;
  return out;
}
