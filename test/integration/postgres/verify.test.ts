import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { parseCard } from '../../../src/card/parse.ts';
import { isIntact } from '../../../src/executor/audit-rows.ts';
import { runSweep } from '../../../src/executor/run-sweep.ts';
import { verifySweep, type Verification } from '../../../src/executor/verify-sweep.ts';
import { resolveSweep } from '../../../src/grid/sweep.ts';
import { METRIC_COLUMNS } from '../../../src/metrics/registry.ts';
import type { SweepRow } from '../../../src/store/sweeps.ts';
import { crossCard } from '../../support/cards.ts';
import { testDatabase } from '../../support/database.ts';
import { storeCandles } from '../../support/sweep-home.ts';

/** Rows that were changed behind the program's back, found by counting and by digests. */

const database = testDatabase();
const { config, sql } = database;

/** 4 × 5 × 3 points; 15 rejected (fast 40), 15 refused (a stop of 0), the others with trades or none. */
const CARD = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-03 }
  axes:
    fast: { path: exec.fast.length, values: [5, 9, 30, 40] }
    slow: { path: exec.slow.length, range: { start: 30, stop: 70, step: 10 } }
    stop: { path: risk_model.stop_loss.value, values: [0, 1.5, 3] }
  constraints: ["fast != 40"]
`);
const SWEEP = resolveSweep(parseCard(CARD), {}, 0);
const ROWS = 45;

let sweep: SweepRow;
let id = '';

const run = async (change: object = {}) => {
  await using store = await database.openStore();
  const options = { threads: 1, batchSize: 7, isFresh: true, ...change };
  return (await runSweep(config, store, SWEEP, options)).row;
};
const verify = (sample = 3): Promise<Verification> =>
  verifySweep(config, sql, sweep, { sample, seed: 1 });

beforeAll(async () => {
  const series = { symbol: 'BTCUSDT', seed: 7, startMs: Date.UTC(2023, 1, 20) } as const;
  await storeCandles(config, synthesizeCandles({ ...series, timeframe: '5m', bars: 288 * 12 }));
});

describe('a sweep that nobody has touched', () => {
  test.each(['standard', 'trade'] as const)(
    'is intact, every batch by its digest: %s',
    async (profile) => {
      await using store = await database.openStore();
      const options = { threads: 2, batchSize: 7, isFresh: true };
      sweep = (await runSweep(config, store, { ...SWEEP, profile }, options)).row;
      const { rows, different } = await verify(ROWS);
      expect(different).toEqual([]);
      expect(rows).toMatchObject({ saved: ROWS, stored: ROWS, batches: { different: [] } });
      // Seven of nine batches: the last two hold rejected points alone.
      expect(rows.batches.compared).toBe(7);
      expect(isIntact(rows)).toBe(true);
      const outcomes = await sql<{ outcome: string }[]>`
      select distinct outcome from results where sweep_id = ${sweep.sweepId} order by 1`;
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['completed', 'no_trades', 'refused']);
    },
  );

  test('is intact where it was stopped, and where it went on from there', async () => {
    const stop = new AbortController();
    sweep = await run({ stop: stop.signal, onProgress: () => stop.abort() });
    expect(sweep.status).toBe('stopped');
    const stopped = await verify();
    expect(stopped.rows.stored).toBeLessThan(ROWS);
    expect(isIntact(stopped.rows)).toBe(true);
    sweep = await run({ isFresh: false });
    expect(await verify()).toMatchObject({ rows: { saved: ROWS, stored: ROWS } });
    expect(isIntact((await verify()).rows)).toBe(true);
  });
});

describe('verify finds', () => {
  beforeEach(async () => {
    sweep = await run();
    id = sweep.sweepId;
  });

  test('rows that are gone, by their indices', async () => {
    await sql`delete from results where sweep_id = ${id} and point_index in (2, 30, 31)`;
    const { rows } = await verify();
    expect(rows).toMatchObject({
      saved: ROWS,
      stored: ROWS - 3,
      missing: { count: 3, first: [2, 30, 31] },
    });
    expect(isIntact(rows)).toBe(false);
  });

  test('the rows of a whole batch that are gone, the first twenty by name', async () => {
    await sql`delete from results where sweep_id = ${id}`;
    const { rows, sampled } = await verify();
    expect(sampled).toBe(0);
    expect(rows.missing).toEqual({ count: ROWS, first: Array.from({ length: 20 }, (_, n) => n) });
  });

  test('a batch that is gone with its rows', async () => {
    await sql`delete from results where sweep_id = ${id} and point_index >= 7 and point_index < 14`;
    await sql`delete from batches where sweep_id = ${id} and start_index = 7`;
    const { rows } = await verify();
    expect(rows).toMatchObject({ saved: ROWS - 7, stored: ROWS - 7 });
    expect(rows.missing).toEqual({ count: 7, first: [7, 8, 9, 10, 11, 12, 13] });
    expect(isIntact(rows)).toBe(false);
  });

  test('rows that no batch has saved: of rejected points, and beyond the grid', async () => {
    for (const index of [46, 5000]) {
      await sql`insert into results (sweep_id, point_index, outcome, eligible, params)
        values (${id}, ${index}, 'completed', false, '{}')`;
    }
    const { rows } = await verifySweep(config, sql, sweep, { sample: 1, seed: 1 });
    expect(rows.unknown).toEqual({ count: 2, first: [46, 5000] });
    expect(isIntact(rows)).toBe(false);
  });

  test.each(METRIC_COLUMNS.filter((_, n) => n % 20 === 0))(
    'a row outside of the sample whose %s was altered, by the digest of its batch',
    async (metric) => {
      await sql`update results set ${sql(metric)} = 1e9 where sweep_id = ${id} and point_index = 8`;
      const seeds = [1, 2, 3, 4, 5, 6];
      const found = await Promise.all(
        seeds.map((seed) => verifySweep(config, sql, sweep, { sample: 9, seed })),
      );
      const outside = found.filter(({ different }) => different.length === 0);
      const told = outside.filter(({ rows }) => rows.batches.different.length > 0);
      expect(told.map(({ rows }) => rows.batches.different)).toContainEqual([
        { start: 7, end: 14 },
      ]);
      expect(told.some(({ rows }) => isIntact(rows))).toBe(false);
    },
  );
});
