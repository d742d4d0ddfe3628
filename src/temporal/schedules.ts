import {
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { NIGHTLY_WORKFLOW, type NightlyInput } from '../contracts.ts';
import { SweepError } from '../errors.ts';
import type { TemporalClient } from './client.ts';
import { nightlyWorkflowId, scheduleId } from './ids.ts';
import { taskQueues } from './task-queues.ts';

/** The schedules of one store on one Temporal server. What they run is in the table `schedules`. */
export interface ScheduleClient {
  readonly temporal: Pick<TemporalClient, 'client'>;
  readonly storeId: string;
}

export interface ScheduleState {
  readonly isPaused: boolean;
  /** Next instants at which it runs, epoch ms. */
  readonly nextMs: readonly number[];
  /** When it last ran, epoch ms. */
  readonly lastMs: number | null;
  readonly runCount: number;
}

/** @throws SweepError USAGE for a cron text or time zone that Temporal cannot read, CONFLICT for a taken name. */
export async function createSchedule(
  { temporal, storeId }: ScheduleClient,
  { name, cron, timezone }: { name: string; cron: string; timezone: string },
): Promise<void> {
  const input: NightlyInput = { scheduleName: name };
  try {
    await temporal.client.schedule.create({
      scheduleId: scheduleId(storeId, name),
      spec: { cronExpressions: [cron], timezone },
      action: {
        type: 'startWorkflow',
        workflowType: NIGHTLY_WORKFLOW,
        workflowId: nightlyWorkflowId(storeId, name),
        taskQueue: taskQueues(storeId).control,
        args: [input],
      },
      policies: {
        // A night that is not over when the next begins goes on; the next is left out.
        overlap: ScheduleOverlapPolicy.SKIP,
        // A server that was down at the hour runs the night when it is back, within a day.
        catchupWindow: '1 day',
      },
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) {
      throw new SweepError('CONFLICT', `Temporal has a schedule ${name} already`, {
        hint: `Delete it first: ideasweep schedule delete ${name}.`,
        cause: error,
      });
    }
    throw refusedSpec(error, cron, timezone) ?? error;
  }
}

/** Undefined where Temporal does not have it (another server, or data that was removed). */
export async function describeSchedule(
  client: ScheduleClient,
  name: string,
): Promise<ScheduleState | undefined> {
  try {
    return stateOf(await handleOf(client, name).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Runs it now, beside its times. @throws SweepError NOT_FOUND when Temporal does not have it. */
export async function triggerSchedule(client: ScheduleClient, name: string): Promise<void> {
  await found(name, handleOf(client, name).trigger());
}

/** @throws SweepError NOT_FOUND when Temporal does not have it. */
export async function pauseSchedule(
  client: ScheduleClient,
  name: string,
  isPaused: boolean,
): Promise<void> {
  const handle = handleOf(client, name);
  await found(name, isPaused ? handle.pause() : handle.unpause());
}

/** True when it was there. */
export async function deleteTemporalSchedule(
  client: ScheduleClient,
  name: string,
): Promise<boolean> {
  try {
    await handleOf(client, name).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

// --- internal ---

function handleOf({ temporal, storeId }: ScheduleClient, name: string) {
  return temporal.client.schedule.getHandle(scheduleId(storeId, name));
}

async function found(name: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new SweepError('NOT_FOUND', `Temporal does not have the schedule ${name}`, {
      hint: `It was created on another server; delete and create it again: ideasweep schedule delete ${name}.`,
      cause: error,
    });
  }
}

function stateOf({ state, info }: ScheduleDescription): ScheduleState {
  const last = info.recentActions.at(-1)?.takenAt;
  return {
    isPaused: state.paused,
    nextMs: info.nextActionTimes.map((time) => time.getTime()),
    lastMs: last?.getTime() ?? null,
    runCount: info.numActionsTaken,
  };
}

/** The server's INVALID_ARGUMENT, about what the user wrote, comes out of the SDK as a TypeError. */
function refusedSpec(error: unknown, cron: string, timezone: string): SweepError | undefined {
  if (!(error instanceof TypeError)) return undefined;
  const text = `"${cron}" in ${timezone} is no schedule: ${error.message}`;
  return new SweepError('USAGE', text, {
    hint: 'Five fields: minute hour day month weekday, as in --cron "0 2 * * *" --timezone Europe/Berlin.',
    cause: error,
  });
}
