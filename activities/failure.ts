import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { AssertionError } from '../src/assert.ts';
import { ERROR_KINDS, SweepError } from '../src/errors.ts';
import { isOutage } from '../src/store/outage.ts';

/**
 * The only translation of errors into Temporal's: `type` is the code, and the table of errors.ts says
 * whether a retry may help. Errors that are not ours are retried a few times (a driver's socket
 * error has no code of ours), then given up: a defect of the program does not heal.
 */
export function toFailure(error: unknown, attempt: number): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof SweepError) {
    return ApplicationFailure.create({
      message: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
      type: error.code,
      nonRetryable: !ERROR_KINDS[error.code].isRetryable,
      details: [{ issues: error.issues, facts: error.facts }],
      cause: error,
    });
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const isDefect = error instanceof AssertionError || error instanceof TypeError;
  const isLost = isOutage(error);
  return ApplicationFailure.create({
    message,
    type: isLost ? 'STORE_UNREACHABLE' : name,
    nonRetryable: isDefect || (!isLost && attempt >= UNKNOWN_ERROR_ATTEMPTS_MAX),
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

/** Whether Temporal gives up after this error: nothing will try again. */
export function isFinal(error: unknown, attempt: number): boolean {
  const failure = toFailure(error, attempt);
  return failure instanceof ApplicationFailure && failure.nonRetryable === true;
}

/**
 * Runs the body of an activity: heartbeats while it works, so that cancellation arrives and a dead
 * worker is noticed, and translates what it throws.
 */
export async function runActivity<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await body(context.cancellationSignal);
  } catch (error) {
    if (context.cancellationSignal.aborted) throw await abortedFailure(context);
    throw toFailure(error, context.info.attempt);
  } finally {
    clearInterval(timer);
  }
}

// --- internal ---

/** What an aborted body throws is its own; Temporal wants to see why it was aborted. */
async function abortedFailure(context: Context): Promise<Error> {
  const reason: unknown = await context.cancelled.catch((error: unknown) => error);
  if (!(reason instanceof CancelledFailure)) return toFailure(reason, context.info.attempt);
  if (!context.cancellationDetails?.workerShutdown) return reason;
  // The sweep goes on: another worker takes the batch where this one saved it.
  return ApplicationFailure.retryable('the worker was shut down', 'WORKER_SHUTDOWN');
}

/** A cancellation comes back with a heartbeat, and must stop a batch within a second. */
const HEARTBEAT_MS = 400;

const UNKNOWN_ERROR_ATTEMPTS_MAX = 5;
