import { describe, expect, test } from 'vitest';
import { createGrid } from '../../../src/grid/create-grid.ts';
import type { Grid } from '../../../src/grid/grid.ts';
import { findTraps } from '../../../src/grid/traps.ts';
import { gridOf, sweepOf, sweepText } from '../../support/card-texts.ts';
import { cpuMs } from '../../support/cpu-time.ts';

function pointsOf(grid: Grid): number[] {
  return Array.from({ length: grid.size }, (_, index) => index);
}

/** A grid of n axes with 1,000 values each. */
function cube(...constraints: string[]) {
  const paths = ['exec.fast.length', 'exec.slow.length', 'exec.rsi.length', 'exec.atr.length'];
  const axes = ['a', 'b', 'c', 'd'].map(
    (name, n) => `  ${name}: { path: ${paths[n]}, range: { start: 1, stop: 1000, step: 1 } }`,
  );
  const text = constraints.length === 0 ? [] : [`constraints: ${JSON.stringify(constraints)}`];
  return gridOf('axes:', ...axes, ...text);
}

describe('a grid of 10¹² points', () => {
  test('is made, counted and walked without being enumerated', () => {
    const started = cpuMs();
    const grid = cube('a < b', 'c > 990', 'd % 500 == 0');
    expect(grid.size).toBe(1e12);
    expect(grid.countAdmitted()).toEqual({ count: 499_500 * 10 * 2, isEstimated: false });
    expect(grid.params(grid.nextAdmitted(0))).toEqual({ a: 1, b: 2, c: 991, d: 500 });
    expect(grid.params(grid.nextAdmitted(998e9))).toEqual({ a: 999, b: 1000, c: 991, d: 500 });
    expect(grid.params(grid.nextAdmitted(998e9 + 999e6 + 995e3))).toEqual({
      a: 999,
      b: 1000,
      c: 996,
      d: 500,
    });
    expect(grid.nextAdmitted(999e9)).toBe(grid.size);
    expect(cpuMs() - started).toBeLessThan(5000);
  });

  test('skips what no continuation can admit, at once', () => {
    const grid = cube('a == 1000 && d == 1000');
    grid.nextAdmitted(0);
    const started = cpuMs();
    expect(grid.nextAdmitted(1)).toBe(999 * 1e9 + 999);
    expect(cpuMs() - started).toBeLessThan(50);
  });

  test('takes the memory of a small one', () => {
    const sizes = [cube(), gridOf()].map((grid) => grid.size);
    const before = process.memoryUsage().heapUsed;
    const grids = Array.from({ length: 5 }, () => cube());
    const perGrid = (process.memoryUsage().heapUsed - before) / grids.length;
    expect(sizes).toEqual([1e12, 1]);
    // The axes themselves: 4,000 rows, some text and the parsed card.
    expect(perGrid).toBeLessThan(4e6);
  });

  test('a constraint over too many combinations is estimated, and a warning says so', () => {
    const lines = [
      'axes:',
      ...['fast', 'slow', 'rsi'].map(
        (name) =>
          `  ${name}: { path: exec.${name}.length, range: { start: 1, stop: 300, step: 1 } }`,
      ),
    ];
    const sweep = sweepOf(sweepText(...lines, 'constraints: ["fast + slow + rsi <= 450"]'));
    const grid = createGrid(sweep);
    const { count, isEstimated } = grid.countAdmitted();
    expect(isEstimated).toBe(true);
    expect(count / grid.size).toBeGreaterThan(0.48);
    expect(count / grid.size).toBeLessThan(0.52);
    expect(grid.params(grid.nextAdmitted(299 * 300 * 300))).toEqual({ fast: 300, slow: 1, rsi: 1 });
    expect(findTraps(sweep, grid).map((issue) => issue.code)).toContain('CONSTRAINT_TOO_LARGE');
  });

  test('whose points are no exact integers any more is refused', () => {
    const values = '{ start: 1, stop: 100000, step: 1 }';
    const lines = ['fast', 'slow', 'rsi', 'atr'].map(
      (name) => `  ${name}: { path: exec.${name}.length, range: ${values} }`,
    );
    expect(() => gridOf('axes:', ...lines)).toThrow(/more than 9007199254740991 points/);
  });
});

