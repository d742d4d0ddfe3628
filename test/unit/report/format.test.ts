import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatNumber,
  formatWindow,
  plural,
} from '../../../src/report/format.ts';

test.each([
  [0, '0'],
  [12_345, '12,345'],
  [1234.567, '1,234.6'],
  [123.4567, '123.46'],
  [1.23456, '1.235'],
  [0.012345, '0.0123'],
  [-0.00001, '0.0000'],
  [Number.NaN, '—'],
  [Number.POSITIVE_INFINITY, '—'],
  [null, '—'],
])('the number %s reads %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('a number that rounds to zero has no sign', () => {
  expect(formatNumber(-0.004, 2)).toBe('0.00');
  expect(formatNumber(-0.006, 2)).toBe('-0.01');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9_940_000, '9.9 MB'],
  [326_400_000, '326 MB'],
  [999_600_000, '1.0 GB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.4, '0 ms'],
  [85, '85 ms'],
  [999.7, '1.0 s'],
  [2400, '2.4 s'],
  [48_000, '48 s'],
  [59_990, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [8_040_000, '2 h 14 min'],
  [273_600_000, '3 d 4 h'],
  [Number.NaN, '—'],
])('%d ms read %s', (ms, text) => {
  expect(formatElapsed(ms)).toBe(text);
});

test('counts, plurals and windows', () => {
  expect(formatCount(1e9)).toBe('1,000,000,000');
  expect(plural(1, 'batch', 'batches')).toBe('1 batch');
  expect(plural(1200, 'batch', 'batches')).toBe('1,200 batches');
  const window = { startMs: Date.UTC(2023, 1, 1), endMs: Date.UTC(2023, 11, 1, 12, 30) };
  expect(formatWindow(window)).toBe('2023-02-01 → 2023-12-01 12:30');
});
