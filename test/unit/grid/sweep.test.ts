import { describe, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { SweepError } from '../../../src/errors.ts';
import { createGrid } from '../../../src/grid/create-grid.ts';
import { sweepIdentity } from '../../../src/grid/identity.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../../../src/grid/sweep.ts';
import { CARD_TEXT, NOW_MS, sweepOf, sweepText } from '../../support/card-texts.ts';

function failure(text: string, overrides: SweepOverrides = {}): SweepError {
  try {
    resolveSweep(parseCard(text), overrides, NOW_MS);
  } catch (error) {
    if (error instanceof SweepError) return error;
    throw error;
  }
  throw new Error('the sweep was accepted');
}

function codesOf(lines: readonly string[], overrides: SweepOverrides = {}): string[] {
  return failure(sweepText(...lines), overrides).issues.map((issue) => issue.code);
}

const AXES = [
  'axes:',
  '  fast: { path: exec.fast.length, range: { start: 5, stop: 20, step: 5 } }',
  '  slow: { path: exec.slow.length, values: [10, 30] }',
];

describe('a sweep section resolved', () => {
  test('is plain JSON that a worker rebuilds the grid from', () => {
    const sweep = sweepOf(sweepText(...AXES, 'constraints: ["fast < slow"]'));
    const again = JSON.parse(JSON.stringify(sweep)) as Sweep;
    expect(again).toEqual(sweep);
    expect(createGrid(again).cardAt(3)).toEqual(createGrid(sweep).cardAt(3));
    expect(sweep.axes[0]).toEqual({
      name: 'fast',
      members: [
        {
          column: 'fast',
          path: ['tf_configs', 'exec', 'feature_specs', 0, 'params', 'length'],
          text: 'exec.fast.length',
        },
      ],
      values: [[5], [10], [15], [20]],
    });
  });

  test('has defaults for what is left out', () => {
    const sweep = sweepOf(sweepText());
    expect(sweep).toMatchObject({
      name: 'demo',
      profile: 'standard',
      objective: { metric: 'sharpe', direction: 'maximize' },
      precision: 'float64',
      axes: [],
      constraints: [],
      require: [],
      allowShortWarmup: false,
    });
    expect(createGrid(sweep).size).toBe(1);
    expect(createGrid(sweep).nextAdmitted(0)).toBe(0);
    expect(createGrid(sweep).cardAt(0)).toEqual(sweep.card);
  });

  test('takes linked axes, symbols and numeric text', () => {
    const sweep = sweepOf(
      sweepText(
        'axes:',
        '  pair:',
        '    paths: { low: exec.fast.length, high: exec.slow.length }',
        '    values: [[5, 20], [10, 40]]',
        '  symbol: { path: symbol_universe, values: [BTCUSDT, ETHUSDT] }',
        '  level: { path: "signal_rules.entry_rules[0].conditions[1].value", values: ["60", 70] }',
        '  equity: { path: account.starting_equity_usdt, values: ["1000"] }',
      ),
    );
    const grid = createGrid(sweep);
    expect(grid.size).toBe(8);
    expect(grid.params(6)).toEqual({
      low: 10,
      high: 40,
      symbol: 'ETHUSDT',
      level: 60,
      equity: 1000,
    });
    const card = grid.cardAt(6);
    expect(card.symbol_universe).toEqual(['ETHUSDT']);
    expect(card.account.starting_equity_usdt).toBe(1000);
    expect(
      card.tf_configs.exec.feature_specs.slice(0, 2).map((spec) => spec.params['length']),
    ).toEqual([10, 40]);
  });

  test.each<[string, SweepOverrides, number, number]>([
    ['{ start: 2023-02-01, end: 2023-02-03 }', {}, Date.UTC(2023, 1, 1), Date.UTC(2023, 1, 3)],
    [
      '{ start: "2023-02-01T12:00+02:00", end: 2023-02-03T01:30Z }',
      {},
      Date.UTC(2023, 1, 1, 10),
      Date.UTC(2023, 1, 3, 1, 30),
    ],
    ['{ last: 180d }', {}, Date.UTC(2026, 0, 10) - 180 * 86_400_000, Date.UTC(2026, 0, 10)],
    [
      '{ last: 180d }',
      { window: '2024-01-01..2024-02-01' },
      Date.UTC(2024, 0, 1),
      Date.UTC(2024, 1, 1),
    ],
    [
      '{ last: 180d }',
      { window: 'last:4w' },
      Date.UTC(2026, 0, 10) - 28 * 86_400_000,
      Date.UTC(2026, 0, 10),
    ],
  ])('window %s with %j', (window, overrides, startMs, endMs) => {
    const text = `${CARD_TEXT}sweep:\n  window: ${window}\n`;
    expect(sweepOf(text, overrides).window).toEqual({ startMs, endMs });
  });

  test('without any window takes the fallback, else says so', () => {
    const window = { startMs: 0, endMs: 86_400_000 };
    expect(sweepOf(CARD_TEXT, { fallbackWindow: window }).window).toEqual(window);
    expect(failure(CARD_TEXT).issues.map((issue) => issue.code)).toEqual(['WINDOW_MISSING']);
  });

  test.each(['{ last: 999999999999d }', '{ start: 0001-01-01, end: 9999-12-31 }'])(
    'refuses a window of more than a century: %s',
    (window) => {
      const { issues } = failure(`${CARD_TEXT}sweep:\n  window: ${window}\n`);
      expect(issues.map(({ code, path }) => [code, path])).toEqual([['WINDOW', 'sweep.window']]);
    },
  );

  test("an objective has its metric's own direction unless told", () => {
    expect(sweepOf(sweepText('objective: max_drawdown_pct')).objective.direction).toBe('minimize');
    expect(
      sweepOf(sweepText('objective: { metric: max_drawdown_pct, direction: maximize }')).objective
        .direction,
    ).toBe('maximize');
    expect(sweepOf(sweepText(), { objective: 'calmar:minimize' }).objective).toEqual({
      metric: 'calmar',
      direction: 'minimize',
    });
  });
});

describe('problems of a sweep', () => {
  test.each<[string[], SweepOverrides, string[]]>([
    [['axes: { fast: { path: exec.fsat.length, values: [1] } }'], {}, ['PATH_NOT_FOUND']],
    [['axes: { fast: { path: exec.fast.length, values: [] } }'], {}, ['AXIS_EMPTY']],
    [['axes: { fast: { path: exec.fast.length } }'], {}, ['AXIS_FORM']],
    [['axes: { fast: { values: [1] } }'], {}, ['AXIS_FORM']],
    [
      ['axes: { fast: { path: exec.fast.length, range: { start: 5, stop: 52, step: 5 } } }'],
      {},
      ['AXIS_OFF_LATTICE'],
    ],
    [['axes: { fast: { path: exec.fast.length, values: [5, 6, 5] } }'], {}, ['AXIS_DUPLICATE']],
    [
      ['axes: { fast: { path: account.starting_equity_usdt, values: [5, "5"] } }'],
      {},
      ['AXIS_DUPLICATE'],
    ],
    [['axes: { fast: { path: exec.fast.length, values: [5, .inf] } }'], {}, ['INVALID_TYPE']],
    [['axes: { Fast: { path: exec.fast.length, values: [5] } }'], {}, ['AXIS_NAME']],
    [['axes: { sharpe: { path: exec.fast.length, values: [5] } }'], {}, ['AXIS_NAME']],
    [['axes: { point_index: { path: exec.fast.length, values: [5] } }'], {}, ['AXIS_NAME']],
    [['axes: { not: { path: exec.fast.length, values: [5] } }'], {}, ['AXIS_NAME']],
    [['axes: { tf: { path: tf_configs.exec.tf, values: [5m] } }'], {}, ['NOT_YET']],
    [['axes: { x: { path: risk_model.stop_loss, values: [5] } }'], {}, ['PATH_NOT_A_VALUE']],
    [['axes: { x: { path: description, values: [a, b] } }'], {}, ['PATH_WITHOUT_EFFECT']],
    [['axes: { x: { path: exec.fast.length, values: [[1, 2]] } }'], {}, ['AXIS_TUPLE']],
    [
      [
        'axes: { x: { paths: { a: exec.fast.length, b: exec.slow.length }, values: [[1, 2], [3]] } }',
      ],
      {},
      ['AXIS_TUPLE'],
    ],
    [
      [
        'axes: { x: { path: exec.fast.length, values: [1] }, y: { path: exec.fast.length, values: [2] } }',
      ],
      {},
      ['AXIS_PATH_TWICE'],
    ],
    [[...AXES, 'constraints: ["fast <"]'], {}, ['EXPRESSION_SYNTAX']],
    [[...AXES, 'constraints: ["fast < slwo"]'], {}, ['UNKNOWN_NAME']],
    [['require: ["total_trade > 3"]'], {}, ['UNKNOWN_NAME']],
    [['objective: sharp'], {}, ['UNKNOWN_METRIC']],
    [['objective: profit_factor_mode'], {}, ['UNKNOWN_METRIC']],
    [['name: "a b"'], {}, ['SWEEP_NAME']],
    [['search: { method: sobol, limit: 10, seed: 1 }'], {}, ['NOT_YET']],
    [['keep: { finalists: 20, metrics: [sharpe] }'], {}, ['NOT_YET', 'NOT_YET']],
    [[], { profile: 'stndard' }, ['INVALID_VALUE']],
    [[], { window: '2024-01-01' }, ['WINDOW']],
    [[], { window: '2024-02-01..2024-01-01' }, ['WINDOW']],
    [[], { set: ['account.max_leverage'] }, ['SET_FLAG']],
    [[], { set: ['account.max_leverag=3'] }, ['PATH_NOT_FOUND']],
    [[], { set: ['account.max_leverage=0'] }, ['INVALID_VALUE']],
    [[], { set: ['exec.fast.length=0'] }, ['INVALID_PARAM']],
    [[], { axis: ['fast'] }, ['AXIS_FLAG']],
    [AXES, { axis: ['fsat=1,2'] }, ['AXIS_UNKNOWN']],
  ])('%j %j is refused as %j', (lines, overrides, codes) => {
    const text = sweepText(...lines);
    const found = (() => {
      try {
        return failure(text, overrides).issues;
      } catch (error) {
        if (error instanceof SweepError) return error.issues;
        throw error;
      }
    })();
    expect(found.map((issue) => issue.code)).toEqual(codes);
  });

  test('are reported all at once, in their places', () => {
    const text = sweepText(
      'axes:',
      '  fast: { path: exec.fsat.length, range: { start: 5, stop: 52, step: 5 } }',
      'constraints: ["fast < 3"]',
      'objective: sharp',
    );
    const { issues, message } = failure(text);
    expect(message).toContain('3 problems');
    expect(issues.map(({ path, line, column }) => [path, line, column])).toEqual([
      ['sweep.axes.fast.path', 32, 13],
      ['sweep.axes.fast.range.stop', 32, 56],
      ['sweep.objective.metric', 34, 3],
    ]);
  });

  test('a grid emptied by its constraints is refused', () => {
    const error = failure(sweepText(...AXES, 'constraints: ["fast > slow * 9"]'));
    expect([error.code, error.hint]).toEqual(['GRID_EMPTY', 'loosen one of: fast > slow * 9']);
  });

  test('a grid of which the card can take no point is refused', () => {
    const error = failure(
      sweepText('axes: { fast: { path: exec.fast.length, values: [0, -1, 2.5] } }'),
    );
    expect(error.code).toBe('GRID_EMPTY');
    expect(error.message).toContain('must be at least 1');
  });

  test('strict refuses traps', () => {
    expect(codesOf([], { strict: true })).toEqual(['UNUSED_FEATURE']);
  });
});

describe('flags', () => {
  test('a name that cannot be used is blamed on the flag, not on a line of the card', () => {
    const { issues } = failure(sweepText('name: fine'), { name: 'a b' });
    expect(issues).toMatchObject([
      { path: '--name', message: expect.stringMatching(/^"a b" is no sweep name/) },
    ]);
    expect(issues[0]).not.toHaveProperty('line');
  });

  test('--axis replaces in place, appends by path, and names what it appends', () => {
    const sweep = sweepOf(sweepText(...AXES), {
      axis: ['fast=2..4', 'exec.rsi.length=7,14', 'stop:risk_model.stop_loss.value=0.5..1.5:0.5'],
    });
    expect(sweep.axes.map(({ name, values }) => [name, values.flat()])).toEqual([
      ['fast', [2, 3, 4]],
      ['slow', [10, 30]],
      ['rsi_length', [7, 14]],
      ['stop', [0.5, 1, 1.5]],
    ]);
  });

  test('--axis gives a linked axis its tuples, and paths may hold selectors', () => {
    const linked = [
      'axes:',
      '  pair: { paths: { a: exec.fast.length, b: exec.slow.length }, values: [[1, 2]] }',
    ];
    const sweep = sweepOf(sweepText(...linked), {
      axis: [
        'pair=5/20,10/40',
        'signal_rules.entry_rules[0].conditions[indicator_key=rsi].value=60,70',
      ],
    });
    expect(sweep.axes.map(({ name, values }) => [name, values])).toEqual([
      [
        'pair',
        [
          [5, 20],
          [10, 40],
        ],
      ],
      ['conditions_value', [[60], [70]]],
    ]);
  });

  test('--set changes the base card', () => {
    const sweep = sweepOf(sweepText(), {
      set: ['exec.fast.length=5', 'risk_model.stop_loss.value=1.5', 'symbol_universe=BTCUSDT'],
    });
    expect(sweep.card.tf_configs.exec.feature_specs[0]?.params['length']).toBe(5);
    expect(sweep.card.risk_model?.stop_loss?.value).toBe(1.5);
    expect(sweep.card.symbol_universe).toEqual(['BTCUSDT']);
  });
});

describe('identity', () => {
  const inputs = { engineVersion: '1', candleDigest: 'abc' };
  const base = sweepOf(sweepText(...AXES));
  const identity = sweepIdentity(base, inputs);

  test('does not change with name, objective and require', () => {
    const other = sweepOf(
      sweepText(...AXES, 'name: other', 'objective: calmar', 'require: ["sharpe > 0"]'),
    );
    expect(sweepIdentity(other, inputs)).toBe(identity);
  });

  test.each<[string, Sweep]>([
    ['values', sweepOf(sweepText(...AXES), { axis: ['fast=5,10'] })],
    ['order of axes', { ...base, axes: base.axes.toReversed() }],
    ['constraints', sweepOf(sweepText(...AXES, 'constraints: ["fast < slow"]'))],
    ['card', sweepOf(sweepText(...AXES), { set: ['account.slippage_bps=3'] })],
    ['profile', { ...base, profile: 'trade' }],
    ['window', sweepOf(sweepText(...AXES), { window: 'last:30d' })],
    ['precision', { ...base, precision: 'float32' }],
  ])('changes with %s', (_, sweep) => {
    expect(sweepIdentity(sweep, inputs)).not.toBe(identity);
  });

  test('changes with the candles and the engine', () => {
    expect(sweepIdentity(base, { ...inputs, candleDigest: 'abd' })).not.toBe(identity);
    expect(sweepIdentity(base, { ...inputs, engineVersion: '2' })).not.toBe(identity);
  });
});
