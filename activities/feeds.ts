import type { BuildFeedsInput } from '../src/contracts.ts';
import { SweepError } from '../src/errors.ts';
import { buildFeeds, mapFeeds } from '../src/executor/feeds.ts';
import { planSweep } from '../src/executor/plan-sweep.ts';
import { findSweep, type SweepRow } from '../src/store/sweeps.ts';
import type { ControlDeps } from './control.ts';
import { runActivity } from './failure.ts';

export function createFeedActivities({ config, store }: ControlDeps) {
  return {
    /**
     * Builds what is missing or broken of a sweep's feed files. Where all are there, the candle
     * database is not opened.
     */
    async buildFeeds({ sweepId }: BuildFeedsInput): Promise<void> {
      return runActivity(async () => {
        const row = await findSweep(store.sql, sweepId);
        if (areUsable(row)) return;
        const plan = await planSweep(config, row.spec);
        if (plan.candleDigest !== row.candleDigest) throw candlesChanged(sweepId);
        await buildFeeds(config, plan);
      });
    },
  };

  function areUsable(row: SweepRow): boolean {
    try {
      mapFeeds(config, row.feeds);
      return true;
    } catch (error) {
      // Missing or corrupt: built again from the candles.
      if (error instanceof SweepError) return false;
      throw error;
    }
  }
}

// --- internal ---

function candlesChanged(sweepId: string): SweepError {
  return new SweepError('CANDLES_CHANGED', `the candles of sweep ${sweepId} have changed`, {
    hint: 'Its feeds cannot be built again; run the card as a new sweep.',
  });
}
