import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { digestMonths } from '../../../src/candles/digest.ts';
import { openCandleDb } from '../../../src/candles/db.ts';
import { importCandles } from '../../../src/candles/ingest.ts';
import { insertCandles, storeCandles } from '../../../src/candles/insert.ts';
import {
  listSeries,
  readCandles,
  readOpenTimes,
  unknownSeries,
} from '../../../src/candles/query.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { candleHome, failureOf, START_MS } from '../../support/candle-files.ts';

const candles = (bars: number, symbol = 'BTCUSDT') =>
  synthesizeCandles({ symbol, timeframe: '5m', bars, seed: 7, startMs: START_MS });

describe('reading', () => {
  test('gives back the bits that were inserted', async () => {
    await using home = await candleHome();
    const given = candles(5000);
    await insertCandles(home.db, given);
    const range = { symbol: 'BTCUSDT', timeframe: '5m', startMs: 0, endMs: Infinity } as const;
    expect(await readCandles(home.db, range)).toEqual(given);
    expect(await readOpenTimes(home.db, 'BTCUSDT', '5m')).toEqual(given.tsOpen);
  });

  test('is in order of open time, whatever came first', async () => {
    await using home = await candleHome();
    const given = candles(5000);
    const part = (from: number, end: number) => {
      const columns = Object.entries(given).map(([name, value]) => {
        return [name, value instanceof Float64Array ? value.slice(from, end) : value] as const;
      });
      return { ...given, ...Object.fromEntries(columns), length: end - from };
    };
    for (const [from, end] of [[3000, 5000] as const, [1000, 3000] as const, [0, 1000] as const]) {
      await insertCandles(home.db, part(from, end));
    }
    const range = { symbol: 'BTCUSDT', timeframe: '5m', startMs: 0, endMs: Infinity } as const;
    expect(await readCandles(home.db, range)).toEqual(given);
    expect(await readOpenTimes(home.db, 'BTCUSDT', '5m')).toEqual(given.tsOpen);
  });

  test('the range includes its start and excludes its end', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, candles(10));
    const startMs = START_MS + 300_000;
    const range = {
      symbol: 'btcusdt',
      timeframe: '5m',
      startMs,
      endMs: startMs + 600_000,
    } as const;
    const { tsOpen, symbol } = await readCandles(home.db, range);
    expect([...tsOpen]).toEqual([startMs, startMs + 300_000]);
    expect(symbol).toBe('BTCUSDT');
  });

  test('a series that is not stored has length 0', async () => {
    await using home = await candleHome();
    const range = { symbol: 'NONE', timeframe: '5m', startMs: 0, endMs: Infinity } as const;
    expect((await readCandles(home.db, range)).length).toBe(0);
    expect((await readOpenTimes(home.db, 'NONE', '5m')).length).toBe(0);
    expect(digestMonths(await readCandles(home.db, range))).toEqual([]);
  });

  test('lists series with their gaps, shortest timeframe first', async () => {
    await using home = await candleHome();
    await insertCandles(home.db, candles(10));
    const daily = {
      symbol: 'BTCUSDT',
      timeframe: '1d',
      bars: 3,
      seed: 1,
      startMs: START_MS,
    } as const;
    await insertCandles(home.db, synthesizeCandles(daily));
    await home.db.run(`DELETE FROM ohlcv_live WHERE timestamp = TIMESTAMP '2023-01-01 00:10:00'`);
    const series = await listSeries(home.db);
    expect(series.map((s) => [s.timeframe, s.bars, s.gaps])).toEqual([
      ['5m', 9, 1],
      ['1d', 3, 0],
    ]);
    expect(series[0]).toMatchObject({ firstMs: START_MS, lastMs: START_MS + 9 * 300_000 });
  });

  test('an unknown symbol gets close names, a known one its timeframes', async () => {
    await using home = await candleHome();
    expect((await unknownSeries(home.db, 'BTCUSD')).hint).toContain('Nothing is stored yet');
    await insertCandles(home.db, candles(3));
    const unknown = await unknownSeries(home.db, 'BTCUSD', '5m');
    expect(unknown.code).toBe('SYMBOL_UNKNOWN');
    expect(unknown.hint).toBe('Did you mean BTCUSDT?');
    expect((await unknownSeries(home.db, 'BTCUSDT', '1h')).hint).toContain('Stored of BTCUSDT: 5m');
    expect((await unknownSeries(home.db, 'DOGE', '1h')).hint).toContain('Stored symbols: BTCUSDT');
  });
});

