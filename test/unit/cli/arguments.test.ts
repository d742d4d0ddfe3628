import { describe, expect, test } from 'vitest';
import { checkArguments, repeatedFlag } from '../../../src/cli/arguments.ts';
import { didYouMean } from '../../../src/cli/did-you-mean.ts';
import { errorDocument, errorLines } from '../../../src/cli/failure.ts';
import { sweepOverrides, wholeNumber } from '../../../src/cli/flags.ts';
import { SweepError } from '../../../src/errors.ts';

const DEFINITION = {
  card: { type: 'positional', required: true },
  axis: { type: 'string' },
  set: { type: 'string' },
  window: { type: 'string' },
  json: { type: 'boolean' },
  by: { type: 'string', alias: 'b' },
} as const;

const check =
  (...rawArgs: string[]) =>
  () =>
    checkArguments(rawArgs, DEFINITION);

describe('a command line', () => {
  test('with what the command knows passes', () => {
    expect(check('card.yml', '--axis', 'fast=5..50:5', '--axis=slow=1,2', '--json')).not.toThrow();
    expect(check('--no-json', '-b', 'sharpe', '--', '--odd-name.yml')).not.toThrow();
  });

  test.each([
    [['card.yml', '--axes', 'a=1'], 'unknown flag --axes', /did you mean --axis/],
    [['card.yml', '--frobnicate'], 'unknown flag --frobnicate', /--help/],
    [[], 'missing argument CARD', /.*/],
    [['card.yml', 'other.yml'], 'unexpected argument "other.yml"', /.*/],
    [['-1'], 'unexpected argument "-1"', /starts with a dash/],
    [['card.yml', '--axis'], '--axis needs a value', /--axis=VALUE/],
    [['card.yml', '--axis', '--json'], '--axis needs a value', /--axis=VALUE/],
  ])('%j is refused', (rawArgs, message, hint) => {
    const error = caught(() => checkArguments(rawArgs, DEFINITION));
    expect(error.code).toBe('USAGE');
    expect(error.message).toBe(message);
    expect(error.hint ?? '').toMatch(hint);
  });

  test('without a flag that must be there is refused', () => {
    const definition = { ...DEFINITION, cron: { type: 'string', required: true } } as const;
    expect(caught(() => checkArguments(['card.yml'], definition)).message).toBe(
      'missing flag --cron',
    );
  });

  test('may carry negative numbers as values', () => {
    expect(check('card.yml', '--window', '-5')).not.toThrow();
  });
});

test('a repeated flag keeps every value in order, in both spellings', () => {
  const rawArgs = ['card.yml', '--axis', 'a=1', '--json', '--axis=b=x=y', '--set', 'p=2'];
  expect(repeatedFlag(rawArgs, 'axis', DEFINITION)).toEqual(['a=1', 'b=x=y']);
  expect(repeatedFlag(rawArgs, 'set', DEFINITION)).toEqual(['p=2']);
  expect(repeatedFlag(['card.yml'], 'axis', DEFINITION)).toEqual([]);
});

test('overrides hold what the command line names and nothing else', () => {
  const rawArgs = ['card.yml', '--axis', 'a=1', '--axis', 'b=2', '--window', 'last:30d'];
  expect(sweepOverrides({ window: 'last:30d', strict: true }, rawArgs, DEFINITION)).toEqual({
    axis: ['a=1', 'b=2'],
    window: 'last:30d',
    strict: true,
  });
  expect(sweepOverrides({}, ['card.yml'], DEFINITION)).toEqual({});
});

test.each(['0', '-1', '1.5', 'many', '', '1e3'])(
  '--threads %j is no whole number of one or more',
  (text) => {
    expect(caught(() => wholeNumber('--threads', text, { min: 1 })).message).toBe(
      `--threads is a whole number, 1 or more; it is "${text}"`,
    );
  },
);

test('a close name is suggested, a distant one is not', () => {
  expect(didYouMean('heatmpa', ['heatmap', 'rank'])).toBe('did you mean heatmap?');
  expect(didYouMean('zebra', ['heatmap', 'rank'])).toBeUndefined();
});

describe('an error', () => {
  const error = new SweepError('CARD_INVALID', 'card.yml has 2 problems: first thing', {
    hint: 'look there',
    issues: [
      {
        path: 'sweep.axes.fast',
        line: 12,
        column: 7,
        code: 'A',
        message: 'first thing',
        hint: 'do this',
      },
      { path: '--set', code: 'B', message: 'second thing' },
    ],
  });

  test('reads as message, issues with their places, hint; the first issue only once', () => {
    expect(errorLines(error).join('\n')).toBe(
      [
        'error: card.yml has 2 problems:',
        '  12:7  sweep.axes.fast  first thing',
        '      do this',
        '  --set  second thing',
        'hint: look there',
      ].join('\n'),
    );
  });

  test('is one document for machines, with every key there', () => {
    expect(errorDocument(error)).toEqual({
      code: 'CARD_INVALID',
      message: error.message,
      hint: 'look there',
      issues: [
        {
          path: 'sweep.axes.fast',
          line: 12,
          column: 7,
          code: 'A',
          message: 'first thing',
          hint: 'do this',
        },
        { path: '--set', line: null, column: null, code: 'B', message: 'second thing', hint: null },
      ],
    });
  });

  test('of the machine is told without a stack, a defect of ours with one', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(errorLines(full)).toHaveLength(1);
    expect(errorLines(new TypeError('x is undefined')).join('\n')).toMatch(
      /defect[\s\S]*arguments\.test/,
    );
  });
});

function caught(work: () => unknown): SweepError {
  try {
    work();
  } catch (error) {
    if (error instanceof SweepError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