describe('refused points', () => {
  test('are found per value and per pair within one indicator', () => {
    const grid = gridOf(
      'axes:',
      '  fast: { path: exec.macd.fast, values: [0, 10, 20] }',
      '  slow: { path: exec.macd.slow, values: [15, 30] }',
      '  stop: { path: risk_model.stop_loss.value, values: [-1, 2] }',
      '  policy: { path: position_policy.mode, values: [long_only, short_only, both] }',
    );
    const ok = pointsOf(grid).filter((index) => grid.refusal(index) === undefined);
    expect(ok.map((index) => grid.params(index))).toEqual([
      { fast: 10, slow: 15, stop: 2, policy: 'long_only' },
      { fast: 10, slow: 30, stop: 2, policy: 'long_only' },
      { fast: 20, slow: 30, stop: 2, policy: 'long_only' },
    ]);
    expect(grid.countRefused()).toBe(33);
    expect(grid.countRunnable()).toEqual({ count: 3, isEstimated: false });
    const refusals = pointsOf(grid).map((index) => grid.refusal(index)?.code);
    expect(new Set(refusals)).toEqual(
      new Set([undefined, 'INVALID_VALUE', 'INVALID_PARAM', 'DIRECTION_NOT_ALLOWED']),
    );
  });

  test('do not depend on other indicators or on values of the base card that an axis replaces', () => {
    const grid = gridOf(
      'axes: { fast: { path: exec.macd.fast, values: [30] }, slow: { path: exec.macd.slow, values: [40] } }',
    );
    expect(grid.refusal(0)).toBeUndefined();
  });

  test('count in profile trade by its own limits', () => {
    const text = sweepText(
      'profile: trade',
      'axes: { slow: { path: exec.slow.length, values: [333, 334] } }',
    );
    const grid = createGrid(sweepOf(text));
    expect([0, 1].map((index) => grid.refusal(index)?.code)).toEqual([
      undefined,
      'WARMUP_TOO_LARGE',
    ]);
  });

  test('that constraints reject anyway are not counted', () => {
    const axes = ['axes: { fast: { path: exec.fast.length, values: [0, 5] } }'];
    expect(gridOf(...axes).countRefused()).toBe(1);
    expect(gridOf(...axes, 'constraints: ["fast > 0"]').countRefused()).toBe(0);
  });
});

describe('traps of a sweep', () => {
  const codesOf = (...lines: string[]) => {
    const sweep = sweepOf(sweepText(...lines));
    return findTraps(sweep, createGrid(sweep))
      .map((issue) => issue.code)
      .filter((code) => code !== 'UNUSED_FEATURE');
  };

  test.each([
    ['exec.atr.length', '[5, 6]'],
    ['account.max_leverage', '[1, 2]'],
    ['account.fee_model.maker_bps', '[1, 2]'],
    ['risk_model.stop_loss.buffer_pct', '[1, 2]'],
    ['bars_history_required', '[1, 2]'],
    ['"signal_rules.entry_rules[0].conditions[1].prev_offset"', '[1, 2]'],
  ])('an axis over %s changes nothing', (path, values) => {
    expect(codesOf(`axes: { x: { path: ${path}, values: ${values} } }`)).toContain(
      'AXIS_WITHOUT_EFFECT',
    );
  });

  test('an axis over account.max_leverage says what the leverage is instead', () => {
    const axes = 'axes: { x: { path: account.max_leverage, values: [1, 2] } }';
    const messageOf = (text: string) => {
      const sweep = sweepOf(text);
      return findTraps(sweep, createGrid(sweep)).find(({ path }) => path === 'sweep.axes.x')
        ?.message;
    };
    const text = sweepText(axes);
    expect(messageOf(text)).toContain('is replaced by risk_model.sizing.max_leverage');
    const withoutRisk = text.replace(/^risk_model:\n( +.*\n)+/m, '');
    expect(withoutRisk).not.toContain('risk_model');
    expect(messageOf(withoutRisk)).toContain('the leverage is 1');
  });

  test('C2: a region of the grid that can never trade in profile trade', () => {
    const axes = 'axes: { stop: { path: risk_model.stop_loss.value, values: [0.1, 0.2, 1, 2] } }';
    expect(codesOf(axes)).toEqual([]);
    expect(codesOf('profile: trade', axes)).toEqual(['PARTLY_NEVER_TRADES']);
  });

  test('a part of the grid that is liquidated before its stop is named', () => {
    const axes =
      'axes: { leverage: { path: risk_model.sizing.max_leverage, values: [3, 100, 300] } }';
    expect(codesOf(axes)).toEqual(['PARTLY_LIQUIDATED_FIRST']);
  });

  test('a grid that can never trade at all is named as a whole', () => {
    const level =
      'axes: { level: { path: "signal_rules.entry_rules[0].conditions[1].value", values: [-1, -5] } }';
    expect(codesOf(level)).toEqual(['NEVER_TRADES']);
  });
});
