import { beforeAll, describe, expect, it } from 'vitest';
import { METRIC_COLUMNS, METRIC_NAMES } from '../../../src/metrics/registry.ts';
import { claimBatch } from '../../../src/store/batches.ts';
import { rankResults, resultRow } from '../../../src/store/rank.ts';
import { saveCheckpoint, type ResultRows } from '../../../src/store/results.ts';
import { createSweep, findSweep, finishSweep, type SweepRow } from '../../../src/store/sweeps.ts';
import { testDatabase } from '../../support/database.ts';
import { axis, newSweep, range, resultRows } from '../../support/stored-sweep.ts';

const db = testDatabase();

const AXES = [
  axis('fast', [5, 10, 15]),
  axis('stop', [0.5, 1]),
  axis('side', ['long', `sh'ort\\"`]),
];

/** sharpe of point i; two equal, one missing. */
const SHARPE = [1, 3, 3, Number.NaN, 2, 9, 0, -1, 4, 5, 6, 7];
const INELIGIBLE = new Set([5, 11]);

async function filledSweep(name: string): Promise<SweepRow> {
  const row = await createSweep(db.sql, newSweep(name, AXES));
  await save(row.sweepId, 0, sweepRows(range(0, 12)));
  return findSweep(db.sql, row.sweepId);
}

function sweepRows(indices: readonly number[]): ResultRows {
  return resultRows(indices, {
    metric: (index, name) => (name === 'sharpe' ? SHARPE[index]! : index),
    eligible: (index) => !INELIGIBLE.has(index),
    params: (index) => ({
      side: AXES[2]!.values[index % 2]![0]!,
      stop: AXES[1]!.values[Math.floor(index / 2) % 2]![0]!,
      fast: AXES[0]!.values[Math.floor(index / 4)]![0]!,
    }),
  });
}

async function save(sweepId: string, start: number, rows: ResultRows): Promise<void> {
  const end = start + rows.count;
  const { attempt } = await claimBatch(db.sql, { sweepId, start, end, worker: 'test' });
  await saveCheckpoint(db.sql, { sweepId, batchStart: start, attempt, from: start, to: end, rows });
}

const ORDER = [10, 9, 8, 1, 2, 4, 0, 6, 7, 3, 5, 11];

