import { expect, test } from 'vitest';
import { ewm } from '../../../src/indicators/ewm.ts';

/** The definition, row by row: `ewm` goes in pieces of 4,096 rows, and looks for gaps where there are some alone. */
function plainly(x: readonly number[], alpha: number): number[] {
  let [y, weight, hasGap] = [Number.NaN, 1, false];
  return x.map((value) => {
    if (Number.isNaN(y)) {
      [y, weight] = [value, 1 - alpha];
    } else if (Number.isNaN(value)) {
      [weight, hasGap] = [weight * (1 - alpha), true];
    } else if (hasGap) {
      if (value !== y) y = (weight * y + alpha * value) / (weight + alpha);
      [weight, hasGap] = [1 - alpha, false];
    } else if (value !== y) {
      y = (1 - alpha) * y + alpha * value;
    }
    return y;
  });
}

const ROWS = 13_000;

function walk(gaps: readonly (readonly [from: number, end: number])[]): number[] {
  let price = 100;
  return Array.from({ length: ROWS }, (_, row) => {
    price *= 1 + Math.sin(row * row) / 500;
    return gaps.some(([from, end]) => row >= from && row < end) ? Number.NaN : price;
  });
}

test.each([
  ['nowhere', []],
  ['inside of a piece', [[5_000, 5_003]]],
  ['at the end of a piece and the start of the next', [[4_090, 4_105]]],
  [
    'in the last row of a piece, and over a whole one',
    [
      [4_096, 4_097],
      [8_000, 12_900],
    ],
  ],
  [
    'in the first rows and the last',
    [
      [0, 3],
      [12_999, ROWS],
    ],
  ],
] as const)('an average with gaps %s is that of the plain loop, bit for bit', (_, gaps) => {
  const x = walk(gaps);
  const found = ewm(Float64Array.from(x), 2 / 11);
  expect(plainly(x, 2 / 11).findIndex((value, row) => !Object.is(value, found[row]))).toBe(-1);
});

test('what overflows is no value from there on, as in the plain loop', () => {
  const x = walk([]);
  [x[6_000], x[6_001]] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const found = ewm(Float64Array.from(x), 0.5);
  expect(found[6_000]).toBe(Number.POSITIVE_INFINITY);
  expect(found[6_001]).toBeNaN();
  expect(found[ROWS - 1]).toBeNaN();
});
