import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { BatchActivities, ControlActivities } from '../activities/index.ts';

/**
 * Timeouts and retries of every activity, in one table. Retries have no end: an error that a retry
 * cannot cure is marked so where it is thrown (activities/failure.ts), and a service that is down
 * for an hour should cost an hour and not the sweep.
 */
const RETRY = {
  initialInterval: '500ms',
  backoffCoefficient: 2,
  maximumInterval: '20s',
} as const;

/** Rows and states in Postgres: seconds. Ranking a very large sweep: minutes. */
export const control = proxyActivities<Pick<ControlActivities, 'setSweepState' | 'endSweep'>>({
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry: RETRY,
});

/**
 * Reads candles and builds feed files: as long as the indicators take. They are computed on the main
 * thread, column by column, so heartbeats may pause for a while.
 */
export const builder = proxyActivities<
  Pick<ControlActivities, 'planSweep' | 'buildFeeds' | 'prepareNightly' | 'recordNightly'>
>({
  startToCloseTimeout: '6h',
  heartbeatTimeout: '2m',
  retry: RETRY,
});

/**
 * One batch. The heartbeat is liveness only, and it is what makes the batch of a killed worker start
 * again elsewhere within seconds. A missing or corrupt feed is not retried here: the workflow
 * rebuilds feeds first.
 */
export function batchActivities(taskQueue: string): BatchActivities {
  return proxyActivities<BatchActivities>({
    taskQueue,
    startToCloseTimeout: '24h',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      ...RETRY,
      nonRetryableErrorTypes: ['FEED_MISSING', 'FEED_CORRUPT', 'STALE_ATTEMPT'],
    },
  });
}
