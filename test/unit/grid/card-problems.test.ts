import { describe, expect, test } from 'vitest';
import { inspectCard } from '../../../src/card/parse.ts';
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
