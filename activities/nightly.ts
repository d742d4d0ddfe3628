import { parseCard } from '../src/card/parse.ts';
import type {
  NightlyOutcome,
  PreparedNightly,
  PrepareNightlyInput,
  RecordNightlyInput,
} from '../src/contracts.ts';
import { startSweep } from '../src/executor/start-sweep.ts';
import { recordNight } from '../src/nightly/record.ts';
import { resolveNight } from '../src/nightly/rolling-window.ts';
import { findSchedule } from '../src/nightly/schedule-rows.ts';
import { sweepWorkflowId } from '../src/temporal/ids.ts';
import type { ControlDeps } from './control.ts';
import { runActivity } from './failure.ts';

export function createNightlyActivities({ config, store }: ControlDeps) {
  return {
    /**
     * Resolves the window against the scheduled instant, plans, and creates the sweep's row. A retry
     * finds the row of its first attempt, because an unfinished sweep of the same identity is resumed.
     */
    async prepareNightly(input: PrepareNightlyInput): Promise<PreparedNightly> {
      return runActivity(async () => {
        const schedule = await findSchedule(store.sql, input.scheduleName);
        const { overrides, batchSize, maxInFlight, strategy } = schedule.options;
        const parsed = parseCard(schedule.cardText, {
          file: schedule.cardFile ?? schedule.name,
          strict: overrides.strict ?? false,
          ...(strategy === undefined ? {} : { strategy: strategy.file }),
        });
        const card = strategy === undefined ? parsed : { ...parsed, strategy };
        const sweep = resolveNight(card, overrides, input.scheduledAtMs);
        const { row } = await startSweep(config, store, sweep, { executor: 'temporal' });
        return {
          sweepId: row.sweepId,
          workflowId: sweepWorkflowId(row.sweepId),
          ...(batchSize === undefined ? {} : { batchSize }),
          ...(maxInFlight === undefined ? {} : { maxInFlight }),
        };
      });
    },

    async recordNightly(input: RecordNightlyInput): Promise<NightlyOutcome> {
      return runActivity(async () => {
        const { scheduleName, sweepId, scheduledAtMs } = input;
        const { status } = await recordNight(store.sql, {
          scheduleName,
          sweepId,
          asOfMs: scheduledAtMs,
        });
        return { scheduleName, sweepId, status };
      });
    },
  };
}
