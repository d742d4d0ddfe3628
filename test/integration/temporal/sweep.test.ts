import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runSweep } from '../../../src/executor/run-sweep.ts';
import { openRanges } from '../../../src/store/batches.ts';
import { acquireLease } from '../../../src/store/lease.ts';
import { sweepProgress } from '../../../src/store/progress.ts';
import { findSweep } from '../../../src/store/sweeps.ts';
import { connectTemporal, startSweepWorkflow } from '../../../src/temporal/client.ts';
import { startWorkers } from '../../../workers/run.ts';
import { crossCard, multiTimeframeCard } from '../../support/cards.ts';
import { sweepRows } from '../../support/sweep-rows.ts';
import {
  localRows,
  newTemporalSweep,
  spawnCli,
  sweepOf,
  temporalHome,
} from '../../support/temporal-home.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

const WINDOW = '  window: { start: 2023-02-01, end: 2023-03-01 }\n';
const CROSS = crossCard(`${WINDOW}
  axes:
    fast: { path: exec.fast.length, values: [5, 8, 13, 21, 34, 55] }
    slow: { path: exec.slow.length, values: [21, 34, 55, 89, 144] }
    stop: { path: risk_model.stop_loss.value, values: [1, 2, 3] }
  constraints: ["fast < slow"]
  objective: { metric: sharpe, direction: maximize }
`)
  .replaceAll('ema_fast', 'fast')
  .replaceAll('ema_slow', 'slow');
/** 16,800 points of the bar loop (profile trade), in two batches: long enough to be interrupted. */
const LONG = crossCard(`${WINDOW}
  profile: trade
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 60, step: 1 } }
    slow: { path: exec.slow.length, range: { start: 61, stop: 120, step: 1 } }
    stop: { path: risk_model.stop_loss.value, values: [1, 1.5, 2, 2.5, 3] }
`);
const MULTI = multiTimeframeCard(`${WINDOW}
  axes:
    rsi: { path: exec.rsi.length, values: [7, 14, 21] }
    trend: { path: htf.trend.length, values: [20, 50] }
  objective: { metric: net_return_pct, direction: maximize }
`);

