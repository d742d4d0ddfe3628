import { describe, expect, test } from 'vitest';
import { compileModule } from '../../../scripts/build-wasm.ts';
import { rollingMax, rollingMin } from '../../../src/indicators/extremes.ts';
import {
  rollingAbsoluteDeviation,
  rollingDeviation,
  rollingDot,
  rollingMean,
  rollingSum,
} from '../../../src/indicators/rolling.ts';
import { WINDOWS_WASM } from '../../../src/indicators/windows-wasm.ts';
import { seededRandom } from '../../support/random-candles.ts';

/** Pieces have 8,192 rows, or as many as the window. */
const ROWS = 20_000;
const LENGTHS = [1, 2, 3, 7, 8, 14, 64, 1_000, 8_192, 9_001, 19_999, 20_000, 20_001];

describe.each(LENGTHS)('windows of %i rows equal plain loops', (length) => {
  // Long windows of every 997th row and those about the edges of pieces.
  const piece = Math.max(8_192, length);
  const rows = Array.from({ length: ROWS }, (_, row) => row).filter(
    (row) => length <= 64 || row % 997 === 0 || (row - length + 3) % piece < 4,
  );
  const x = walk(length);
  const means = rollingMean(x, length);
  const weights = Float64Array.from({ length }, (_, k) => (k + 1) / length);

  test.each<[string, Float64Array, (window: Float64Array, row: number) => number]>([
    ['sum', rollingSum(x, length), sumOf],
    ['mean', means, meanOf],
    ['largest', rollingMax(x, length), (window) => Math.max(...window)],
    ['smallest', rollingMin(x, length), (window) => Math.min(...window)],
    [
      'deviation',
      rollingDeviation(x, means, length),
      (window, row) =>
        Math.sqrt(sumOf(window.map((value) => (value - means[row]!) ** 2)) / (length - 1)),
    ],
    [
      'absolute deviation',
      rollingAbsoluteDeviation(x, means, length),
      (window, row) => sumOf(window.map((value) => Math.abs(value - means[row]!))) / length,
    ],
    [
      'weighted sum',
      rollingDot(x, weights),
      (window) => sumOf(window.map((value, k) => weights[k]! * value)),
    ],
  ])('%s', (_name, fast, slow) => {
    expect(fast).toHaveLength(ROWS);
    const differing = rows.filter((row) => {
      const expected =
        row < length - 1 ? Number.NaN : slow(x.subarray(row - length + 1, row + 1), row);
      return !Object.is(fast[row], expected);
    });
    expect(differing).toEqual([]);
  });
});

test('the compiled windows are those of their source', () => {
  expect(compileModule('WINDOWS_WASM')).toBe(WINDOWS_WASM);
});

// --- internal ---

/** A walk with flat spells as long as some windows, and now and then a row without a value. */
function walk(seed: number): Float64Array {
  const random = seededRandom(seed);
  let price = 100;
  let flat = 0;
  return Float64Array.from({ length: ROWS }, () => {
    if (flat === 0 && random() < 0.002) flat = Math.floor(random() * 100);
    if (flat > 0) flat -= 1;
    else price *= 1 + 0.01 * (random() - 0.5);
    return random() < 0.000_1 ? Number.NaN : price;
  });
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function meanOf(window: Float64Array): number {
  const isFlat = window.every((value) => value === window[0]);
  return isFlat ? window[0]! : sumOf(window) / window.length;
}
