/**
 * `npm run histories:record`: runs each promise of the workflows on a real development server and
 * writes its history to test/replay/histories. A release records anew only what it means to change:
 * old histories are the promise that running sweeps survive a deployment.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { loadConfig } from '../src/config.ts';
import { NIGHTLY_WORKFLOW, type SweepInput } from '../src/contracts.ts';
import { startTemporal } from '../src/services/temporal.ts';
import {
  connectTemporal,
  startSweepWorkflow,
  type SweepHandle,
  type TemporalClient,
} from '../src/temporal/client.ts';
import { sweepWorkflowId } from '../src/temporal/ids.ts';
import { taskQueues } from '../src/temporal/task-queues.ts';
import { historyText } from '../test/support/history.ts';
import { type Script, ScriptedSweep } from '../test/support/scripted-sweep.ts';

interface Promised {
  readonly script: Script;
  readonly input?: Partial<SweepInput>;
  /** What happens to the running sweep. */
  readonly act?: (handle: SweepHandle, sweep: ScriptedSweep) => Promise<void>;
}

const slow = async (): Promise<number> => sleep(30, 30);

const SWEEPS: Readonly<Record<string, Promised>> = {
  'sweep-runs-every-batch-and-ranks': {
    script: { size: 30 },
    input: { batchSize: 4, maxInFlight: 3 },
  },
  'sweep-adapts-batch-sizes': {
    script: { size: 640, batch: ({ start, end }) => (end - start) * 40 },
  },
  'sweep-continues-as-new': {
    script: { size: 12 },
    input: { batchSize: 1, maxInFlight: 2, batchesPerRun: 5 },
  },
  'sweep-pauses-and-resumes': {
    script: { size: 20, batch: slow },
    input: { batchSize: 2, maxInFlight: 2 },
    act: async (handle, sweep) => {
      await until(() => sweep.batches.length >= 2);
      await handle.pause();
      await until(() => sweep.states.at(-1) === 'paused');
      await handle.resume();
    },
  },
  'sweep-stops-after-running-batches': {
    script: { size: 100, batch: slow },
    input: { batchSize: 1, maxInFlight: 2 },
    act: async (handle, sweep) => {
      await until(() => sweep.batches.length >= 2);
      await handle.stop();
    },
  },
  'sweep-is-cancelled': {
    script: { size: 100, batch: slow },
    input: { batchSize: 1, maxInFlight: 2 },
    act: async (handle, sweep) => {
      await until(() => sweep.batches.length >= 2);
      await handle.cancel();
    },
  },
  'sweep-repairs-feeds-and-retries': {
    script: {
      size: 8,
      batch: (_input, _attempt, feedBuilds) => {
        if (feedBuilds < 2) throw ApplicationFailure.nonRetryable('no such file', 'FEED_MISSING');
        return 1;
      },
    },
    input: { batchSize: 2 },
  },
  'sweep-ends-with-failed-batches': {
    script: {
      size: 8,
      batch: ({ start }) => {
        if (start === 4) throw ApplicationFailure.nonRetryable('broken', 'AssertionError');
        return 1;
      },
    },
    input: { batchSize: 2 },
  },
};

const folder = join(import.meta.dirname, '../test/replay/histories');
const home = mkdtempSync(join(tmpdir(), 'ideasweep-histories-'));
const only = process.argv.slice(2);
const config = loadConfig(process.env, { home });
const server = await startTemporal(config, {
  isInMemory: true,
  onProgress: (text) => void process.stderr.write(`${text}\n`),
});
try {
  await using temporal = await connectTemporal({ ...config, temporalAddress: server.address });
  mkdirSync(folder, { recursive: true });
  for (const [name, promised] of Object.entries(SWEEPS)) {
    if (only.length === 0 || only.includes(name)) await recordSweep(temporal, name, promised);
  }
  const nightly = 'nightly-runs-a-child-sweep';
  if (only.length === 0 || only.includes(nightly)) await recordNightly(temporal, nightly);
} finally {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}

// --- internal ---

async function recordSweep(temporal: TemporalClient, name: string, promised: Promised) {
  const { script, input, act } = promised;
  const storeId = randomUUID().slice(0, 8);
  await using sweep = await new ScriptedSweep(script).start(server.address, storeId);
  const sweepId = name;
  const { handle } = await startSweepWorkflow(temporal, storeId, { sweepId, ...input });
  const workflowId = sweepWorkflowId(sweepId);
  const { runId } = await temporal.client.workflow.getHandle(workflowId).describe();
  await act?.(handle, sweep);
  // A cancelled sweep ends by throwing: its history is what is wanted.
  await handle.result().catch(() => undefined);
  await write(temporal, name, { workflowId, runId });
}

async function recordNightly(temporal: TemporalClient, name: string) {
  const storeId = randomUUID().slice(0, 8);
  await using stack = new AsyncDisposableStack();
  stack.use(await new ScriptedSweep({ size: 4 }).start(server.address, storeId));
  const workflowId = `nightly/${name}`;
  const handle = await temporal.client.workflow.start(NIGHTLY_WORKFLOW, {
    workflowId,
    taskQueue: taskQueues(storeId).control,
    args: [{ scheduleName: name }],
  });
  await handle.result();
  await write(temporal, name, { workflowId, runId: handle.firstExecutionRunId });
}

/** The first run of a workflow. */
async function write(
  temporal: TemporalClient,
  name: string,
  { workflowId, runId }: { workflowId: string; runId: string },
) {
  const history = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const events = history.events ?? [];
  writeFileSync(join(folder, `${name}.json`), historyText({ workflowId, events }));
  process.stdout.write(`${name}: ${events.length} events\n`);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}
