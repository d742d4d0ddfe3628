import { describe, expect, test } from 'vitest';
import { isSymbol, readFileName } from '../../../src/candles/file-name.ts';
import { bucketOpenMs } from '../../../src/candles/lattice.ts';
import { clockChangeDays } from '../../../src/candles/time-zone.ts';

describe('file names', () => {
  test.each([
    ['BTCUSDT-5m.parquet', 'BTCUSDT', '5m'],
    ['/a/b/BTCUSDT-5m-2023-01.csv', 'BTCUSDT', '5m'],
    ['btcusdt-1d-2023-01-05.csv.gz', 'BTCUSDT', '1d'],
    ['BTC-PERP-15m.parquet', 'BTC-PERP', '15m'],
    ['1000PEPEUSDT-1h.csv', '1000PEPEUSDT', '1h'],
    ['ETHUSDT_240329-4h.csv', 'ETHUSDT_240329', '4h'],
    ['BTCUSDT-8h-mark.parquet', 'BTCUSDT', '8h'],
    ['BTCUSDT-funding.parquet', 'BTCUSDT', undefined],
    ['BTCUSDT-fundingRate-2024-01.csv', 'BTCUSDT', undefined],
    ['BTCUSDT.csv', undefined, undefined],
    ['BTCUSDT-1M.csv', undefined, undefined],
    ['5m.csv', undefined, undefined],
    ["x'; DROP-5m.csv", undefined, '5m'],
  ])('%s is %s %s', (name, symbol, timeframe) => {
    expect(readFileName(name)).toEqual({ symbol, timeframe });
  });

  test.each(['', ' ', 'a b', "a'", 'x'.repeat(65), '-A'])('%j is no symbol', (text) => {
    expect(isSymbol(text)).toBe(false);
  });
});

test('weeks open on Monday, other timeframes at multiples since the epoch', () => {
  const thursday = Date.UTC(2023, 0, 5, 13, 47);
  expect(bucketOpenMs(thursday, '1w')).toBe(Date.UTC(2023, 0, 2));
  expect(bucketOpenMs(Date.UTC(2023, 0, 2), '1w')).toBe(Date.UTC(2023, 0, 2));
  expect(bucketOpenMs(thursday, '4h')).toBe(Date.UTC(2023, 0, 5, 12));
  expect(bucketOpenMs(-1, '1d')).toBe(-86_400_000);
});

test('clocks go forward on the second and the last Sunday of March', () => {
  expect(clockChangeDays(2023)).toEqual([Date.UTC(2023, 2, 12), Date.UTC(2023, 2, 26)]);
});
