import { describe, expect, it } from 'vitest';
import { connectTemporal, startSweepWorkflow } from '../../../src/temporal/client.ts';
import { startWorkers } from '../../../workers/run.ts';
import { crossCard } from '../../support/cards.ts';
import {
  CROSS_STRATEGY,
  StrategyFolder,
  strategySweep,
  withoutRules,
} from '../../support/strategies.ts';
import { sweepRows } from '../../support/sweep-rows.ts';
import { localRows, newTemporalSweep, sweepOf, temporalHome } from '../../support/temporal-home.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

const CROSS = crossCard(`  window: { start: 2023-02-01, end: 2023-03-01 }
  axes:
    fast: { path: exec.fast.length, values: [5, 8, 13] }
    slow: { path: exec.slow.length, values: [34, 55] }
    stop: { path: risk_model.stop_loss.value, values: [1, 2] }
`);

describe.skipIf(!temporalAddress())(`strategies through Temporal${temporalSkipReason()}`, () => {
  const home = temporalHome();

  it('travel with the sweep: workers leave the rows of the same rules, the file being gone', async () => {
    await using store = await home.database.openStore();
    await using temporal = await connectTemporal(home.config);
    const code = await bundled();
    const sweep = strategySweep(withoutRules(CROSS), code);
    const expected = await localRows(home.config, store, sweepOf(CROSS));
    expect(expected).toHaveLength(12);
    expect(await localRows(home.config, store, sweep)).toEqual(expected);
    const workers = await startWorkers(home.config, store, 'all');
    try {
      for (const batchSize of [1, 5]) {
        const { row } = await newTemporalSweep(home.config, store, sweep);
        const input = { sweepId: row.sweepId, batchSize };
        const { handle } = await startSweepWorkflow(temporal, store.storeId, input);
        expect(await handle.result()).toMatchObject({ status: 'completed', points: 12 });
        expect(await sweepRows(store.sql, row.sweepId)).toEqual(expected);
      }
    } finally {
      await workers.stop();
    }
  });
});

/** Code whose folder is removed again at once. */
async function bundled() {
  using folder = new StrategyFolder();
  return await folder.bundle(CROSS_STRATEGY);
}