describe('rankResults', () => {
  let running: SweepRow;
  let ended: SweepRow;
  beforeAll(async () => {
    running = await filledSweep('running-one');
    ended = await finishSweep(db.sql, (await filledSweep('ended-one')).sweepId);
  });

  it('puts eligible rows first, then the objective, nulls last, ties by point', async () => {
    const rows = await rankResults(db.sql, { sweep: running });
    expect(rows.map((row) => row.pointIndex)).toEqual(ORDER);
    expect(rows.map((row) => row.rank)).toEqual(range(1, 13));
  });

  it('gives the same rows before and after the end of a sweep', async () => {
    const before = await rankResults(db.sql, { sweep: running });
    const after = await rankResults(db.sql, { sweep: ended });
    expect(after).toEqual(before);
    expect((await resultRow(db.sql, running.sweepId, 4)).rank).toBe(6);
    expect(await resultRow(db.sql, ended.sweepId, 4)).toEqual(after[5]);
  });

  it('gives params in the order of the axes and metrics in report order', async () => {
    const [row] = await rankResults(db.sql, { sweep: ended, top: 1 });
    expect(Object.keys(row!.params)).toEqual(['fast', 'stop', 'side']);
    expect(Object.keys(row!.metrics)).toEqual([...METRIC_NAMES]);
  });

  it('ranks by another metric in its better direction', async () => {
    const rows = await rankResults(db.sql, { sweep: ended, by: 'max_drawdown_pct', top: 3 });
    expect(rows.map((row) => row.pointIndex)).toEqual([0, 1, 2]);
    const most = await rankResults(db.sql, { sweep: ended, by: 'net_return_pct', top: 2 });
    expect(most.map((row) => row.pointIndex)).toEqual([10, 9]);
  });

  it('hides rows by a condition and keeps their ranks', async () => {
    const where = 'sharpe >= 3 and not (fast > 5) and stop < 0.7';
    for (const sweep of [running, ended]) {
      const rows = await rankResults(db.sql, { sweep, where });
      expect(rows.map((row) => [row.rank, row.pointIndex])).toEqual([[4, 1]]);
    }
    const text = await rankResults(db.sql, { sweep: ended, where: 'side == "long" && eligible' });
    expect(text.every((row) => row.pointIndex % 2 === 0)).toBe(true);
    expect(text.length).toBe(6);
  });

  it('treats a missing value as false on either side of a comparison', async () => {
    const above = await rankResults(db.sql, { sweep: ended, where: 'sharpe > -100' });
    const not = await rankResults(db.sql, { sweep: ended, where: 'not (sharpe > -100)' });
    expect(above.length).toBe(11);
    expect(not.map((row) => row.pointIndex)).toEqual([3]);
  });

  it('survives division by zero in a condition', async () => {
    const rows = await rankResults(db.sql, {
      sweep: ended,
      where: '1 / point_index > 0.4 or point_index % 5 == 0',
    });
    expect(rows.map((row) => row.pointIndex).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 5, 10]);
  });

  it('refuses an unknown metric with the closest name', async () => {
    await expect(rankResults(db.sql, { sweep: ended, by: 'sharp' })).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'did you mean sharpe?',
    });
    await expect(
      rankResults(db.sql, { sweep: ended, by: 'profit_factor_mode' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('says which point has no row', async () => {
    await expect(resultRow(db.sql, ended.sweepId, 99)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('ranked_results', () => {
  it('ranks within each sweep, ended or not', async () => {
    for (const name of ['running-one', 'ended-one']) {
      const rows = await db.sql<{ point: number; rank: number }[]>`
        select point_index as point, rank from ranked_results where sweep = ${name} order by rank`;
      expect(rows.map((row) => row.point)).toEqual(ORDER);
      expect(rows.map((row) => row.rank)).toEqual(range(1, 13));
    }
  });
});

describe('the view of a sweep', () => {
  it('shows axes as typed columns next to rank and metrics', async () => {
    const rows = await db.sql`
      select rank, point_index, fast, stop, side, sharpe, eligible from sweep_ended_one
      where fast > 5 and stop = 0.5 order by rank limit 2`;
    expect([...rows]).toEqual([
      {
        rank: 2,
        point_index: 9,
        fast: 15,
        stop: 0.5,
        side: `sh'ort\\"`,
        sharpe: 5,
        eligible: true,
      },
      { rank: 3, point_index: 8, fast: 15, stop: 0.5, side: 'long', sharpe: 4, eligible: true },
    ]);
    const types = await db.sql<{ name: string; type: string }[]>`
      select column_name as name, data_type as type from information_schema.columns
      where table_name = 'sweep_ended_one' and column_name in ('fast', 'stop', 'side') order by 1`;
    expect(types.map((row) => row.type)).toEqual(['integer', 'text', 'double precision']);
  });

  it('computes from the index what params say', async () => {
    const rows = await db.sql`
      select r.params, v.fast, v.stop, v.side from sweep_ended_one v
      join ranked_results r on r.sweep = 'ended-one' and r.point_index = v.point_index`;
    expect(rows).toHaveLength(12);
    for (const { params, ...axes } of rows) expect(params).toEqual(axes);
  });

  it('keeps showing the older sweep until the newer one has rows, whatever its axes', async () => {
    const first = newSweep('turns', [axis('fast', [1, 2]), axis('slow', [3])]);
    const second = newSweep('turns', [axis('length', [2.5, 7])]);
    const old = await createSweep(db.sql, first);
    await save(old.sweepId, 0, resultRows([0, 1]));
    const young = await createSweep(db.sql, second);
    expect(await db.sql`select fast, slow from sweep_turns order by 1`).toHaveLength(2);
    await save(young.sweepId, 0, resultRows([0, 1]));
    const rows = await db.sql`select length from sweep_turns order by 1`;
    expect([...rows]).toEqual([{ length: 2.5 }, { length: 7 }]);
  });

  it('names the view in lower case with underscores and survives awkward names', async () => {
    const names = ['A-b.C', 'ranks', 'select', '0day'];
    for (const name of names) {
      const row = await createSweep(db.sql, newSweep(name, [axis('x', [1])]));
      await save(row.sweepId, 0, resultRows([0]));
    }
    expect(await db.sql`select x from sweep_a_b_c`).toHaveLength(1);
    expect(await db.sql`select x from sweep_ranks`).toHaveLength(1);
    expect(await db.sql`select x from sweep_select`).toHaveLength(1);
    expect(await db.sql`select x from sweep_0day`).toHaveLength(1);
  });

  it('cannot be broken out of by a name or a value', async () => {
    const evil = `x"; drop table sweeps; --`;
    const row = await createSweep(
      db.sql,
      newSweep(evil, [axis(evil, [`'); drop table sweeps; --`, '\\', '{"a",b}'])]),
    );
    await save(row.sweepId, 0, resultRows([0, 1, 2]));
    const rows =
      await db.sql`select ${db.sql(evil)} as value from ${db.sql(row.viewName)} order by point_index`;
    expect(rows.map((one) => one['value'])).toEqual([`'); drop table sweeps; --`, '\\', '{"a",b}']);
    expect((await findSweep(db.sql, row.sweepId)).name).toBe(evil);
  });

  it('makes one column per member of a linked axis', async () => {
    const linked = {
      name: 'pair',
      members: ['lo', 'hi'].map((column) => ({ column, path: [column], text: column })),
      values: [
        [20, 80],
        [30, 70.5],
      ],
    };
    const row = await createSweep(db.sql, newSweep('linked', [linked, axis('on', [true, false])]));
    await save(row.sweepId, 0, resultRows(range(0, 4)));
    const rows = await db.sql`select lo, hi, "on" from sweep_linked order by point_index`;
    expect([...rows]).toEqual([
      { lo: 20, hi: 80, on: true },
      { lo: 20, hi: 80, on: false },
      { lo: 30, hi: 70.5, on: true },
      { lo: 30, hi: 70.5, on: false },
    ]);
  });

  it('does not fail a sweep when someone built a view on it', async () => {
    const row = await createSweep(db.sql, newSweep('used', [axis('a', [1]), axis('b', [1])]));
    await save(row.sweepId, 0, resultRows([0]));
    await db.sql`create view mine as select a, b from sweep_used`;
    const next = await createSweep(db.sql, newSweep('used', [axis('c', [1])]));
    await save(next.sweepId, 0, resultRows([0]));
    expect(await finishSweep(db.sql, next.sweepId)).toMatchObject({ status: 'completed' });
    expect(await db.sql`select a from mine`).toHaveLength(1);
  });
});

describe('functions', () => {
  it('gives a metric along one axis over all others', async () => {
    const rows = await db.sql`
      select axis_value, points, eligible, minimum, mean, maximum
      from sweep_marginal('ended-one', 'fast', 'net_return_pct')`;
    expect([...rows]).toEqual([
      { axis_value: 5, points: 4, eligible: 4, minimum: 0, mean: 1.5, maximum: 3 },
      { axis_value: 10, points: 4, eligible: 3, minimum: 4, mean: 5.5, maximum: 7 },
      { axis_value: 15, points: 4, eligible: 3, minimum: 8, mean: 9.5, maximum: 11 },
    ]);
  });

  it('gives a metric over two axes', async () => {
    const rows = await db.sql`
      select x_value, y_value, points, maximum
      from sweep_heatmap('ended-one', 'stop', 'side', 'net_return_pct')`;
    expect([...rows]).toEqual([
      { x_value: 0.5, y_value: 'long', points: 3, maximum: 8 },
      { x_value: 0.5, y_value: `sh'ort\\"`, points: 3, maximum: 9 },
      { x_value: 1, y_value: 'long', points: 3, maximum: 10 },
      { x_value: 1, y_value: `sh'ort\\"`, points: 3, maximum: 11 },
    ]);
  });

  it('refuses unknown axes, metrics and sweeps by name', async () => {
    await expect(
      db.sql`select * from sweep_marginal('ended-one', 'fats', 'sharpe')`,
    ).rejects.toThrow('has no axis fats');
    await expect(
      db.sql`select * from sweep_heatmap('ended-one', 'fast', 'stop', '"; drop')`,
    ).rejects.toThrow('there is no metric');
    await expect(db.sql`select find_sweep_id('nope')`).rejects.toThrow('there is no sweep nope');
  });
});

describe('the schema and the registry', () => {
  it('have the same metrics, in the results, the view and the comments', async () => {
    const names = await db.sql<{ name: string }[]>`select metric_names() as name`;
    expect(names.map((row) => row.name).toSorted()).toEqual([...METRIC_COLUMNS].toSorted());
    const view = await db.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns where table_name = 'ranked_results'`;
    expect(view.map((row) => row.name)).toEqual(expect.arrayContaining([...METRIC_NAMES]));
  });

  it('comment on every table, view and column', async () => {
    const bare = await db.sql`
      select c.relname, a.attname from pg_class c
      left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')
        and not c.relispartition and c.relname !~ '^sweep_' and c.relname <> 'mine'
        and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)`;
    expect([...bare]).toEqual([]);
  });

  it('has no table whose name a view of a sweep could take', async () => {
    const tables = await db.sql`
      select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and relname ~ '^sweep_'`;
    expect([...tables]).toEqual([]);
  });

  it('lets the read-only role read everything, new sweeps included, and write nothing', async () => {
    await db.sql.begin(async (tx) => {
      await tx`set local role ideasweep_readonly`;
      expect(await tx`select 1 from sweep_ended_one limit 1`).toHaveLength(1);
      expect(await tx`select 1 from ranked_results limit 1`).toHaveLength(1);
    });
    const write = db.sql.begin(async (tx) => {
      await tx`set local role ideasweep_readonly`;
      await tx`delete from sweeps`;
    });
    await expect(write).rejects.toMatchObject({ code: '42501' });
  });
});
