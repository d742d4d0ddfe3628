import type { PlanInput, PlannedSweep, SweepStateInput } from '../src/contracts.ts';
import { SweepError } from '../src/errors.ts';
import { createGrid } from '../src/grid/create-grid.ts';
import { RANGES_PER_PLAN_MAX } from '../src/limits.ts';
import { openRanges } from '../src/store/batches.ts';
import { acquireLease } from '../src/store/lease.ts';
import { findSweep, setSweepStatus } from '../src/store/sweeps.ts';
import { taskQueues } from '../src/temporal/task-queues.ts';
import type { ControlDeps } from './control.ts';
import { runActivity } from './failure.ts';

export function createPlanActivities({ config, store }: ControlDeps) {
  return {
    /** What of the grid is still open, in pieces small enough for a payload. */
    async planSweep({ sweepId, fromIndex = 0 }: PlanInput): Promise<PlannedSweep> {
      return runActivity(async () => {
        const row = await findSweep(store.sql, sweepId);
        await refuseLocalDriver(sweepId);
        const { size } = createGrid(row.spec);
        const open = await openRanges(store.sql, sweepId, size);
        const ahead = open.filter((range) => range.end > fromIndex);
        const ranges = ahead.slice(0, RANGES_PER_PLAN_MAX);
        return {
          totalPoints: size,
          ranges,
          ...(ahead.length > ranges.length ? { continuesAt: ranges.at(-1)?.end ?? size } : {}),
          batchTaskQueue: taskQueues(store.storeId).batch,
          slots: config.threads,
        };
      });
    },

    /** Running, paused or stopping, as `status` shows it. */
    async setSweepState({ sweepId, state }: SweepStateInput): Promise<void> {
      return runActivity(async () => {
        await setSweepStatus(store.sql, sweepId, state, { executor: 'temporal' });
      });
    },
  };

  /** The lease is held by a local run for as long as it lives; Temporal's own driver is the workflow id. */
  async function refuseLocalDriver(sweepId: string): Promise<void> {
    await using lease = await acquireLease(config, store, sweepId);
    if (lease) return;
    throw new SweepError('SWEEP_LEASED', `sweep ${sweepId} is run by a local process`, {
      hint: `Look at it with: ideasweep status ${sweepId}`,
    });
  }
}
