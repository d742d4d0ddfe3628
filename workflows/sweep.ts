import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setHandler,
} from '@temporalio/workflow';
import type { SweepInput, SweepOutcome } from '../src/contracts.ts';
import { countPoints } from '../src/grid/batch.ts';
import { failureCode, failureText } from './failure-code.ts';
import {
  concurrencySignal,
  pauseSignal,
  progressQuery,
  resumeSignal,
  stopSignal,
} from './messages.ts';
import { countSlots, windowSize } from './pace.ts';
import { builder, control } from './proxies.ts';
import {
  createSweepState,
  hasOpenPoints,
  isCutDue,
  runningState,
  runWindow,
  type SweepState,
} from './sliding-window.ts';

/**
 * One sweep: plan → feeds → sliding window of batches → rank. The workflow holds a cursor over the
 * open ranges of the grid and a few counts; rows go from the batch activities straight to Postgres.
 * Its history is cut by continue-as-new while nothing is in flight.
 *
 * It may be cancelled (running batches are cancelled and awaited, the sweep ends `cancelled`),
 * stopped (running batches end, what is done is ranked), paused and resumed. A batch that fails
 * for good does not end the sweep: it ends `completed_with_failures`.
 */
export async function sweepWorkflow(input: SweepInput): Promise<SweepOutcome> {
  const state = createSweepState(input);
  handleMessages(state);
  try {
    await drive(state);
  } catch (error) {
    await CancellationScope.nonCancellable(() => abandon(state, error));
    throw error;
  }
  if (isCutDue(state) && !state.isStopping) {
    return continueAsNew<typeof sweepWorkflow>(carry(state));
  }
  return CancellationScope.nonCancellable(() => end(state));
}

// --- internal ---

async function drive(state: SweepState): Promise<void> {
  const { sweepId } = state.input;
  if (!state.input.carried) {
    state.plan = await builder.planSweep({ sweepId });
    state.ranges = state.plan.ranges;
    if (state.ranges.length > 0) await builder.buildFeeds({ sweepId });
  }
  for (;;) {
    await runWindow(state);
    const fromIndex = state.plan.continuesAt;
    if (state.isStopping || hasOpenPoints(state) || fromIndex === undefined) return;
    state.plan = await builder.planSweep({ sweepId, fromIndex });
    state.ranges = state.plan.ranges;
    if (isCutDue(state)) return;
  }
}

function isUnfinished(state: SweepState): boolean {
  return hasOpenPoints(state) || state.plan.continuesAt !== undefined;
}

async function end(state: SweepState): Promise<SweepOutcome> {
  const { sweepId } = state.input;
  const { failedBatches } = state.counts;
  const { status } = await control.endSweep({
    sweepId,
    ending: state.isStopping && isUnfinished(state) ? 'stopped' : 'finished',
    failedBatches,
    ...(state.firstFailure === undefined ? {} : { message: state.firstFailure }),
  });
  log.info('sweep ended', { sweepId, status, ...state.counts });
  return { sweepId, status, ...state.counts };
}

/** Cancelled, or plan, feeds or bookkeeping failed for good: batches in flight are awaited first. */
async function abandon(state: SweepState, error: unknown): Promise<void> {
  await condition(() => state.inFlight.size === 0);
  // Somebody else drives it, and says how it ends.
  if (failureCode(error) === 'SWEEP_LEASED') return;
  await control.endSweep({
    sweepId: state.input.sweepId,
    ending: isCancellation(error) ? 'cancelled' : 'failed',
    failedBatches: state.counts.failedBatches,
    message: failureText(error),
  });
}

function carry(state: SweepState): SweepInput {
  return {
    ...state.input,
    ...(state.maxInFlight === undefined ? {} : { maxInFlight: state.maxInFlight }),
    carried: {
      // The ranges travel once: the plan's own list is spent.
      plan: { ...state.plan, ranges: [] },
      ranges: state.ranges,
      again: state.again,
      counts: state.counts,
      pace: state.pace,
      isPaused: state.isPaused,
      feedRepairs: state.feedRepairs,
    },
  };
}

function handleMessages(state: SweepState): void {
  setHandler(pauseSignal, () => {
    state.isPaused = true;
  });
  setHandler(resumeSignal, () => {
    state.isPaused = false;
  });
  setHandler(stopSignal, () => {
    state.isStopping = true;
  });
  setHandler(concurrencySignal, (batches) => {
    if (Number.isFinite(batches)) state.maxInFlight = batches;
  });
  setHandler(progressQuery, () => ({
    sweepId: state.input.sweepId,
    state: runningState(state),
    totalPoints: state.plan.totalPoints,
    remainingPoints: countPoints([...state.ranges, ...state.again, ...state.inFlight]),
    inFlight: state.inFlight.size,
    maxInFlight: windowSize(countSlots(state.pace, state.plan.slots), state.maxInFlight),
    batchSize: state.batchSize,
    ...state.counts,
  }));
}
