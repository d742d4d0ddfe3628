import { NativeConnection, Worker } from '@temporalio/worker';
import { Context } from '@temporalio/activity';
import type { BatchActivities, ControlActivities } from '../../activities/index.ts';
import type {
  BatchInput,
  EndSweepInput,
  PlanInput,
  PlannedSweep,
  PrepareNightlyInput,
  RecordNightlyInput,
  RunningState,
  SweepStateInput,
} from '../../src/contracts.ts';
import { sweepWorkflowId } from '../../src/temporal/ids.ts';
import { taskQueues } from '../../src/temporal/task-queues.ts';
import { workflowSource } from '../../workers/bundle.ts';
import { installRuntime } from '../../workers/runtime.ts';

/**
 * The real sweep workflow on a real server, with activities that record what they are asked and do
 * what the test says. For decisions of the workflow only; sweep.test.ts runs the real activities.
 */
export interface Script {
  readonly size: number;
  readonly slots?: number;
  /** Ranges that the plan lists from an index on; the whole grid by default. */
  readonly plan?: (fromIndex: number) => Partial<PlannedSweep>;
  /** What a batch does; returns its elapsed time, ms, or throws. `feedBuilds`: how often feeds were built. */
  readonly batch?: (
    input: BatchInput,
    attempt: number,
    feedBuilds: number,
  ) => Promise<number> | number;
}

export class ScriptedSweep implements AsyncDisposable {
  readonly batches: BatchInput[] = [];
  readonly states: RunningState[] = [];
  readonly endings: EndSweepInput[] = [];
  feedBuilds = 0;
  running = 0;
  runningMax = 0;
  readonly #workers: Worker[] = [];
  readonly #runs: Promise<void>[] = [];
  readonly #script: Script;
  #connection: NativeConnection | undefined;

  constructor(script: Script) {
    this.#script = script;
  }

  async start(address: string, storeId: string): Promise<this> {
    installRuntime('error');
    this.#connection = await NativeConnection.connect({ address });
    const { connection, queues } = { connection: this.#connection, queues: taskQueues(storeId) };
    this.#workers.push(
      await Worker.create({
        connection,
        taskQueue: queues.control,
        ...workflowSource(),
        activities: this.#control(queues.batch),
      }),
      await Worker.create({
        connection,
        taskQueue: queues.batch,
        activities: this.#batch(),
        maxHeartbeatThrottleInterval: '200ms',
      }),
    );
    this.#runs.push(...this.#workers.map((worker) => worker.run()));
    return this;
  }

  /** Ranges that were run, ascending, without those that failed. */
  get covered(): readonly (readonly [number, number])[] {
    return this.batches
      .map(({ start, end }) => [start, end] as const)
      .toSorted((a, b) => a[0] - b[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) worker.shutdown();
    await Promise.all(this.#runs);
    await this.#connection?.close();
  }

  #control(batchTaskQueue: string): Partial<ControlActivities> {
    const { size, slots = 2, plan } = this.#script;
    return {
      planSweep: async ({ fromIndex = 0 }: PlanInput) => ({
        totalPoints: size,
        ranges: [{ start: fromIndex, end: size }].filter((range) => range.start < range.end),
        batchTaskQueue,
        slots,
        ...plan?.(fromIndex),
      }),
      buildFeeds: async () => void (this.feedBuilds += 1),
      setSweepState: async ({ state }: SweepStateInput) => void this.states.push(state),
      prepareNightly: async ({ scheduleName }: PrepareNightlyInput) => ({
        sweepId: scheduleName,
        workflowId: sweepWorkflowId(scheduleName),
      }),
      recordNightly: async ({ scheduleName, sweepId }: RecordNightlyInput) => ({
        scheduleName,
        sweepId,
        status: 'completed',
      }),
      endSweep: async (input: EndSweepInput) => {
        this.endings.push(input);
        const isWhole = input.ending === 'finished' && input.failedBatches > 0;
        if (input.ending !== 'finished') return { status: input.ending };
        return { status: isWhole ? 'completed_with_failures' : 'completed' };
      },
    };
  }

  #batch(): BatchActivities {
    return {
      runBatch: async (input) => {
        const context = Context.current();
        this.running += 1;
        this.runningMax = Math.max(this.runningMax, this.running);
        const timer = setInterval(() => context.heartbeat(), 100);
        try {
          const elapsedMs =
            (await this.#script.batch?.(input, context.info.attempt, this.feedBuilds)) ?? 1;
          this.batches.push(input);
          const points = input.end - input.start;
          const slots = this.#script.slots ?? 2;
          return { points, failed: 0, refused: 0, elapsedMs, digest: '', worker: 'w:1', slots };
        } finally {
          clearInterval(timer);
          this.running -= 1;
        }
      },
    };
  }
}
