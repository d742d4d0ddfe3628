import { NativeConnection, type Worker } from '@temporalio/worker';
import type { Config } from '../src/config.ts';
import type { Store } from '../src/store/db.ts';
import { connectTo, temporalEndpoint, unreachable } from '../src/temporal/connect.ts';
import { createBatchWorker } from './batch-worker.ts';
import { createControlWorker, type WorkerDeps } from './control-worker.ts';
import { installRuntime } from './runtime.ts';

export type WorkerRole = 'control' | 'batch' | 'all';

export interface RunningWorkers {
  readonly address: string;
  readonly roles: readonly ('control' | 'batch')[];
  /** Settles when every worker has ended; rejects when one could not go on. */
  readonly done: Promise<void>;
  /** Lets what runs hand back, then ends. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Connects and starts polling.
 * @throws SweepError TEMPORAL_UNREACHABLE naming the address, within seconds.
 */
export async function startWorkers(
  config: Config,
  store: Store,
  role: WorkerRole,
): Promise<RunningWorkers> {
  installRuntime(config.logLevel);
  const endpoint = temporalEndpoint(config);
  const { address, namespace } = endpoint;
  const deps = { config, store, namespace, connection: await connectNatively(endpoint) };
  const roles = role === 'all' ? (['control', 'batch'] as const) : ([role] as const);
  const { workers, resources } = await createWorkers(deps, roles);
  const done = runAll(workers).finally(() => resources.disposeAsync());
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (!isStopping) for (const worker of workers) shutDown(worker);
    isStopping = true;
    await done;
  };
  // `done` is awaited by the caller; a failure before that must not end the process unsaid.
  done.catch(() => {});
  return { address, roles, done, stop };
}

// --- internal ---

/** The native connection has no deadline of its own, so the client's asks first. */
async function connectNatively(
  endpoint: ReturnType<typeof temporalEndpoint>,
): Promise<NativeConnection> {
  const probe = await connectTo(endpoint);
  await probe.close();
  try {
    return await NativeConnection.connect(endpoint.options);
  } catch (error) {
    throw unreachable(endpoint.address, error);
  }
}

async function createWorkers(
  deps: WorkerDeps,
  roles: readonly ('control' | 'batch')[],
): Promise<{ workers: readonly Worker[]; resources: AsyncDisposableStack }> {
  await using resources = new AsyncDisposableStack();
  resources.defer(() => deps.connection.close());
  const workers: Worker[] = [];
  for (const role of roles) {
    if (role === 'control') workers.push(await createControlWorker(deps));
    else workers.push(resources.use(await createBatchWorker(deps)).worker);
  }
  return { workers, resources: resources.move() };
}

/** One that ends, for whatever reason, takes the others with it. */
async function runAll(workers: readonly Worker[]): Promise<void> {
  const runs = workers.map(async (worker) => {
    try {
      await worker.run();
    } finally {
      for (const other of workers) shutDown(other);
    }
  });
  const settled = await Promise.allSettled(runs);
  for (const run of settled) if (run.status === 'rejected') throw run.reason;
}

function shutDown(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}
