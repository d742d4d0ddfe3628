import { condition, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type {
  Pace,
  PlannedSweep,
  RunningState,
  SweepCounts,
  SweepInput,
} from '../src/contracts.ts';
import { required } from '../src/assert.ts';
import { type Batch, countPoints, nextBatch } from '../src/grid/batch.ts';
import { BATCHES_PER_WORKFLOW_RUN } from '../src/limits.ts';
import { failureCode, failureText } from './failure-code.ts';
import { batchSizeFor, countSlots, NO_PACE, observe, windowSize } from './pace.ts';
import { batchActivities, builder, control } from './proxies.ts';

/**
 * The part of the sweep workflow that runs batches: as many in flight as the window allows, a new
 * one as soon as one returns. Signals only set fields; the loop below reads them.
 */
export interface SweepState {
  readonly input: SweepInput;
  plan: PlannedSweep;
  /** Open ranges that are not in flight. */
  ranges: readonly Batch[];
  /** Batches to be run again, exactly as they were cut: what an attempt saved is found by the batch. */
  again: readonly Batch[];
  readonly inFlight: Set<Batch>;
  counts: SweepCounts;
  pace: Pace;
  maxInFlight: number | undefined;
  batchSize: number;
  batchesThisRun: number;
  isPaused: boolean;
  isStopping: boolean;
  /** What Postgres says the sweep is doing. */
  recordedState: RunningState | undefined;
  /** A batch has met a missing or corrupt feed: nothing starts until the feeds are repaired. */
  wantsFeeds: boolean;
  feedRepairs: number;
  firstFailure: string | undefined;
}

export function createSweepState(input: SweepInput): SweepState {
  const { carried } = input;
  return {
    input,
    plan: carried?.plan ?? { totalPoints: 0, ranges: [], batchTaskQueue: '', slots: 1 },
    ranges: carried?.ranges ?? [],
    again: carried?.again ?? [],
    inFlight: new Set(),
    counts: carried?.counts ?? NO_COUNTS,
    pace: carried?.pace ?? NO_PACE,
    maxInFlight: input.maxInFlight,
    batchSize: 0,
    batchesThisRun: 0,
    isPaused: carried?.isPaused ?? false,
    isStopping: false,
    recordedState: undefined,
    wantsFeeds: false,
    feedRepairs: carried?.feedRepairs ?? 0,
    firstFailure: undefined,
  };
}

/** Runs batches until nothing is in flight and nothing more may start. */
export async function runWindow(state: SweepState): Promise<void> {
  for (;;) {
    await recordState(state);
    if (state.wantsFeeds) await repairFeeds(state);
    while (canStart(state)) startBatch(state);
    if (isDrained(state)) return;
    await condition(
      () => canStart(state) || isDrained(state) || state.wantsFeeds || isStateNews(state),
    );
  }
}

export function runningState(state: SweepState): RunningState {
  if (state.isStopping) return 'stopping';
  return state.isPaused ? 'paused' : 'running';
}

/** The history is long enough: let the window run dry and continue as new. */
export function isCutDue(state: SweepState): boolean {
  const batchesMax = state.input.batchesPerRun ?? BATCHES_PER_WORKFLOW_RUN;
  return state.batchesThisRun >= batchesMax || workflowInfo().continueAsNewSuggested;
}

/** Whether points wait that are not in flight. */
export function hasOpenPoints(state: SweepState): boolean {
  return state.again.length > 0 || state.ranges.length > 0;
}

// --- internal ---

const NO_COUNTS: SweepCounts = { points: 0, failed: 0, refused: 0, batches: 0, failedBatches: 0 };

/** Codes that a repair of the feed files cures. */
const FEED_CODES = new Set(['FEED_MISSING', 'FEED_CORRUPT']);

function canStart(state: SweepState): boolean {
  if (state.isPaused || state.isStopping || state.wantsFeeds || isCutDue(state)) return false;
  const slots = countSlots(state.pace, state.plan.slots);
  return hasOpenPoints(state) && state.inFlight.size < windowSize(slots, state.maxInFlight);
}

function isDrained(state: SweepState): boolean {
  if (state.inFlight.size > 0) return false;
  if (state.isStopping || isCutDue(state)) return true;
  return !hasOpenPoints(state) && !state.wantsFeeds;
}

function isStateNews(state: SweepState): boolean {
  return state.recordedState !== runningState(state);
}

async function recordState(state: SweepState): Promise<void> {
  if (!isStateNews(state)) return;
  const next = runningState(state);
  await control.setSweepState({ sweepId: state.input.sweepId, state: next });
  state.recordedState = next;
}

async function repairFeeds(state: SweepState): Promise<void> {
  await builder.buildFeeds({ sweepId: state.input.sweepId });
  state.feedRepairs += 1;
  state.wantsFeeds = false;
}

function startBatch(state: SweepState): void {
  const batch = takeBatch(state);
  state.batchSize = batch.end - batch.start;
  state.batchesThisRun += 1;
  state.inFlight.add(batch);
  void runBatch(state, batch).finally(() => state.inFlight.delete(batch));
}

function takeBatch(state: SweepState): Batch {
  const [again, ...others] = state.again;
  if (again) {
    state.again = others;
    return again;
  }
  const slots = countSlots(state.pace, state.plan.slots);
  const size = state.input.batchSize ?? batchSizeFor(state.pace, slots, countPoints(state.ranges));
  const { batch, rest } = required(
    nextBatch(state.ranges, size),
    'a batch starts where one is open',
  );
  state.ranges = rest;
  return batch;
}

/** Never rejects: what a batch ends with is written to the state. */
async function runBatch(state: SweepState, batch: Batch): Promise<void> {
  const repairsBefore = state.feedRepairs;
  try {
    const activities = batchActivities(state.plan.batchTaskQueue);
    const outcome = await activities.runBatch({ sweepId: state.input.sweepId, ...batch });
    const { counts } = state;
    state.counts = {
      points: counts.points + outcome.points,
      failed: counts.failed + outcome.failed,
      refused: counts.refused + outcome.refused,
      batches: counts.batches + 1,
      failedBatches: counts.failedBatches,
    };
    // A batch that was done before costs nothing and says nothing about the next.
    if (outcome.elapsedMs > 0) state.pace = observe(state.pace, batch, outcome);
  } catch (error) {
    // Cancelled with the sweep: its range stays open in Postgres.
    if (!isCancellation(error)) settleFailure(state, batch, repairsBefore, error);
  }
}

function settleFailure(
  state: SweepState,
  batch: Batch,
  repairsBefore: number,
  error: unknown,
): void {
  const code = failureCode(error) ?? '';
  if (FEED_CODES.has(code) && repairsBefore === 0) {
    state.again = [...state.again, batch];
    if (state.feedRepairs === 0) state.wantsFeeds = true;
    return;
  }
  if (code === 'STALE_ATTEMPT') {
    // A worker that was thought dead claimed the batch last and wrote on; it has to be claimed again.
    state.again = [...state.again, batch];
    return;
  }
  const message = failureText(error);
  log.error('batch failed for good', { sweepId: state.input.sweepId, ...batch, message });
  state.firstFailure ??= `batch ${batch.start}..${batch.end}: ${message}`;
  state.counts = { ...state.counts, failedBatches: state.counts.failedBatches + 1 };
}
