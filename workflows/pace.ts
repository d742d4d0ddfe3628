import type { BatchOutcome, Pace } from '../src/contracts.ts';
import { adaptBatchSize, type Batch } from '../src/grid/batch.ts';
import { BATCHES_IN_FLIGHT_MAX, BATCH_ORCHESTRATION_MS } from '../src/limits.ts';

/**
 * How large the next batch is and how many are in flight. Everything here is a function of what
 * activities returned, in the order of the workflow's history, so a replay decides the same.
 */

export const NO_PACE: Pace = { slotsByWorker: {} };

/** The pace after one more batch. The cost of a point is a moving average, half of it the new batch. */
export function observe(pace: Pace, batch: Batch, outcome: BatchOutcome): Pace {
  const measured = outcome.elapsedMs / (batch.end - batch.start);
  const msPerPoint = pace.msPerPoint === undefined ? measured : (pace.msPerPoint + measured) / 2;
  return {
    msPerPoint,
    slotsByWorker: { ...pace.slotsByWorker, [outcome.worker]: outcome.slots },
  };
}

/** Batches that can run at the same time: what workers have shown, or the planner's guess. */
export function countSlots(pace: Pace, guess: number): number {
  const seen = Object.values(pace.slotsByWorker).reduce((sum, slots) => sum + slots, 0);
  return Math.max(1, guess, seen);
}

/**
 * Batches in flight. Twice the slots: one runs and one waits, so no worker idles while its result
 * travels; and the size of few batches is fixed before the pace is known. Workers that have not
 * returned anything yet are found because a waiting batch is theirs to take.
 */
export function windowSize(slots: number, maxInFlight: number | undefined): number {
  const wanted = maxInFlight ?? Math.max(4, slots * 2);
  return Math.max(1, Math.min(Math.floor(wanted), BATCHES_IN_FLIGHT_MAX));
}

/**
 * Points of the next batch. Near the end of a sweep the fair share shrinks to single points; a
 * batch still lasts several times what scheduling it costs, as long as every slot gets one.
 */
export function batchSizeFor(pace: Pace, slots: number, remaining: number): number {
  const { msPerPoint } = pace;
  const adapted = adaptBatchSize({ remaining, slots, msPerPoint });
  if (msPerPoint === undefined) return adapted;
  const worthwhile = Math.ceil((5 * BATCH_ORCHESTRATION_MS) / Math.max(msPerPoint, 1e-6));
  return Math.max(adapted, Math.min(worthwhile, Math.ceil(remaining / slots)));
}
