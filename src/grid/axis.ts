import { Big } from 'big.js';
import { shown } from '../card/issues.ts';
import type { AxisScalar, AxisSection } from '../card/sweep-schema.ts';
import { AXIS_VALUES_MAX } from '../limits.ts';

/** The values of one axis. Steps are exact decimals, so 0.1 + 0.2 is 0.3 and not 0.30000000000000004. */
export type { AxisScalar } from '../card/sweep-schema.ts';

export interface AxisMember {
  /** Name in params and in SQL: the axis name, or the member name of a linked axis. */
  readonly column: string;
  /** Concrete keys into the IdeaCard. */
  readonly path: readonly (string | number)[];
  /** The path as written. */
  readonly text: string;
}

export interface Axis {
  readonly name: string;
  readonly members: readonly AxisMember[];
  /** `values[k][member]` */
  readonly values: readonly (readonly AxisScalar[])[];
}

/** A problem below the axis: `key` is the part it is about (`range.stop`). */
export interface AxisFailure {
  readonly key: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type AxisValues = readonly (AxisScalar | readonly AxisScalar[])[];

/** Values of an axis section as written: exactly one of values, range, linspace, logspace. */
export function axisValues(
  section: AxisSection,
): { values: AxisValues } | { failure: AxisFailure } {
  const forms = (['values', 'range', 'linspace', 'logspace'] as const).filter(
    (form) => section[form] !== undefined,
  );
  if (forms.length !== 1) {
    const found = forms.length === 0 ? 'none' : forms.join(' and ');
    return fail(
      [],
      'AXIS_FORM',
      `An axis has one of values, range, linspace, logspace; this one has ${found}.`,
    );
  }
  if (section.values) {
    return section.values.length === 0
      ? fail(['values'], 'AXIS_EMPTY', 'The axis has no values.', 'give it at least one')
      : { values: section.values };
  }
  if (section.range) return rangeValues(section.range);
  if (section.linspace) return spaced(section.linspace, 'linspace', linspace);
  return spaced(section.logspace!, 'logspace', logspace);
}

/** `start, start + step, … stop`, stop included; exact decimals. */
export function rangeValues(range: {
  start: number;
  stop: number;
  step: number;
}): { values: number[] } | { failure: AxisFailure } {
  for (const key of ['start', 'stop', 'step'] as const) {
    if (!Number.isFinite(range[key]))
      return fail(['range', key], 'AXIS_RANGE', `${key} must be a finite number.`);
  }
  const [start, stop, step] = [new Big(range.start), new Big(range.stop), new Big(range.step)];
  if (step.lte(0)) return fail(['range', 'step'], 'AXIS_RANGE', 'step must be above 0.');
  if (stop.lt(start)) {
    return fail(
      ['range', 'stop'],
      'AXIS_EMPTY',
      `The range is empty: stop ${range.stop} is below start ${range.start}.`,
    );
  }
  const steps = stop.minus(start).div(step);
  const whole = steps.round(0, Big.roundDown);
  if (whole.gte(AXIS_VALUES_MAX)) return tooMany(['range'], whole.plus(1).toFixed(0));
  if (!start.plus(whole.times(step)).eq(stop)) {
    const below = start.plus(whole.times(step));
    return fail(
      ['range', 'stop'],
      'AXIS_OFF_LATTICE',
      `stop ${range.stop} is not on the lattice of start ${range.start} and step ${range.step}.`,
      `the nearest values are ${below.toString()} and ${below.plus(step).toString()}`,
    );
  }
  const values = lattice(start, step, Number(whole) + 1);
  return { values };
}

/**
 * count values, evenly spaced, both ends included: start + (stop − start)·n/(count − 1), in decimals
 * of 20 places, rounded to 12 significant digits. count 1 gives start.
 */
export function linspace(start: number, stop: number, count: number): number[] {
  if (count === 1) return [start];
  const [from, to] = [new Big(start), new Big(stop)];
  return Array.from({ length: count }, (_, n) => {
    if (n === count - 1) return stop;
    return Number(
      from
        .plus(
          to
            .minus(from)
            .times(n)
            .div(count - 1),
        )
        .toPrecision(12),
    );
  });
}

/**
 * count values with a constant ratio, both ends included: start·(stop/start)^(n/(count − 1)), in
 * doubles, rounded to 12 significant digits, so that the last bit of `pow` makes no difference.
 * Both ends above 0. count 1 gives start.
 */
export function logspace(start: number, stop: number, count: number): number[] {
  if (count === 1) return [start];
  return Array.from({ length: count }, (_, n) => {
    if (n === 0) return start;
    if (n === count - 1) return stop;
    return Number((start * (stop / start) ** (n / (count - 1))).toPrecision(12));
  });
}

// --- internal ---

/**
 * The double nearest to each decimal. Whole multiples of the last decimal place are added as integers
 * and read back as text, a hundred times faster than decimal sums; beyond 2⁵³ decimals do it.
 */
function lattice(start: Big, step: Big, count: number): number[] {
  const places = Math.max(decimalPlaces(start), decimalPlaces(step));
  const scale = new Big(10).pow(places);
  const [from, by] = [Number(start.times(scale)), Number(step.times(scale))];
  const isSafe = Math.abs(from) + by * count <= Number.MAX_SAFE_INTEGER;
  return Array.from({ length: count }, (_, n) =>
    isSafe ? Number(`${from + by * n}e-${places}`) : start.plus(step.times(n)).toNumber(),
  );
}

function decimalPlaces(value: Big): number {
  return Math.max(0, value.c.length - 1 - value.e);
}

function fail(
  key: readonly (string | number)[],
  code: string,
  message: string,
  hint?: string,
): { failure: AxisFailure } {
  return { failure: { key, code, message, hint } };
}

function tooMany(key: readonly string[], count: string): { failure: AxisFailure } {
  return fail(
    key,
    'AXIS_TOO_LONG',
    `The axis would have ${count} values; ${AXIS_VALUES_MAX} is the limit.`,
    'take a larger step',
  );
}

function spaced(
  section: { start: number; stop: number; count: number },
  form: 'linspace' | 'logspace',
  make: (start: number, stop: number, count: number) => number[],
): { values: number[] } | { failure: AxisFailure } {
  const { start, stop, count } = section;
  for (const key of ['start', 'stop'] as const) {
    const isGood = Number.isFinite(section[key]) && (form === 'linspace' || section[key] > 0);
    if (!isGood) {
      const need = form === 'linspace' ? 'a finite number' : 'a number above 0';
      return fail(
        [form, key],
        'AXIS_RANGE',
        `${key} is ${shown(section[key])}; ${form} needs ${need}.`,
      );
    }
  }
  if (count < 1) return fail([form, 'count'], 'AXIS_EMPTY', 'count must be at least 1.');
  if (count > AXIS_VALUES_MAX) return tooMany([form, 'count'], String(count));
  return { values: make(start, stop, count) };
}
