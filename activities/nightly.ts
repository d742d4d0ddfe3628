import { Context } from '@temporalio/activity';
import { parseCard } from '../src/card/parse.ts';
import type {
  NightlyOutcome,
  PreparedNightly,
  PrepareNightlyInput,
  RecordNightlyInput,
} from '../src/contracts.ts';
import { planSweep } from '../src/executor/plan-sweep.ts';
import { startSweep } from '../src/executor/start-sweep.ts';
import { recordFailedNight, recordNight } from '../src/nightly/record.ts';
import { resolveNight } from '../src/nightly/rolling-window.ts';
import { findSchedule } from '../src/nightly/schedule-rows.ts';
import { sweepWorkflowId } from '../src/temporal/ids.ts';
import type { Window } from '../src/time.ts';
import type { ControlDeps } from './control.ts';
import { isFinal, runActivity } from './failure.ts';

export function createNightlyActivities(deps: ControlDeps) {
  const { store } = deps;
  return {
    /**
     * Resolves the window against the scheduled instant, plans, and creates the sweep's row. A retry
     * finds the row of its first attempt, because an unfinished sweep of the same identity is resumed.
     * A night that cannot have a sweep (no candles in its window) is recorded here, as failed.
     */
    async prepareNightly(input: PrepareNightlyInput): Promise<PreparedNightly> {
      return runActivity(async (signal) => {
        const known: KnownNight = { name: input.scheduleName, window: undefined };
        const startedMs = Date.now();
        try {
          return await prepare(deps, input, known);
        } catch (error) {
          // A retry may still help: the night has not failed yet.
          if (signal.aborted || !isFinal(error, Context.current().info.attempt)) throw error;
          const { scheduleName, scheduledAtMs: asOfMs } = input;
          const night = { ...known, scheduleName, asOfMs, sweepId: undefined, startedMs };
          await recordFailedNight(store.sql, night, error);
          throw error;
        }
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

// --- internal ---

/** What a failed night can say of itself, filled as it comes to be known. */
interface KnownNight {
  name: string;
  window: Window | undefined;
}

async function prepare(
  { config, store }: ControlDeps,
  { scheduleName, scheduledAtMs }: PrepareNightlyInput,
  known: KnownNight,
): Promise<PreparedNightly> {
  const schedule = await findSchedule(store.sql, scheduleName);
  const { overrides, batchSize, maxInFlight, strategy } = schedule.options;
  const parsed = parseCard(schedule.cardText, {
    file: schedule.cardFile ?? schedule.name,
    strict: overrides.strict ?? false,
    ...(strategy === undefined ? {} : { strategy: strategy.file }),
  });
  const card = strategy === undefined ? parsed : { ...parsed, strategy };
  const sweep = resolveNight(card, overrides, scheduledAtMs);
  known.name = sweep.name;
  known.window = sweep.window;
  const { row } = await startSweep(store, await planSweep(config, sweep), { executor: 'temporal' });
  return {
    sweepId: row.sweepId,
    workflowId: sweepWorkflowId(row.sweepId),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  };
}
