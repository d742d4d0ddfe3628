import { describe, expect, test } from 'vitest';
import { checkCandles } from '../../../src/candles/gaps.ts';
import { insertCandles } from '../../../src/candles/insert.ts';
import { aggregateCandles } from '../../../src/candles/resample.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import type { Candles } from '../../../src/candles/query.ts';
import { candleHome, failureOf, START_MS, type CandleHome } from '../../support/candle-files.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

const make = (bars: number, startMs = START_MS) =>
  synthesizeCandles({ symbol: 'BTCUSDT', timeframe: '5m', bars, seed: 3, startMs });

const check = (home: CandleHome, options = {}) =>
  checkCandles(home.db, { nowMs: NOW_MS, ...options });

function shifted(candles: Candles, byMs: number): Candles {
  return { ...candles, tsOpen: candles.tsOpen.map((ms) => ms + byMs) };
}

describe('what check finds', () => {
  test('sound candles have no findings', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, make(2000));
    await insertCandles(home.db, aggregateCandles(make(2000), '1h').candles);
    expect(await check(home)).toEqual([]);
  });

  test('a gap says which bars are missing', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, make(10));
    await home.db.run(
      `DELETE FROM ohlcv_live WHERE timestamp BETWEEN TIMESTAMP '2023-01-01 00:10' AND TIMESTAMP '2023-01-01 00:20'`,
    );
    expect(await check(home)).toEqual([
      {
        symbol: 'BTCUSDT',
        timeframe: '5m',
        kind: 'gap',
        startMs: START_MS + 600_000,
        lastMs: START_MS + 1_200_000,
        bars: 3,
        detail: '3 missing',
      },
    ]);
  });

  test.each([
    ['high = 1', 'bad_bar', /high 1(\.0)? is below low/],
    ['close = NULL', 'bad_bar', /missing or not finite/],
    [`close = 'nan'`, 'bad_bar', /missing or not finite/],
    ['low = -5', 'bad_bar', /not above 0/],
    ['volume = -5', 'bad_bar', /volume -5(\.0)? is negative/],
    ['high = greatest(open, close) - 0.01, low = 1', 'bad_bar', /below open or close/],
    ['low = least(open, close) + 0.01, high = 1e9', 'bad_bar', /above open or close/],
    [`timestamp = timestamp - INTERVAL 1 SECOND`, 'misaligned', /off the UTC lattice/],
    [`timeframe = '7m'`, 'unknown_timeframe', /7m is not known/],
  ])('a row with %s is a %s', async (change, kind, detail) => {
    await using home = await candleHome();
    await insertCandles(home.db, make(5));
    await home.db.run(
      `UPDATE ohlcv_live SET ${change} WHERE timestamp = TIMESTAMP '2023-01-01 00:20'`,
    );
    const findings = await check(home);
    expect(findings.map((finding) => finding.kind)).toEqual([kind]);
    expect(findings[0]?.detail).toMatch(detail);
    expect(findings[0]?.bars).toBe(1);
  });

  test('three flat bars without volume are a flat spell, two are not', async () => {
    await using home = await candleHome();
    const candles = make(20);
    for (const i of [3, 4, 10, 11, 12]) {
      const price = candles.open[i] as number;
      for (const column of [candles.high, candles.low, candles.close]) column[i] = price;
      candles.volume[i] = 0;
    }
    await insertCandles(home.db, candles);
    expect(await check(home)).toMatchObject([
      { kind: 'flat_spell', bars: 3, startMs: START_MS + 3_000_000, lastMs: START_MS + 3_600_000 },
    ]);
  });

  test('a table without its primary key may hold duplicates', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, make(5));
    await home.db.run(
      `CREATE TABLE plain AS (SELECT * FROM ohlcv_live UNION ALL (SELECT * FROM ohlcv_live ORDER BY timestamp LIMIT 1));
       DROP TABLE ohlcv_live; ALTER TABLE plain RENAME TO ohlcv_live`,
    );
    const findings = await check(home);
    expect(findings).toMatchObject([{ kind: 'duplicate', bars: 2, startMs: START_MS }]);
  });
});

describe('signs of local times', () => {
  test('a last bar that closes in the future', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, make(5));
    const findings = await check(home, { nowMs: START_MS });
    expect(findings).toMatchObject([
      { kind: 'time_zone', detail: expect.stringContaining('in the future') },
    ]);
  });

  test('the hour that clocks skip is missing', async () => {
    await using home = await candleHome();
    const before = make(24, Date.UTC(2023, 2, 26));
    await insertCandles(home.db, before);
    await insertCandles(home.db, make(24, Date.UTC(2023, 2, 26, 3)));
    const findings = await check(home);
    expect(findings.map((finding) => finding.kind)).toEqual(['gap', 'time_zone']);
    expect(findings[1]).toMatchObject({ startMs: Date.UTC(2023, 2, 26, 2), bars: 12 });
  });

  test.each([-5, 2])('two timeframes that agree only when shifted by %i h', async (hours) => {
    await using home = await candleHome();
    const candles = make(3000);
    await insertCandles(home.db, candles);
    await insertCandles(home.db, shifted(aggregateCandles(candles, '1h').candles, hours * HOUR_MS));
    const findings = await check(home);
    expect(findings.map((finding) => finding.kind)).toEqual(['time_zone']);
    expect(findings[0]?.detail).toContain(`fits 1h only when shifted by ${hours} h`);
  });
});

test('check of a series that is not stored names close ones', async () => {
  await using home = await candleHome();
  await insertCandles(home.db, make(5));
  expect((await failureOf(check(home, { symbol: 'BTCUSD' }))).hint).toBe('Did you mean BTCUSDT?');
  expect((await failureOf(check(home, { timeframe: '7m' }))).code).toBe('USAGE');
  expect(await check(home, { symbol: 'btcusdt', timeframe: '5m' })).toEqual([]);
});
