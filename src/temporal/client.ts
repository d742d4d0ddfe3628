import {
  Client,
  type Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Config } from '../config.ts';
import {
  type SweepInput,
  type SweepOutcome,
  type SweepProgress,
  SWEEP_WORKFLOW,
} from '../contracts.ts';
import { ERROR_KINDS, SweepError, type SweepErrorCode } from '../errors.ts';
import { connectTo, temporalEndpoint } from './connect.ts';
import { sweepWorkflowId } from './ids.ts';
import { taskQueues } from './task-queues.ts';

/** A connected client that closes with `await using`. */
export interface TemporalClient extends AsyncDisposable {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
}

/** @throws SweepError TEMPORAL_UNREACHABLE naming the address and what to start, within seconds. */
export async function connectTemporal(config: Config): Promise<TemporalClient> {
  const endpoint = temporalEndpoint(config);
  const connection = await connectTo(endpoint);
  const { address, namespace } = endpoint;
  return {
    client: new Client({ connection, namespace }),
    connection,
    address,
    namespace,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

export interface StartedWorkflow {
  readonly handle: SweepHandle;
  /** True when the sweep's workflow was running already: the caller has attached to it. */
  readonly isAttached: boolean;
}

/** Starts the workflow of a sweep whose row exists; one that runs already is attached to. */
export async function startSweepWorkflow(
  { client }: Pick<TemporalClient, 'client'>,
  storeId: string,
  input: SweepInput,
): Promise<StartedWorkflow> {
  const workflowId = sweepWorkflowId(input.sweepId);
  try {
    await client.workflow.start(SWEEP_WORKFLOW, {
      workflowId,
      taskQueue: taskQueues(storeId).control,
      args: [input],
      // A sweep that was stopped or cancelled is resumed under the same id.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
    return { handle: sweepHandle({ client }, input.sweepId), isAttached: false };
  } catch (error) {
    // One sweep, one driver: a second start watches the first.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { handle: sweepHandle({ client }, input.sweepId), isAttached: true };
  }
}

/** A handle that follows a sweep through continue-as-new. */
export function sweepHandle(
  { client }: Pick<TemporalClient, 'client'>,
  sweepId: string,
): SweepHandle {
  return new SweepHandle(client.workflow.getHandle(sweepWorkflowId(sweepId)), sweepId);
}

/** What can be asked of a sweep's workflow. Message names are those of workflows/messages.ts. */
export class SweepHandle {
  readonly sweepId: string;
  readonly #workflow: WorkflowHandle;

  constructor(workflow: WorkflowHandle, sweepId: string) {
    this.#workflow = workflow;
    this.sweepId = sweepId;
  }

  /**
   * The workflow's end, through continue-as-new.
   * @throws SweepError with the code of the activity that failed for good; SWEEP_FAILED when the
   * workflow was cancelled, terminated or failed otherwise.
   */
  async result(): Promise<SweepOutcome> {
    try {
      return (await this.#workflow.result()) as SweepOutcome;
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw sweepFailure(this.sweepId, error);
      throw error;
    }
  }

  progress(): Promise<SweepProgress> {
    return this.#workflow.query<SweepProgress>('progress');
  }

  pause(): Promise<void> {
    return this.#tell('pause');
  }

  resume(): Promise<void> {
    return this.#tell('resume');
  }

  stop(): Promise<void> {
    return this.#tell('stop');
  }

  setConcurrency(batches: number): Promise<void> {
    return this.#tell('concurrency', batches);
  }

  async cancel(): Promise<void> {
    await this.#workflow.cancel();
  }

  async #tell(signal: string, ...args: unknown[]): Promise<void> {
    try {
      await this.#workflow.signal(signal, ...args);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new SweepError('NOT_FOUND', `sweep ${this.sweepId} is not running in Temporal`, {
        hint: `Look at it with: ideasweep status ${this.sweepId}`,
        cause: error,
      });
    }
  }
}

// --- internal ---

/** What an activity threw comes back wrapped; its type is our code (activities/failure.ts). */
function sweepFailure(sweepId: string, error: WorkflowFailedError): SweepError {
  const hint = `Look at it with: ideasweep status ${sweepId}`;
  let cause: unknown = error.cause;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure) && cause.cause) {
    cause = cause.cause;
  }
  if (cause instanceof CancelledFailure) {
    return new SweepError('SWEEP_FAILED', `sweep ${sweepId} was cancelled`, { hint, cause: error });
  }
  const type = cause instanceof ApplicationFailure ? (cause.type ?? '') : '';
  const code = Object.hasOwn(ERROR_KINDS, type) ? (type as SweepErrorCode) : 'SWEEP_FAILED';
  const message = cause instanceof Error ? cause.message : 'its workflow failed';
  return new SweepError(code, `sweep ${sweepId}: ${message}`, { hint, cause: error });
}
