/** How far a sweep is, from its batches alone: the cost is that of its batches, not of its rows. */
import type { Sql } from 'postgres';
import { required } from '../assert.ts';
import type { BestPoint } from './checkpoint-counts.ts';
import { resultRow, type RankedRow } from './rank.ts';

export interface SweepProgress {
  /** Points that ran, with whatever outcome. */
  readonly completed: number;
  readonly failed: number;
  readonly refused: number;
  readonly eligible: number;
  readonly batches: { readonly total: number; readonly done: number; readonly running: number };
  /** Time spent on points, summed over threads and workers, ms. */
  readonly workMs: number;
  /** Best row so far; its rank is 1. */
  readonly best: RankedRow | undefined;
}

/** @throws AssertionError when there is no such sweep. */
export async function sweepProgress(sql: Sql, sweepId: string): Promise<SweepProgress> {
  const [[counts], [best]] = await Promise.all([
    sql<ProgressRow[]>`
      select coalesce(sum(completed), 0)::bigint as completed, coalesce(sum(failed), 0)::bigint as failed,
        coalesce(sum(refused), 0)::bigint as refused, coalesce(sum(eligible), 0)::bigint as eligible,
        count(*) as total, count(*) filter (where state = 'done') as done,
        count(*) filter (where state = 'running') as running,
        coalesce(sum(elapsed_ms), 0) as "workMs"
      from batches where sweep_id = ${sweepId}`,
    sql<BestPoint[]>`
      select b.best_point_index as "bestPointIndex"
      from batches b join sweeps s using (sweep_id)
      where b.sweep_id = ${sweepId} and b.best_point_index is not null
      order by b.best_eligible desc, objective_key(b.best_objective, s.objective_direction),
        b.best_point_index limit 1`,
  ]);
  const { total, done, running, ...sums } = required(counts, 'an aggregate has a row');
  const bestIndex = best?.bestPointIndex;
  return {
    ...sums,
    batches: { total, done, running },
    best:
      bestIndex === undefined || bestIndex === null
        ? undefined
        : { ...(await resultRow(sql, sweepId, bestIndex)), rank: 1 },
  };
}

// --- internal ---

interface ProgressRow {
  readonly completed: number;
  readonly failed: number;
  readonly refused: number;
  readonly eligible: number;
  readonly total: number;
  readonly done: number;
  readonly running: number;
  readonly workMs: number;
}
