import { type NativeConnection, Worker } from '@temporalio/worker';
import { createControlActivities } from '../activities/index.ts';
import type { Config } from '../src/config.ts';
import type { Store } from '../src/store/db.ts';
import { taskQueues } from '../src/temporal/task-queues.ts';
import { workflowSource } from './bundle.ts';

export interface WorkerDeps {
  readonly config: Config;
  readonly store: Store;
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** Workflows and everything that is not a backtest. The only worker that opens the candle database. */
export function createControlWorker(deps: WorkerDeps): Promise<Worker> {
  const { config, store, connection, namespace } = deps;
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueues(store.storeId).control,
    ...workflowSource(),
    activities: createControlActivities({ config, store }),
    // Planning and feed building are heavy and rare; several sweeps still make progress together.
    maxConcurrentActivityTaskExecutions: 8,
    maxHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: '5s',
  });
}
