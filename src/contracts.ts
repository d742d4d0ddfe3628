import type { Batch } from './grid/batch.ts';

/**
 * Payloads that cross Temporal: JSON only, small (ids, ranges, counts), additive. They outlive
 * deployments, so a field is never renamed or given another meaning; a new one is optional.
 * Whatever is larger than this is in Postgres under the sweep's id.
 */

/** Names of the workflows as they are registered; clients and schedules start them by name. */
export const SWEEP_WORKFLOW = 'sweepWorkflow';
export const NIGHTLY_WORKFLOW = 'nightlyWorkflow';

export interface SweepInput {
  readonly sweepId: string;
  /** Batches scheduled at the same time, at most; by default twice the slots seen so far. */
  readonly maxInFlight?: number;
  /** Points per batch, always; without it the size follows the measured cost. */
  readonly batchSize?: number;
  /** Batches after which the history is cut by continue-as-new; for tests. */
  readonly batchesPerRun?: number;
  /** Set by continue-as-new only. */
  readonly carried?: CarriedSweep;
}

/** Where a sweep stands when its history is cut. Nothing is in flight at that moment. */
export interface CarriedSweep {
  readonly plan: PlannedSweep;
  readonly ranges: readonly Batch[];
  /** Batches to be run again as they were cut. */
  readonly again: readonly Batch[];
  readonly counts: SweepCounts;
  readonly pace: Pace;
  readonly isPaused: boolean;
  /** How often the feeds were repaired; a batch that fails on a feed after that has failed for good. */
  readonly feedRepairs: number;
}

/** What the plan activity found: the open part of the grid. */
export interface PlannedSweep {
  /** Points of the whole product. */
  readonly totalPoints: number;
  /** Open ranges, ascending; at most RANGES_PER_PLAN_MAX. */
  readonly ranges: readonly Batch[];
  /** First index this plan says nothing about, where more is open than it lists; absent = all listed. */
  readonly continuesAt?: number;
  readonly batchTaskQueue: string;
  /** Threads of the machine that planned: a first guess of the slots. */
  readonly slots: number;
}

/** Rows written since the workflow began; a resumed sweep has more in Postgres. */
export interface SweepCounts {
  readonly points: number;
  readonly failed: number;
  readonly refused: number;
  readonly batches: number;
  /** Batches that failed for good; their points are not in the counts above. */
  readonly failedBatches: number;
}

/** What the batch size follows. */
export interface Pace {
  /** Measured cost of a point on one thread, ms; absent before the first batch has come back. */
  readonly msPerPoint?: number;
  /** Slots per worker that has returned a batch. */
  readonly slotsByWorker: Readonly<Record<string, number>>;
}

export interface PlanInput {
  readonly sweepId: string;
  /** Lists open ranges from this point index on; 0 when absent. */
  readonly fromIndex?: number;
}

export interface BuildFeedsInput {
  readonly sweepId: string;
}

export interface BatchInput {
  readonly sweepId: string;
  /** Half-open range of point indices. */
  readonly start: number;
  readonly end: number;
}

export interface BatchOutcome {
  readonly points: number;
  readonly failed: number;
  readonly refused: number;
  readonly elapsedMs: number;
  /** Digest of the rows that this attempt wrote. */
  readonly digest: string;
  /** The worker process and how many batches it runs at the same time. */
  readonly worker: string;
  readonly slots: number;
}

/** States that a driver gives a sweep while it runs. */
export type RunningState = 'running' | 'paused' | 'stopping';

export interface SweepStateInput {
  readonly sweepId: string;
  readonly state: RunningState;
}

/** How a driver can end a sweep. */
export type SweepEnding = 'finished' | 'stopped' | 'cancelled' | 'failed';

export interface EndSweepInput {
  readonly sweepId: string;
  readonly ending: SweepEnding;
  /** Batches that failed for good, so that `finished` becomes `completed_with_failures`. */
  readonly failedBatches: number;
  /** First failure, for the sweep's row. */
  readonly message?: string;
}

export interface SweepOutcome extends SweepCounts {
  readonly sweepId: string;
  /** The sweep's state in Postgres (design §12.1). */
  readonly status: string;
}

export interface SweepProgress extends SweepCounts {
  readonly sweepId: string;
  readonly state: RunningState;
  readonly totalPoints: number;
  readonly remainingPoints: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Points of the batch that was scheduled last. */
  readonly batchSize: number;
}

export interface NightlyInput {
  readonly scheduleName: string;
}

export interface PrepareNightlyInput {
  readonly scheduleName: string;
  /** The instant that the schedule meant, epoch ms: the as-of time of the rolling window. */
  readonly scheduledAtMs: number;
}

export interface PreparedNightly {
  readonly sweepId: string;
  /** Id of the child workflow that runs the sweep. */
  readonly workflowId: string;
  readonly maxInFlight?: number;
  readonly batchSize?: number;
}

export interface RecordNightlyInput {
  readonly scheduleName: string;
  readonly sweepId: string;
  readonly scheduledAtMs: number;
}

export interface NightlyOutcome {
  readonly scheduleName: string;
  readonly sweepId: string;
  readonly status: string;
}
