import { expect, test } from 'vitest';
import { roundHalfEven } from '../../../src/engine/rounding.ts';

/** Values as Python's round() gives them. */
test.each([
  [0.125, 2, 0.12],
  [0.375, 2, 0.38],
  [2.675, 2, 2.67],
  [1.005, 2, 1],
  [-0.125, 2, -0.12],
  [-0.375, 2, -0.38],
  [0.5, 0, 0],
  [1.5, 0, 2],
  [2.5, 0, 2],
  [1234.56785, 4, 1234.5678],
  [0.00005, 4, 0.0001],
  [0.03125, 4, 0.0312],
  [1e22, 2, 1e22],
])('round(%d, %d) is %d', (x, digits, expected) => {
  expect(roundHalfEven(x, digits)).toBe(expected);
});
