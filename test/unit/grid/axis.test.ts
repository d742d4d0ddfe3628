import { describe, expect, test } from 'vitest';
import { axisValues, linspace, logspace, rangeValues } from '../../../src/grid/axis.ts';
import { AXIS_VALUES_MAX } from '../../../src/limits.ts';

function failureOf(section: Parameters<typeof axisValues>[0]) {
  const result = axisValues(section);
  return 'failure' in result ? result.failure : undefined;
}

describe('range', () => {
  test('is an exact decimal lattice, stop included', () => {
    expect(rangeValues({ start: 0.1, stop: 0.5, step: 0.1 })).toEqual({
      values: [0.1, 0.2, 0.3, 0.4, 0.5],
    });
    expect(rangeValues({ start: -0.3, stop: 0.3, step: 0.15 })).toEqual({
      values: [-0.3, -0.15, 0, 0.15, 0.3],
    });
    expect(rangeValues({ start: 1e-7, stop: 3e-7, step: 1e-7 })).toEqual({
      values: [1e-7, 2e-7, 3e-7],
    });
    expect(rangeValues({ start: 5, stop: 5, step: 3 })).toEqual({ values: [5] });
  });

  test('holds the double nearest to each decimal, over ten thousand steps', () => {
    const result = rangeValues({ start: 0, stop: 1000, step: 0.1 });
    const values = 'values' in result ? result.values : [];
    expect(values.length).toBe(10_001);
    expect(values.every((value, n) => value === Number((n / 10).toFixed(1)))).toBe(true);
  });

  test('a stop off the lattice names the nearest values', () => {
    expect(failureOf({ range: { start: 5, stop: 52, step: 5 } })).toMatchObject({
      code: 'AXIS_OFF_LATTICE',
      key: ['range', 'stop'],
      hint: 'the nearest values are 50 and 55',
    });
    expect(failureOf({ range: { start: 0.1, stop: 0.35, step: 0.1 } })?.hint).toBe(
      'the nearest values are 0.3 and 0.4',
    );
  });

  test.each([
    [{ start: 5, stop: 4, step: 1 }, 'AXIS_EMPTY'],
    [{ start: 5, stop: 9, step: 0 }, 'AXIS_RANGE'],
    [{ start: 5, stop: 9, step: -1 }, 'AXIS_RANGE'],
    [{ start: Number.NaN, stop: 9, step: 1 }, 'AXIS_RANGE'],
    [{ start: 0, stop: Infinity, step: 1 }, 'AXIS_RANGE'],
    [{ start: 0, stop: AXIS_VALUES_MAX, step: 1 }, 'AXIS_TOO_LONG'],
    [{ start: 0, stop: 1e300, step: 1e-300 }, 'AXIS_TOO_LONG'],
  ])('%j is refused as %s', (range, code) => {
    expect(failureOf({ range })?.code).toBe(code);
  });
});

describe('linspace and logspace', () => {
  test('hold both ends and space evenly between', () => {
    expect(linspace(0.5, 4, 8)).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
    expect(linspace(0, 1, 4)).toEqual([0, 0.333333333333, 0.666666666667, 1]);
    expect(linspace(3, 9, 1)).toEqual([3]);
    expect(linspace(4, 0, 3)).toEqual([4, 2, 0]);
    expect(logspace(0.1, 10, 3)).toEqual([0.1, 1, 10]);
    expect(logspace(1, 8, 4)).toEqual([1, 2, 4, 8]);
    expect(logspace(0.1, 2, 5)).toEqual([0.1, 0.211474252688, 0.4472135955, 0.945741609003, 2]);
  });

  test.each([
    [{ linspace: { start: 1, stop: 2, count: 0 } }, 'AXIS_EMPTY'],
    [{ logspace: { start: 0, stop: 2, count: 3 } }, 'AXIS_RANGE'],
    [{ logspace: { start: 1, stop: -2, count: 3 } }, 'AXIS_RANGE'],
    [{ linspace: { start: 1, stop: 2, count: 1e9 } }, 'AXIS_TOO_LONG'],
    [{ values: [] }, 'AXIS_EMPTY'],
    [{}, 'AXIS_FORM'],
    [{ values: [1], range: { start: 1, stop: 2, step: 1 } }, 'AXIS_FORM'],
  ])('%j is refused as %s', (section, code) => {
    expect(failureOf(section)?.code).toBe(code);
  });
});
