import { beforeAll, describe, expect, test } from 'vitest';
import { resampleCandles } from '../../../src/candles/resample.ts';
import { openCandleDb } from '../../../src/candles/db.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { parseCard } from '../../../src/card/parse.ts';
import { runSweep, type RunSweepOptions } from '../../../src/executor/run-sweep.ts';
import { resolveSweep, type Sweep } from '../../../src/grid/sweep.ts';
import { findSweep, type SweepRow } from '../../../src/store/sweeps.ts';
import { crossCard, multiTimeframeCard } from '../../support/cards.ts';
import { testDatabase } from '../../support/database.ts';
import { withFullDisk } from '../../support/full-disk.ts';
import { storeCandles } from '../../support/sweep-home.ts';
import { sweepRows } from '../../support/sweep-rows.ts';

const database = testDatabase();
const { config, sql } = database;

const CROSS = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 14, step: 1 } }
    slow: { path: exec.slow.length, range: { start: 30, stop: 90, step: 20 } }
    stop: { path: risk_model.stop_loss.value, values: [1.5, 3] }
`);
const MULTI = multiTimeframeCard(`
  window: { start: 2023-03-01, end: 2023-03-15 }
  axes:
    trend: { path: htf.trend.length, values: [20, 50] }
    macd: { path: mtf.macd.fast, values: [8, 12, 30] }
    rsi: { path: exec.rsi.length, values: [7, 14] }
`);

/** 33,600 points of the bar loop (profile trade): seconds of work, to be interrupted after 20 ms. */
const LONG = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  profile: trade
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 60, step: 1 } }
    slow: { path: exec.slow.length, range: { start: 61, stop: 120, step: 1 } }
    stop: { path: risk_model.stop_loss.value, linspace: { start: 1, stop: 3, count: 10 } }
`);

beforeAll(async () => {
  const series = { symbol: 'BTCUSDT', seed: 7, startMs: Date.UTC(2023, 0, 20) };
  await storeCandles(config, synthesizeCandles({ ...series, timeframe: '5m', bars: 288 * 60 }));
  await using db = await openCandleDb(config.candlesPath, { readOnly: false });
  await resampleCandles(db, { symbol: 'BTCUSDT', from: '5m', to: ['15m', '1h'] });
});

describe('a sweep in this process', () => {
  test('leaves the same rows with any number of threads and any batch size', async () => {
    const sweep = sweepOf(CROSS);
    const expected = await rowsOf(await run(sweep, { threads: 2 }));
    expect(expected).toHaveLength(80);
    for (const options of [
      { threads: 1 },
      { threads: 2, batchSize: 1 },
      { threads: 1, batchSize: 7 },
      { threads: 2, batchSize: 1000 },
    ]) {
      expect(await rowsOf(await run(sweep, options))).toEqual(expected);
    }
  });

  test('has trades in it, so that equal rows mean something', async () => {
    const rows = await rowsOf(await run(sweepOf(CROSS), { threads: 2 }));
    const trades = rows.map((row) => (JSON.parse(row) as { total_trades: number }).total_trades);
    expect(Math.min(...trades)).toBeGreaterThan(5);
    expect(new Set(rows.map(withoutPoint)).size).toBe(rows.length);
  });

  test('gives a point of a grid the bits it has alone, over one and several timeframes', async () => {
    for (const text of [CROSS, MULTI]) {
      const whole = await rowsOf(await run(sweepOf(text), { threads: 2 }));
      const sweep = sweepOf(text);
      for (const pointIndex of [0, 3, whole.length - 1]) {
        const stored = JSON.parse(whole[pointIndex] ?? '') as Record<string, unknown>;
        const alone = await rowsOf(await run(onePoint(sweep, pointIndex), { threads: 1 }));
        expect(alone.map(withoutPoint)).toEqual([withoutPoint(JSON.stringify(stored))]);
      }
    }
  });

  test('refuses the points that cannot exist, counts them, and runs the others', async () => {
    const row = await run(sweepOf(MULTI), { threads: 2 });
    const rows = (await rowsOf(row)).map((text) => JSON.parse(text) as Record<string, unknown>);
    const refused = rows.filter(({ outcome }) => outcome === 'refused');
    // macd fast 30 is not below slow 26.
    expect(refused).toHaveLength(4);
    expect(row.points.refused).toBe(4);
    expect(row.status).toBe('completed');
    expect(refused.every(({ sharpe, eligible }) => sharpe === null && eligible === false)).toBe(
      true,
    );
  });

  test('goes on where it was stopped and ends equal to an undisturbed run', async () => {
    const sweep = sweepOf(CROSS);
    const expected = await rowsOf(await run(sweep, { threads: 2 }));
    const stop = new AbortController();
    const stopped = await run(sweep, {
      threads: 1,
      batchSize: 10,
      stop: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(stopped.status).toBe('stopped');
    const partial = (await rowsOf(stopped)).length;
    expect(partial).toBeGreaterThan(0);
    expect(partial).toBeLessThan(80);
    await using store = await database.openStore();
    const resumed = await runSweep(config, store, sweep, { threads: 2 });
    expect(resumed.started.isResumed).toBe(true);
    expect(resumed.row.sweepId).toBe(stopped.sweepId);
    expect(await rowsOf(resumed.row)).toEqual(expected);
  });

  test('is failed where the disk has no room for its feeds, and goes on when it has', async () => {
    const sweep = resolveSweep(parseCard(CROSS), { name: 'full', axis: ['fast=21,22'] }, 0);
    await expect(withFullDisk(() => run(sweep, { threads: 1 }))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    await using store = await database.openStore();
    const failed = await findSweep(store.sql, 'full');
    expect(failed).toMatchObject({ status: 'failed' });
    expect(failed.error).toMatch(/^feeds were not built: the disk of .*feeds is full/);
    const { row, started } = await runSweep(config, store, sweep, { threads: 1 });
    expect(started).toMatchObject({ isResumed: true });
    expect(row).toMatchObject({ sweepId: failed.sweepId, status: 'completed', error: null });
  });

  test('aborts within a point and keeps what it has', async () => {
    const abort = new AbortController();
    const row = await run(sweepOf(LONG), {
      threads: 2,
      batchSize: 16_800,
      abort: abort.signal,
      onStarted: () => setTimeout(() => abort.abort(), 20),
    });
    expect(row.status).toBe('stopped');
    const [count] =
      await sql`select count(*)::int as n from results where sweep_id = ${row.sweepId}`;
    expect(count?.['n']).toBeLessThan(33_600);
  });
});

function sweepOf(text: string): Sweep {
  return resolveSweep(parseCard(text), {}, Date.UTC(2023, 5, 1));
}

/** The sweep with each axis at the one value that `pointIndex` has in the whole grid. */
function onePoint(sweep: Sweep, pointIndex: number): Sweep {
  let rest = pointIndex;
  const axes = sweep.axes
    .toReversed()
    .map((axis) => {
      const value = axis.values[rest % axis.values.length];
      rest = Math.floor(rest / axis.values.length);
      return { ...axis, values: value ? [value] : [] };
    })
    .toReversed();
  return { ...sweep, axes };
}

async function run(sweep: Sweep, options: RunSweepOptions): Promise<SweepRow> {
  await using store = await database.openStore();
  return (await runSweep(config, store, sweep, { ...options, isFresh: true })).row;
}

function rowsOf(row: SweepRow): Promise<string[]> {
  return sweepRows(sql, row.sweepId);
}

function withoutPoint(text: string): string {
  const { point_index: _, ...row } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(row);
}
