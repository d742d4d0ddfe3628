import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openRanges } from '../../../src/store/batches.ts';
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
    fast: { path: exec.ema_fast.length, values: [5, 8, 13, 21, 34, 55] }
    slow: { path: exec.ema_slow.length, values: [21, 34, 55, 89, 144] }
    stop: { path: risk_model.stop_loss.value, values: [1, 2, 3] }
  constraints: ["fast < slow"]
  objective: { metric: sharpe, direction: maximize }
`)
  .replaceAll('ema_fast', 'fast')
  .replaceAll('ema_slow', 'slow');
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

  it('goes on where a stopped local run left off, and the reverse', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const sweep = sweepOf(CROSS);
    const expected = await localRows(home.config, store, sweep);
    const { row } = await newTemporalSweep(home.config, store, sweep);
    const workers = await startWorkers(home.config, store, 'all');
    try {
      const { sweepId } = row;
      const first = await startSweepWorkflow(temporal, store.storeId, { sweepId, batchSize: 1 });
      while ((await sweepRows(store.sql, sweepId)).length === 0) await sleep(5);
      await first.handle.stop();
      expect(await first.handle.result()).toMatchObject({ status: 'stopped' });
      const second = await startSweepWorkflow(temporal, store.storeId, { sweepId });
      expect(second.isAttached).toBe(false);
      expect(await second.handle.result()).toMatchObject({ status: 'completed' });
      expect(await sweepRows(store.sql, sweepId)).toEqual(expected);
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
