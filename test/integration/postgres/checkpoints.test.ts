import { describe, expect, it } from 'vitest';
import { batchRanges, claimBatch, finishBatch, openRanges } from '../../../src/store/batches.ts';
import { saveCheckpoint, sweepProgress } from '../../../src/store/results.ts';
import { createSweep, finishSweep } from '../../../src/store/sweeps.ts';
import { testDatabase } from '../../support/database.ts';
import { axis, newSweep, range, resultRows } from '../../support/stored-sweep.ts';

const db = testDatabase();

async function sweepOf(points: number): Promise<string> {
  return (await createSweep(db.sql, newSweep('checkpoints', [axis('fast', range(0, points))])))
    .sweepId;
}

async function storedPoints(sweepId: string): Promise<number[]> {
  const rows = await db.sql<{ point: number }[]>`
    select point_index as point from results where sweep_id = ${sweepId} order by 1`;
  return rows.map((row) => row.point);
}

const SOME = { worker: 'test' };

describe('saveCheckpoint', () => {
  it('saves rows and the position of the batch together', async () => {
    const sweepId = await sweepOf(10);
    const claim = await claimBatch(db.sql, { sweepId, start: 0, end: 10, ...SOME });
    expect(claim).toEqual({ attempt: 1, nextIndex: 0, isDone: false });
    const checkpoint = { sweepId, batchStart: 0, attempt: 1 };
    await saveCheckpoint(db.sql, { ...checkpoint, from: 0, to: 4, rows: resultRows(range(0, 4)) });
    expect(await batchRanges(db.sql, sweepId)).toEqual([
      { start: 0, end: 10, nextIndex: 4, state: 'running' },
    ]);
    expect(await storedPoints(sweepId)).toEqual([0, 1, 2, 3]);
  });

  it('leaves one set of rows when a range is delivered twice', async () => {
    const sweepId = await sweepOf(4);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 4, ...SOME });
    const once = { sweepId, batchStart: 0, attempt, from: 0, to: 4, rows: resultRows(range(0, 4)) };
    await saveCheckpoint(db.sql, once);
    await saveCheckpoint(db.sql, once);
    expect(await storedPoints(sweepId)).toEqual([0, 1, 2, 3]);
    expect(await sweepProgress(db.sql, sweepId)).toMatchObject({ completed: 4, eligible: 4 });
  });

  it('leaves one set of rows when a range is delivered twice at the same time', async () => {
    const sweepId = await sweepOf(50);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 50, ...SOME });
    const once = {
      sweepId,
      batchStart: 0,
      attempt,
      from: 0,
      to: 50,
      rows: resultRows(range(0, 50)),
    };
    await Promise.all([1, 2, 3, 4].map(() => saveCheckpoint(db.sql, once)));
    expect(await storedPoints(sweepId)).toEqual(range(0, 50));
    expect(await sweepProgress(db.sql, sweepId)).toMatchObject({ completed: 50 });
  });

  it('replaces the overlap of a longer range and counts every point once', async () => {
    const sweepId = await sweepOf(6);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 6, ...SOME });
    const checkpoint = { sweepId, batchStart: 0, attempt };
    await saveCheckpoint(db.sql, { ...checkpoint, from: 0, to: 4, rows: resultRows(range(0, 4)) });
    await saveCheckpoint(db.sql, { ...checkpoint, from: 2, to: 6, rows: resultRows(range(2, 6)) });
    expect(await storedPoints(sweepId)).toEqual(range(0, 6));
    expect(await sweepProgress(db.sql, sweepId)).toMatchObject({ completed: 6, eligible: 6 });
  });

  it('refuses a worker whose batch was claimed again', async () => {
    const sweepId = await sweepOf(4);
    const first = await claimBatch(db.sql, { sweepId, start: 0, end: 4, ...SOME });
    const second = await claimBatch(db.sql, { sweepId, start: 0, end: 4, ...SOME });
    expect(second.attempt).toBe(first.attempt + 1);
    const late = { sweepId, batchStart: 0, attempt: first.attempt, from: 0, to: 4 };
    await expect(
      saveCheckpoint(db.sql, { ...late, rows: resultRows(range(0, 4)) }),
    ).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    const finish = { sweepId, start: 0, attempt: first.attempt, elapsedMs: 1, digest: '' };
    await expect(finishBatch(db.sql, finish)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect(await storedPoints(sweepId)).toEqual([]);
  });

  it('rolls everything back when the copy fails halfway', async () => {
    const sweepId = await sweepOf(4);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 4, ...SOME });
    const rows = resultRows([0, 1, 1, 2]);
    const broken = { sweepId, batchStart: 0, attempt, from: 0, to: 4, rows };
    await expect(saveCheckpoint(db.sql, broken)).rejects.toMatchObject({ code: '23505' });
    expect(await storedPoints(sweepId)).toEqual([]);
    expect((await batchRanges(db.sql, sweepId))[0]).toMatchObject({ nextIndex: 0 });
    await saveCheckpoint(db.sql, { ...broken, rows: resultRows(range(0, 4)) });
    expect(await storedPoints(sweepId)).toEqual(range(0, 4));
  });

  it('refuses to leave a hole', async () => {
    const sweepId = await sweepOf(9);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 9, ...SOME });
    const far = { sweepId, batchStart: 0, attempt, from: 5, to: 9, rows: resultRows(range(5, 9)) };
    await expect(saveCheckpoint(db.sql, far)).rejects.toThrow('leaves a hole');
  });

  it('keeps every bit of a number and stores what is not finite as NULL', async () => {
    const sweepId = await sweepOf(6);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 6, ...SOME });
    const values = [0.1 + 0.2, -0, 5e-324, Number.NaN, Infinity, 1.7976931348623157e308];
    const rows = resultRows(range(0, 6), {
      metric: (index, name) => (name === 'sharpe' ? values[index]! : 1),
    });
    await saveCheckpoint(db.sql, { sweepId, batchStart: 0, attempt, from: 0, to: 6, rows });
    const stored = await db.sql<{ sharpe: number | null }[]>`
      select sharpe from results where sweep_id = ${sweepId} order by point_index`;
    const expected = [0.1 + 0.2, -0, 5e-324, null, null, 1.7976931348623157e308];
    expect(stored.map((row) => row.sharpe)).toEqual(expected);
  });

  it('stores params with any letters', async () => {
    const sweepId = await sweepOf(1);
    const { attempt } = await claimBatch(db.sql, { sweepId, start: 0, end: 1, ...SOME });
    const params = { name: `quote " ' \\ µ 😀\n`, size: 0.1, on: true };
    const rows = resultRows([0], { params: () => params });
    await saveCheckpoint(db.sql, { sweepId, batchStart: 0, attempt, from: 0, to: 1, rows });
    const [row] = await db.sql`select params from results where sweep_id = ${sweepId}`;
    expect(row?.['params']).toEqual(params);
  });
});

