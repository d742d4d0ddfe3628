import { describe, expect, test } from 'vitest';
import {
  fundingDigests,
  importFunding,
  listFunding,
  readFunding,
} from '../../../src/candles/funding.ts';
import { candleHome, failureOf, START_MS, type CandleHome } from '../../support/candle-files.ts';

const HOURS_MS = 3_600_000;
const ALL = { symbol: 'BTCUSDT', startMs: 0, endMs: Infinity };

const funding = (home: CandleHome, rows: readonly string[], name = 'BTCUSDT-funding.csv') =>
  home.file(name, ['timestamp,funding_rate', ...rows, ''].join('\n'));

describe('funding rates', () => {
  test('are stored once, by settlement time in UTC', async () => {
    await using home = await candleHome();
    const file = funding(home, ['2023-01-01 00:00:00,0.0001', '2023-01-01T08:00:00Z,-0.00025']);
    expect(await importFunding(home.db, [file])).toMatchObject([{ added: 2, unchanged: 0 }]);
    expect(await importFunding(home.db, [file])).toMatchObject([{ added: 0, unchanged: 2 }]);
    const { tsMs, rate } = await readFunding(home.db, ALL);
    expect([...tsMs]).toEqual([START_MS, START_MS + 8 * HOURS_MS]);
    expect([...rate]).toEqual([0.0001, -0.00025]);
    expect(await listFunding(home.db)).toMatchObject([{ symbol: 'BTCUSDT', rates: 2 }]);
    expect(await fundingDigests(home.db, ALL)).toMatchObject([{ month: '2023-01', rows: 2 }]);
  });

  test('the range is half-open', async () => {
    await using home = await candleHome();
    await importFunding(home.db, [funding(home, ['2023-01-01,0.1', '2023-01-01 08:00:00,0.2'])]);
    const range = { symbol: 'BTCUSDT', startMs: START_MS, endMs: START_MS + 8 * HOURS_MS };
    expect([...(await readFunding(home.db, range)).rate]).toEqual([0.1]);
  });

  test("the exchange's milliseconds after the hour are dropped", async () => {
    await using home = await candleHome();
    const text = `calc_time,funding_interval_hours,last_funding_rate\n${START_MS + 7},4,0.0001\n`;
    await importFunding(home.db, [home.file('BTCUSDT-fundingRate-2023-01.csv', text)]);
    expect([...(await readFunding(home.db, ALL)).tsMs]).toEqual([START_MS]);
  });

  test('times without an offset are read in the zone given', async () => {
    await using home = await candleHome();
    const rows = ['2023-01-01 01:00:00,0.1', '2023-07-01 02:00:00,0.2', '2023-08-01 00:00:00Z,0.3'];
    await importFunding(home.db, [funding(home, rows)], { timeZone: 'Europe/Berlin' });
    const { tsMs } = await readFunding(home.db, ALL);
    expect([...tsMs]).toEqual([START_MS, Date.UTC(2023, 6, 1), Date.UTC(2023, 7, 1)]);
    const error = await failureOf(
      importFunding(home.db, [funding(home, rows)], { timeZone: 'Mars' }),
    );
    expect(error.code).toBe('USAGE');
  });

  test.each([
    ['soon,0.1', 'time "soon" is not a time'],
    ['2023-01-01,x', 'rate "x" is not a rate'],
    ['2023-01-01,1.5', 'rate "1.5" is not a fraction per settlement'],
  ])('%s is refused', async (row, reason) => {
    await using home = await candleHome();
    const error = await failureOf(importFunding(home.db, [funding(home, [row])]));
    expect(error.code).toBe('IMPORT_REFUSED');
    expect(error.message).toContain(`row 1: ${reason}`);
    expect(await listFunding(home.db)).toEqual([]);
  });

  test('rates that differ are refused without replace', async () => {
    await using home = await candleHome();
    await importFunding(home.db, [funding(home, ['2023-01-01,0.1'])]);
    const other = funding(home, ['2023-01-01,0.2']);
    const error = await failureOf(importFunding(home.db, [other]));
    expect(error.message).toContain('0.2, stored is 0.1');
    const [report] = await importFunding(home.db, [other], { replace: true });
    expect(report).toMatchObject({ replaced: 1 });
    expect([...(await readFunding(home.db, ALL)).rate]).toEqual([0.2]);
  });
});

describe("rates in TRADE's own file", () => {
  const synced = `INSERT INTO funding_rates_live (symbol, timestamp, funding_rate)
    VALUES ('BTCUSDT', TIMESTAMP '2023-01-01 01:00', 0.1)`;

  test('are not read without their zone', async () => {
    await using home = await candleHome();
    await home.db.run(synced);
    expect((await failureOf(readFunding(home.db, ALL))).code).toBe('FUNDING_ZONE_UNKNOWN');
    const { tsMs } = await readFunding(home.db, { ...ALL, timeZone: 'Europe/Berlin' });
    expect([...tsMs]).toEqual([START_MS]);
  });

  test('are not mixed with imported ones, only replaced whole', async () => {
    await using home = await candleHome();
    await home.db.run(synced);
    const file = funding(home, ['2023-02-01,0.2']);
    expect((await failureOf(importFunding(home.db, [file]))).code).toBe('FUNDING_ZONE_UNKNOWN');
    await importFunding(home.db, [file], { replace: true });
    expect([...(await readFunding(home.db, ALL)).rate]).toEqual([0.2]);
  });

  test('a symbol or file without any has none', async () => {
    await using home = await candleHome();
    await home.db.run('DROP TABLE funding_rates_live');
    expect((await readFunding(home.db, ALL)).tsMs.length).toBe(0);
    expect(await listFunding(home.db)).toEqual([]);
  });
});
