import { describe, expect, test } from 'vitest';
import {
  compileExpression,
  isExpressionFailure,
  type Names,
} from '../../../src/grid/expression.ts';
import { compileRequire } from '../../../src/grid/require.ts';

const VALUES: Record<string, number | string | boolean> = {
  fast: 10,
  slow: 50,
  on: true,
  symbol: 'BTCUSDT',
};
const NAMES = Object.keys(VALUES);
const names: Names = {
  slot: (name) => (NAMES.includes(name) ? NAMES.indexOf(name) : undefined),
  kind: (slot) => {
    const kind = typeof VALUES[NAMES[slot]!];
    return kind === 'string' ? 'text' : (kind as 'number' | 'boolean');
  },
  all: () => NAMES,
};

function truthOf(text: string): boolean | string {
  const result = compileExpression(text, names);
  return isExpressionFailure(result) ? result.code : result.test((slot) => VALUES[NAMES[slot]!]!);
}

describe('conditions', () => {
  test.each<[string, boolean]>([
    ['fast < slow', true],
    ['fast * 5 == slow', true],
    ['fast*5!=slow', false],
    ['slow % 15 == 5', true],
    ['slow / fast >= 5 and fast > 3', true],
    ['fast > slow or not (fast > slow)', true],
    ['fast > slow || fast == 10 && on', true],
    ['!on', false],
    ['abs(fast - slow) <= 40', true],
    ['min(fast, slow, 3) == 3', true],
    ['max(fast, slow) == slow', true],
    ['-fast + +slow == 40', true],
    ['symbol == "BTCUSDT"', true],
    ["symbol != 'ETHUSDT' and true", true],
    ['1e1 == fast', true],
    ['0 / 0 == 0 / 0', false],
    ['0 / 0 != 1', false],
  ])('%s is %s', (text, truth) => {
    expect(truthOf(text)).toBe(truth);
  });

  test.each([
    ['fast <', 'EXPRESSION_SYNTAX'],
    ['fast < slow)', 'EXPRESSION_SYNTAX'],
    ['fast slow', 'EXPRESSION_SYNTAX'],
    ['', 'EXPRESSION_SYNTAX'],
    ['fast, slow', 'EXPRESSION_SYNTAX'],
    ['fast & 1', 'EXPRESSION_SYNTAX'],
    ['fast === 10', 'EXPRESSION_SYNTAX'],
    ['fast = 10', 'EXPRESSION_SYNTAX'],
    ['fast.constructor', 'EXPRESSION_SYNTAX'],
    ['fast["x"] < 1', 'EXPRESSION_SYNTAX'],
    ['this < 1', 'EXPRESSION_SYNTAX'],
    ['[1] < 2', 'EXPRESSION_SYNTAX'],
    ['fast ? on : on', 'EXPRESSION_SYNTAX'],
    ['fast', 'EXPRESSION_TYPE'],
    ['1 < fast < 20', 'EXPRESSION_TYPE'],
    ['not fast < slow', 'EXPRESSION_TYPE'],
    ['symbol < 3', 'EXPRESSION_TYPE'],
    ['on + 1 > 0', 'EXPRESSION_TYPE'],
    ['fsat < slow', 'UNKNOWN_NAME'],
    ['eval("1") < 2', 'UNKNOWN_NAME'],
    ['constructor < 2', 'UNKNOWN_NAME'],
    ['abs() < 2', 'EXPRESSION_SYNTAX'],
    ['max(1) < 2', 'EXPRESSION_SYNTAX'],
    [`${'('.repeat(300)}fast${')'.repeat(300)} < 3`, 'EXPRESSION_SYNTAX'],
  ])('%s is refused as %s', (text, code) => {
    expect(truthOf(text)).toBe(code);
  });

  test('an unknown name is suggested, and only the names read are its slots', () => {
    expect(compileExpression('fsat < slow', names)).toMatchObject({ hint: 'did you mean fast?' });
    expect(compileExpression('slow > 1 and 2 < slow', names)).toMatchObject({ slots: [1] });
  });
});

describe('requirements over metrics', () => {
  test('hold when every text holds; a metric without a value makes a comparison false', () => {
    const isEligible = compileRequire([
      'total_trades >= 30',
      'sharpe > 0.5 or profit_factor_mode == "finite"',
    ]);
    const of = (metrics: Record<string, number | string | null>) =>
      isEligible((name) => metrics[name]);
    expect(of({ total_trades: 30, sharpe: 1 })).toBe(true);
    expect(of({ total_trades: 29, sharpe: 1 })).toBe(false);
    expect(of({ total_trades: 30, sharpe: null })).toBe(false);
    expect(of({ total_trades: 30, sharpe: null, profit_factor_mode: 'finite' })).toBe(true);
  });

  test('an unknown metric is an error with a suggestion', () => {
    expect(() => compileRequire(['total_trade >= 30'])).toThrow(/unknown name "total_trade"/);
  });
});
