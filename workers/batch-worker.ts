import { hostname } from 'node:os';
import { Worker } from '@temporalio/worker';
import { createBatchActivities } from '../activities/index.ts';
import { startThreads } from '../src/executor/start-threads.ts';
import { taskQueues } from '../src/temporal/task-queues.ts';
import type { WorkerDeps } from './control-worker.ts';

export interface BatchWorker extends AsyncDisposable {
  readonly worker: Worker;
}

/**
 * Backtests only: as many batches at the same time as there are engine threads. The throttle bounds
 * how late a cancellation arrives, because it comes back with a heartbeat.
 */
export async function createBatchWorker(deps: WorkerDeps): Promise<BatchWorker> {
  const { config, store, connection, namespace } = deps;
  const threads = await startThreads(config.threads);
  const { pool } = threads;
  const name = `${hostname()}:${process.pid}`;
  const worker = await Worker.create({
    connection,
    namespace,
    identity: name,
    taskQueue: taskQueues(store.storeId).batch,
    activities: createBatchActivities({ config, store, pool, worker: name }),
    maxConcurrentActivityTaskExecutions: config.threads,
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    // A batch hands back after the point it is on and is saved; another worker goes on from there.
    shutdownGraceTime: '1s',
  });
  return { worker, [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose]() };
}