describe.skipIf(!temporalAddress())(`sweep through Temporal${temporalSkipReason()}`, () => {
  const home = temporalHome();

  it.each([
    ['a cross on one timeframe', CROSS, 72],
    ['three timeframes', MULTI, 6],
  ])('leaves the rows of the local executor: %s', async (_name, card, points) => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const sweep = sweepOf(card);
    const expected = await localRows(home.config, store, sweep);
    expect(expected).toHaveLength(points);
    const workers = await startWorkers(home.config, store, 'all');
    try {
      for (const batchSize of [undefined, 1, 7, 1000]) {
        const { row } = await newTemporalSweep(home.config, store, sweep);
        const { handle } = await startSweepWorkflow(temporal, store.storeId, {
          sweepId: row.sweepId,
          ...(batchSize === undefined ? {} : { batchSize }),
        });
        expect(await handle.result()).toMatchObject({ status: 'completed', points });
        expect(await sweepRows(store.sql, row.sweepId)).toEqual(expected);
        expect(await findSweep(store.sql, row.sweepId)).toMatchObject({ executor: 'temporal' });
      }
    } finally {
      await workers.stop();
    }
  });

  it('survives SIGKILL of a batch worker: another goes on and the table is the same', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const sweep = sweepOf(CROSS);
    const expected = await localRows(home.config, store, sweep);
    const control = await startWorkers(home.config, store, 'control');
    try {
      const { row } = await newTemporalSweep(home.config, store, sweep);
      const { sweepId } = row;
      await using first = spawnCli(home, 'worker', '--role', 'batch');
      await first.untilPrinted('ready');
      const input = { sweepId, batchSize: 3 };
      const { handle } = await startSweepWorkflow(temporal, store.storeId, input);
      while ((await sweepRows(store.sql, sweepId)).length === 0) await sleep(5);
      await first.kill('SIGKILL');
      const saved = (await sweepRows(store.sql, sweepId)).length;
      expect(saved).toBeLessThan(expected.length);
      await using second = spawnCli(home, 'worker', '--role', 'batch');
      expect(await handle.result()).toMatchObject({ status: 'completed', failedBatches: 0 });
      expect(await sweepRows(store.sql, sweepId)).toEqual(expected);
      expect(await openRanges(store.sql, sweepId, 90)).toEqual([]);
      expect(await second.kill('SIGTERM')).toBe(0);
    } finally {
      await control.stop();
    }
  });

  it('goes on where another executor was stopped, in both directions', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const sweep = sweepOf(CROSS);
    const expected = await localRows(home.config, store, sweep);
    const { row } = await newTemporalSweep(home.config, store, sweep);
    const { sweepId } = row;
    const workers = await startWorkers(home.config, store, 'all');
    try {
      const first = await startSweepWorkflow(temporal, store.storeId, { sweepId, batchSize: 1 });
      while ((await sweepRows(store.sql, sweepId)).length === 0) await sleep(5);
      await first.handle.stop();
      expect(await first.handle.result()).toMatchObject({ status: 'stopped' });

      const stop = new AbortController();
      const second = await runSweep(home.config, store, sweep, {
        threads: 1,
        batchSize: 2,
        stop: stop.signal,
        onProgress: () => stop.abort(),
      });
      expect([second.row.sweepId, second.row.status]).toEqual([sweepId, 'stopped']);
      const partial = await sweepRows(store.sql, sweepId);
      expect(partial.length).toBeLessThan(expected.length);

      const third = await startSweepWorkflow(temporal, store.storeId, { sweepId });
      expect(third.isAttached).toBe(false);
      expect(await third.handle.result()).toMatchObject({ status: 'completed' });
      expect(await sweepRows(store.sql, sweepId)).toEqual(expected);
    } finally {
      await workers.stop();
    }
  });

  it('hands its batches back on SIGTERM, and cancels running ones within a second', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const { row } = await newTemporalSweep(home.config, store, sweepOf(LONG));
    const { sweepId } = row;
    const size = 56 * 60 * 5;
    const control = await startWorkers(home.config, store, 'control');
    try {
      await using first = spawnCli(home, 'worker', '--role', 'batch');
      await first.untilPrinted('ready');
      const { handle } = await startSweepWorkflow(temporal, store.storeId, {
        sweepId,
        batchSize: size / 2,
      });
      const saved = async () => (await sweepProgress(store.sql, sweepId)).completed;
      while ((await saved()) === 0) await sleep(20);
      expect(await first.kill('SIGTERM')).toBe(0);
      const handedBack = await saved();
      expect(handedBack).toBeGreaterThan(0);
      expect(handedBack).toBeLessThan(size);

      await using second = spawnCli(home, 'worker', '--role', 'batch');
      while ((await saved()) === handedBack) await sleep(20);
      const startMs = Date.now();
      await handle.cancel();
      await expect(handle.result()).rejects.toMatchObject({ code: 'SWEEP_FAILED' });
      // One second for the batches, the rest for the end of the workflow on a busy machine.
      expect(Date.now() - startMs).toBeLessThan(5_000);
      const atCancel = await saved();
      await sleep(500);
      expect(await saved()).toBe(atCancel);
      expect(await findSweep(store.sql, sweepId)).toMatchObject({ status: 'cancelled' });
      expect(await second.kill('SIGTERM')).toBe(0);
    } finally {
      await control.stop();
    }
  });

  it('leaves a sweep alone that a local process drives', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const { row } = await newTemporalSweep(home.config, store, sweepOf(CROSS));
    await using lease = await acquireLease(home.config, store, row.sweepId);
    expect(lease).toBeDefined();
    const workers = await startWorkers(home.config, store, 'control');
    try {
      const input = { sweepId: row.sweepId };
      const { handle } = await startSweepWorkflow(temporal, store.storeId, input);
      await expect(handle.result()).rejects.toMatchObject({ code: 'SWEEP_LEASED' });
      expect(await findSweep(store.sql, row.sweepId)).toMatchObject({ status: 'planned' });
    } finally {
      await workers.stop();
    }
  });

  it('ends a sweep that cannot be planned as failed, with the code', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const workers = await startWorkers(home.config, store, 'control');
    try {
      const { handle } = await startSweepWorkflow(temporal, store.storeId, { sweepId: 'missing' });
      await expect(handle.result()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    } finally {
      await workers.stop();
    }
  });
});