describe('storing', () => {
  test('counts what is new, equal and different', async () => {
    await using home = await candleHome();
    const given = candles(100);
    expect(await insertCandles(home.db, given)).toEqual({ added: 100, unchanged: 0, replaced: 0 });
    given.close[5] = given.high[5] as number;
    const longer = candles(110);
    longer.close.set(given.close.subarray(5, 6), 5);
    expect(await insertCandles(home.db, longer)).toEqual({ added: 10, unchanged: 99, replaced: 1 });
  });

  test('refuses rows that differ unless told to replace', async () => {
    await using home = await candleHome();
    const given = candles(10);
    await insertCandles(home.db, given);
    given.volume[3] = 1;
    const error = await failureOf(storeCandles(home.db, given, { replace: false }));
    expect(error.message).toContain('volume is 1');
    expect(await storeCandles(home.db, given, { replace: true })).toMatchObject({ replaced: 1 });
  });
});

describe('opening', () => {
  test('a reader of a file that is not there gets an empty database and makes no file', async () => {
    const path = join(tmpdir(), `ideasweep-absent-${process.pid}`, 'candles.duckdb');
    await using db = await openCandleDb(path, { readOnly: true });
    expect(await listSeries(db)).toEqual([]);
    await expect(openCandleDb(path, { readOnly: true })).resolves.toBeDefined();
  });

  test('a file that is no database is refused by name', async () => {
    await using home = await candleHome();
    const path = join(home.folder, 'other.duckdb');
    writeFileSync(path, 'this is not a database '.repeat(500));
    const error = await failureOf(openCandleDb(path, { readOnly: true }));
    expect(error.code).toBe('CANDLES_UNREADABLE');
    expect(error.message).toContain(path);
  });

  test('several readers of one process share a file', async () => {
    await using home = await candleHome({ onDisk: true });
    await insertCandles(home.db, candles(3));
    home.db.close();
    await using first = await openCandleDb(home.db.path, { readOnly: true });
    await using second = await openCandleDb(home.db.path, { readOnly: true });
    first.close();
    expect(await listSeries(second)).toHaveLength(1);
  });

  test('a file that another process writes is CANDLES_LOCKED, with that process named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ideasweep-locked-'));
    const path = join(folder, 'candles.duckdb');
    const script = `import { openCandleDb } from ${JSON.stringify(join(process.cwd(), 'src/candles/db.ts'))};
      await openCandleDb(${JSON.stringify(path)}, { readOnly: false });
      process.stdout.write('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    try {
      await once(child.stdout, 'data');
      const error = await failureOf(openCandleDb(path, { readOnly: true }));
      expect(error.code).toBe('CANDLES_LOCKED');
      expect(error.message).toContain(`process ${child.pid}`);
      expect(error.hint).toContain('one process write or many read');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("TRADE's own file works as it is: no turnover column, no other tables", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ideasweep-trade-'));
    const path = join(folder, 'market_data_live.duckdb');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE ohlcv_live (symbol VARCHAR, timeframe VARCHAR, timestamp TIMESTAMP,
      open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DOUBLE,
      PRIMARY KEY (symbol, timeframe, timestamp))`);
    await connection.run(
      `INSERT INTO ohlcv_live VALUES ('BTCUSDT', '5m', TIMESTAMP '2023-01-01', 1, 2, 0.5, 1.5, 10)`,
    );
    connection.closeSync();
    instance.closeSync();
    {
      await using reader = await openCandleDb(path, { readOnly: true });
      expect(await listSeries(reader)).toHaveLength(1);
      const range = { symbol: 'BTCUSDT', timeframe: '5m', startMs: 0, endMs: Infinity } as const;
      expect(digestMonths(await readCandles(reader, range))).toMatchObject([
        { month: '2023-01', rows: 1 },
      ]);
    }
    {
      await using writer = await openCandleDb(path, { readOnly: false });
      const file = join(folder, 'BTCUSDT-5m.csv');
      writeFileSync(
        file,
        'timestamp,open,high,low,close,volume,turnover\n2023-01-01 00:05,1,2,0.5,1.5,10,15\n',
      );
      expect(await importCandles(writer, [file])).toMatchObject([{ added: 1 }]);
    }
    rmSync(folder, { recursive: true, force: true });
  });
});
