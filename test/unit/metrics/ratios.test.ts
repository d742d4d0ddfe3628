import { describe, expect, test } from 'vitest';
import { roundHalfEven } from '../../../src/engine/rounding.ts';
import type { BacktestFacts } from '../../../src/metrics/facts.ts';
import { calmar, percentOf } from '../../../src/metrics/ratios.ts';

describe('profile trade takes the order of operations of the reference', () => {
  test.each([
    [23, 160, 14.37],
    [49, 160, 30.63],
    [51, 160, 31.87],
    [93, 160, 58.13],
  ])('%i of %i rounds as Python rounds part/whole·100', (part, whole, percent) => {
    expect(roundHalfEven(percentOf({ isReference: true } as BacktestFacts, part, whole), 2)).toBe(
      percent,
    );
  });

  test.each([
    ['after a drawdown', 0.01],
    ['without a drawdown', 0],
  ])('a growth beyond the doubles is no growth in trade %s', (_, fraction) => {
    expect(calmar(tenMinutes({ fraction, isReference: true }))).toBe(0);
    expect(calmar(tenMinutes({ fraction, isReference: false }))).toBeGreaterThan(0);
  });

  test('standard multiplies first, which loses no digit', () => {
    expect(percentOf({} as BacktestFacts, 23, 160)).toBe(14.375);
  });
});

/** 2 % in ten bars of a minute: 1.02 to the power of 52,560. */
function tenMinutes(given: { fraction: number; isReference: boolean }): BacktestFacts {
  return {
    initialEquity: 100,
    finalEquity: 102,
    drawdown: { fraction: given.fraction },
    returns: { years: 10 / 525_600 },
    isReference: given.isReference,
  } as BacktestFacts;
}
