/** What the rows of a sweep are checked against: what its batches say they have saved. */
import type { Sql } from 'postgres';
import { required } from '../assert.ts';
import type { Batch } from '../grid/batch.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';

/** What a batch has saved: `end` is its next index, which is its end only where it is done. */
export interface SavedBatch extends Batch {
  /** Rows that its checkpoints counted. */
  readonly saved: number;
  /** Rows that lie in its range now. */
  readonly stored: number;
  /** Digest of all its rows; null where it is not done, or more than one attempt wrote it. */
  readonly digest: string | null;
}

export interface SavedRows {
  readonly batches: readonly SavedBatch[];
  /** Rows of the sweep, in whatever batch or in none. */
  readonly stored: number;
}

/** Counts by the primary key alone; one snapshot, so that a sweep may go on meanwhile. */
export async function countSavedRows(sql: Sql, sweepId: string): Promise<SavedRows> {
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const batches = await tx<SavedBatch[]>`
      select b.start_index as start, b.next_index as end,
        b.completed + b.failed + b.refused as saved,
        case when b.state = 'done' and b.attempt = 1 then b.digest end as digest,
        (select count(*) from results r where r.sweep_id = ${sweepId}
          and r.point_index >= b.start_index and r.point_index < b.next_index) as stored
      from batches b where b.sweep_id = ${sweepId} and b.next_index > b.start_index
      order by b.start_index`;
    const [all] = await tx<{ stored: number }[]>`
      select count(*) as stored from results where sweep_id = ${sweepId}`;
    return { batches, stored: required(all, 'an aggregate has a row').stored };
  });
}

/** Indices of the rows in a range, ascending. */
export async function storedIndices(
  sql: Sql,
  sweepId: string,
  { start, end }: Batch,
): Promise<readonly number[]> {
  const rows = await sql<{ at: number }[]>`
    select point_index as at from results
    where sweep_id = ${sweepId} and point_index >= ${start} and point_index < ${end}
    order by point_index`;
  return rows.map(({ at }) => at);
}

/** What a batch's digest covers of a row: the metrics in the order of METRIC_COLUMNS. */
export interface DigestedRow extends Readonly<Record<string, unknown>> {
  readonly point_index: number;
  readonly outcome: string;
}

export async function digestedRows(
  sql: Sql,
  sweepId: string,
  { start, end }: Batch,
): Promise<readonly DigestedRow[]> {
  return sql<DigestedRow[]>`
    select ${sql(['point_index', 'outcome', ...METRIC_COLUMNS])} from results
    where sweep_id = ${sweepId} and point_index >= ${start} and point_index < ${end}`;
}
