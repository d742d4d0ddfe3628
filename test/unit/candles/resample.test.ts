import { describe, expect, test } from 'vitest';
import { insertCandles } from '../../../src/candles/insert.ts';
import { candlesOf, readCandles } from '../../../src/candles/query.ts';
import { aggregateCandles, resampleCandles } from '../../../src/candles/resample.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { candleHome, failureOf, START_MS } from '../../support/candle-files.ts';

const make = (bars: number, startMs = START_MS) =>
  synthesizeCandles({ symbol: 'BTCUSDT', timeframe: '5m', bars, seed: 5, startMs });

describe('aggregation', () => {
  test('takes first open, highest high, lowest low, last close and the sum of volumes', () => {
    const column = (...values: number[]) => Float64Array.from(values);
    const source = candlesOf('A', '5m', {
      tsOpen: column(START_MS, START_MS + 300_000, START_MS + 600_000),
      open: column(1, 2, 3),
      high: column(5, 9, 4),
      low: column(1, 0.5, 2),
      close: column(2, 3, 3.5),
      volume: column(0.1, 0.2, 0.4),
    });
    const { candles, incomplete } = aggregateCandles(source, '15m');
    expect(incomplete).toBe(0);
    expect(candles).toMatchObject({ symbol: 'A', timeframe: '15m', length: 1 });
    const { tsOpen, open, high, low, close, volume } = candles;
    expect([tsOpen, open, high, low, close, volume].map((c) => c[0])).toEqual([
      START_MS,
      1,
      9,
      0.5,
      3.5,
      0.7,
    ]);
  });

  test('leaves out buckets with a missing bar, at the ends too', () => {
    const source = make(40, START_MS + 300_000);
    const { candles, incomplete } = aggregateCandles(source, '15m');
    expect(candles.tsOpen[0]).toBe(START_MS + 900_000);
    expect(candles.length).toBe(12);
    expect(incomplete).toBe(2);
  });

  test('weeks run from Monday to Sunday', () => {
    const source = synthesizeCandles({
      symbol: 'A',
      timeframe: '1d',
      bars: 30,
      seed: 1,
      startMs: START_MS,
    });
    const { candles } = aggregateCandles(source, '1w');
    expect(candles.tsOpen[0]).toBe(Date.UTC(2023, 0, 2));
    expect(candles.length).toBe(4);
  });
});

describe('data resample', () => {
  test('stores what it makes, and making it again changes nothing', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, make(1000));
    const job = { symbol: 'btcusdt', from: '5m', to: ['15m', '1h'] } as const;
    const first = await resampleCandles(home.db, job);
    expect(first).toMatchObject([
      { to: '15m', complete: 333, incomplete: 1, added: 333 },
      { to: '1h', complete: 83, incomplete: 1, added: 83 },
    ]);
    expect(await resampleCandles(home.db, job)).toMatchObject([
      { added: 0, unchanged: 333 },
      { added: 0, unchanged: 83 },
    ]);
  });

  test('refuses stored candles that differ, for every timeframe of the call', async () => {
    await using home = await candleHome();
    const source = make(1000);
    await insertCandles(home.db, source);
    const { candles } = aggregateCandles(source, '1h');
    candles.close[4] = candles.high[4] as number;
    candles.volume[4] = 1;
    await insertCandles(home.db, candles);
    const job = { symbol: 'BTCUSDT', from: '5m', to: ['15m', '1h'] } as const;
    const error = await failureOf(resampleCandles(home.db, job));
    expect(error.code).toBe('IMPORT_REFUSED');
    expect(error.message).toContain('the 1h bars made of 5m (BTCUSDT 1h 2023-01-01T04:00:00Z)');
    const range = { symbol: 'BTCUSDT', timeframe: '15m', startMs: 0, endMs: Infinity } as const;
    expect((await readCandles(home.db, range)).length).toBe(0);
    expect(await resampleCandles(home.db, { ...job, replace: true })).toMatchObject([
      { added: 333 },
      { replaced: 1 },
    ]);
  });

  test('refuses timeframes that are no multiple and symbols that are not stored', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, make(10));
    const of = (from: '5m' | '3m', to: '1m' | '5m' | '1h', symbol = 'BTCUSDT') =>
      failureOf(resampleCandles(home.db, { symbol, from, to: [to] }));
    expect((await of('5m', '5m')).code).toBe('USAGE');
    expect((await of('5m', '1m')).code).toBe('USAGE');
    expect((await of('3m', '5m')).code).toBe('USAGE');
    expect((await of('5m', '1h', 'BTCUSD')).code).toBe('SYMBOL_UNKNOWN');
  });
});
