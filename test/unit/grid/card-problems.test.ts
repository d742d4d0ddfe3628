import { describe, expect, test } from 'vitest';
import { inspectCard } from '../../../src/card/parse.ts';
import type { StrategyCode } from '../../../src/card/strategy-code.ts';
import { cardProblems } from '../../../src/grid/card-problems.ts';
import { NOW_MS, sweepText } from '../../support/card-texts.ts';

const codesOf = (...lines: string[]) =>
  cardProblems(inspectCard(sweepText(...lines)), {}, NOW_MS).map(({ path, code }) => [path, code]);

describe('the problems of a sweep section that has an ill-formed part', () => {
  test('are told with those of its other parts', () => {
    const found = codesOf(
      'unknwn: 3',
      'axes:',
      '  fast: { path: exec.fst.length, values: [5] }',
      '  slow: { path: exec.slow.length, values: 5 }',
      'constraints: ["fast < ", "slow > 3", "fost < 3"]',
      'objective: { metric: sharpe, direction: up }',
      'require: ["sharp > 1"]',
      'keep: { finalists: 3 }',
    );
    expect(found).toEqual([
      ['sweep.unknwn', 'UNKNOWN_KEY'],
      ['sweep.axes.fast.path', 'PATH_NOT_FOUND'],
      ['sweep.axes.slow.values', 'INVALID_TYPE'],
      ['sweep.constraints[0]', 'EXPRESSION_SYNTAX'],
      ['sweep.constraints[2]', 'UNKNOWN_NAME'],
      ['sweep.objective.direction', 'INVALID_VALUE'],
      ['sweep.require[0]', 'UNKNOWN_NAME'],
      ['sweep.keep.finalists', 'NOT_YET'],
    ]);
  });

  test('do not repeat what was said of that part', () => {
    expect(codesOf('window: { start: 2023-02-01, end: 5, until: x }')).toEqual([
      ['sweep.window.end', 'INVALID_TYPE'],
      ['sweep.window.until', 'UNKNOWN_KEY'],
    ]);
    expect(codesOf('axes: { slow: { path: exec.slow.length, value: [5] } }')).toEqual([
      ['sweep.axes.slow.value', 'UNKNOWN_KEY'],
    ]);
  });
});

describe('the problems of a sweep section whose card is broken', () => {
  const SOUND = [
    'profile: trade',
    'axes:',
    '  fast: { path: exec.fast.length, values: [5, 9] }',
    '  line: { path: exec.macd.signal, values: [7, 9] }',
    '  level: { path: "signal_rules.entry_rules[0].conditions[indicator_key=rsi].value", values: [60] }',
    '  stop: { path: risk_model.stop_loss.value, values: [1, 2] }',
    '  lever: { path: account.max_leverage, values: [2] }',
    'constraints: ["fast < line"]',
  ];
  const broken = (from: string, to: string, lines: readonly string[]) => {
    const text = sweepText(...lines);
    if (!text.includes(from)) throw new Error(`card text has no ${from}`);
    return cardProblems(inspectCard(text.replace(from, to)), {}, NOW_MS);
  };

  test('are told with those of the card', () => {
    const found = broken('max_leverage: 3, min', 'max_leverage: many, min', [
      'axes:',
      '  fast: { path: exec.fsat.length, values: [5] }',
      '  slow: { path: exec.slow.length, values: [] }',
      '  stop: { path: risk_model.stop_los.value, values: [2] }',
    ]);
    expect(found.map(({ path, code }) => [path, code])).toEqual([
      ['account.max_leverage', 'INVALID_MAX_LEVERAGE'],
      ['sweep.axes.fast.path', 'PATH_NOT_FOUND'],
      ['sweep.axes.slow.values', 'AXIS_EMPTY'],
      ['sweep.axes.stop.path', 'PATH_NOT_FOUND'],
    ]);
    expect(found.every(({ line }) => line !== undefined)).toBe(true);
  });

  test('are told where only rules of the card are broken', () => {
    const found = broken('value: slow, is', 'value: slwo, is', [
      'axes: { fast: { path: exec.fsat.length, values: [5] } }',
    ]);
    expect(found.map(({ code }) => code)).toEqual(['UNDECLARED_FEATURE', 'PATH_NOT_FOUND']);
  });

  test('speak of a strategy whose code is at hand as of no problem', () => {
    const strategy = { file: './own.ts', code: '', hash: '' } as unknown as StrategyCode;
    const text = sweepText('unknwn: 3').replace('risk_model:', 'strategy: ./own.ts\nrisk_model:');
    const found = cardProblems({ ...inspectCard(text), strategy }, {}, NOW_MS);
    expect(found.map(({ path }) => path)).toEqual(['sweep.unknwn']);
  });

  test.each([
    ['a missing id', 'id: demo\n', ''],
    ['a missing account', /account: .*\n/.exec(sweepText())?.[0] ?? '', ''],
    ['no number of leverage', 'max_leverage: 3, min', 'max_leverage: [], min'],
    ['a broken timeframe', 'tf: 15m', 'tf: fortnight'],
    ['specs that are no list', 'feature_specs:', 'feature_specs: 5\n    other:'],
    ['a column without its name', 'output_key: fast, ', ''],
    ['an unknown indicator', 'indicator_type: macd', 'indicator_type: mcad'],
    ['params that are no map', 'params: { length: 9 }', 'params: 9'],
    ['a text as a length', 'length: 9', 'length: nine'],
    ['rules that are no map', 'signal_rules:', 'signal_rules: 5\nother:'],
    ['an unknown operator', 'operator: lt', 'operator: below'],
    ['a condition without its column', 'indicator_key: rsi, ', ''],
    ['a stop that is no map', 'stop_loss: { type: percent, value: 2 }', 'stop_loss: 2'],
    ['an unknown stop', 'type: percent, value: 2', 'type: percnet, value: 2'],
    ['a risk model that is no map', 'risk_model:', 'risk_model: 5\nother:'],
  ])('are none for a sound section: %s', (_what, from, to) => {
    const found = broken(from, to, SOUND);
    expect(found).not.toEqual([]);
    expect(found.filter(({ path }) => path.startsWith('sweep'))).toEqual([]);
    expect(JSON.stringify(found)).not.toContain('repaired-value');
  });
});
