import { CancellationScope, executeChild, workflowInfo } from '@temporalio/workflow';
import type { NightlyInput, NightlyOutcome } from '../src/contracts.ts';
import { builder } from './proxies.ts';
import { sweepWorkflow } from './sweep.ts';

/**
 * Started by a Temporal Schedule: resolve the rolling window against the instant that the schedule
 * meant (not the one at which a worker got round to it) → child sweep → compare with last night,
 * record. A sweep that fails or is cancelled is recorded too, and then fails this workflow.
 */
export async function nightlyWorkflow({ scheduleName }: NightlyInput): Promise<NightlyOutcome> {
  const scheduledAtMs = scheduledAt();
  const prepared = await builder.prepareNightly({ scheduleName, scheduledAtMs });
  const { sweepId, workflowId, maxInFlight, batchSize } = prepared;
  const record = () => builder.recordNightly({ scheduleName, sweepId, scheduledAtMs });
  try {
    await executeChild(sweepWorkflow, {
      workflowId,
      args: [
        {
          sweepId,
          ...(maxInFlight === undefined ? {} : { maxInFlight }),
          ...(batchSize === undefined ? {} : { batchSize }),
        },
      ],
    });
  } catch (error) {
    await CancellationScope.nonCancellable(record);
    throw error;
  }
  return record();
}

// --- internal ---

function scheduledAt(): number {
  const info = workflowInfo();
  const [scheduled] = info.searchAttributes['TemporalScheduledStartTime'] ?? [];
  return scheduled instanceof Date ? scheduled.getTime() : info.startTime.getTime();
}