describe('batches', () => {
  it('says of a finished batch that there is nothing to do', async () => {
    const sweepId = await sweepOf(3);
    const claim = await claimBatch(db.sql, { sweepId, start: 0, end: 3, ...SOME });
    const { attempt } = claim;
    const rows = resultRows(range(0, 3));
    await saveCheckpoint(db.sql, { sweepId, batchStart: 0, attempt, from: 0, to: 3, rows });
    await finishBatch(db.sql, { sweepId, start: 0, attempt, elapsedMs: 12.5, digest: 'ab' });
    const again = await claimBatch(db.sql, { sweepId, start: 0, end: 3, ...SOME });
    expect(again).toMatchObject({ nextIndex: 3, isDone: true });
    expect(await openRanges(db.sql, sweepId, 3)).toEqual([]);
  });

  it('opens again what a killed driver left, and shuts its late workers out', async () => {
    const sweepId = await sweepOf(100);
    const first = await claimBatch(db.sql, { sweepId, start: 0, end: 40, ...SOME });
    const second = await claimBatch(db.sql, { sweepId, start: 40, end: 80, ...SOME });
    const rows = resultRows(range(0, 10));
    const half = { sweepId, batchStart: 0, attempt: first.attempt, from: 0, to: 10, rows };
    await saveCheckpoint(db.sql, half);
    expect(await openRanges(db.sql, sweepId, 100)).toEqual([{ start: 10, end: 100 }]);
    const late = { ...half, from: 10, to: 20, rows: resultRows(range(10, 20)) };
    await expect(saveCheckpoint(db.sql, late)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    const other = { sweepId, batchStart: 40, attempt: second.attempt, from: 40, to: 50 };
    await expect(
      saveCheckpoint(db.sql, { ...other, rows: resultRows(range(40, 50)) }),
    ).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    const next = await claimBatch(db.sql, { sweepId, start: 40, end: 45, ...SOME });
    expect(next).toMatchObject({ nextIndex: 40, isDone: false });
    expect(next.attempt).toBeGreaterThan(second.attempt);
  });
});

describe('sweepProgress', () => {
  it('counts outcomes and finds the best point without reading rows', async () => {
    const sweepId = await sweepOf(20);
    const outcomes = ['completed', 'failed', 'refused', 'no_trades'];
    for (const start of [0, 10]) {
      const { attempt } = await claimBatch(db.sql, { sweepId, start, end: start + 10, ...SOME });
      const rows = resultRows(range(start, start + 10), {
        metric: (index) => (index === 12 ? 99 : index),
        outcome: (index) => outcomes[index % 4]!,
        eligible: (index) => index % 4 === 0,
      });
      const checkpoint = { sweepId, batchStart: start, attempt, from: start, to: start + 10, rows };
      await saveCheckpoint(db.sql, checkpoint);
    }
    const progress = await sweepProgress(db.sql, sweepId);
    expect(progress).toMatchObject({ completed: 10, failed: 5, refused: 5, eligible: 5 });
    expect(progress.best).toMatchObject({ rank: 1, pointIndex: 12, eligible: true });
    const ended = await finishSweep(db.sql, sweepId);
    expect(ended.status).toBe('completed_with_failures');
  });
});
