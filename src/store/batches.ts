/** Batches: claimed, advanced by checkpoints (results.ts), finished; and what of a grid is open. */
import type { Sql } from 'postgres';
import { required } from '../assert.ts';
import { SweepError } from '../errors.ts';
import { remainingRanges, type Batch } from '../grid/batch.ts';

export interface BatchKey {
  readonly sweepId: string;
  readonly start: number;
}

export interface BatchClaim {
  /** Number of this claim; every later write carries it. */
  readonly attempt: number;
  /** Everything of the batch below it is saved. */
  readonly nextIndex: number;
  /** True when an earlier attempt finished it: there is nothing to do. */
  readonly isDone: boolean;
}

export interface BatchState extends Batch {
  readonly nextIndex: number;
  readonly state: 'pending' | 'running' | 'done' | 'failed';
}

/**
 * Takes a batch for this process. The attempt goes up, so that whoever held it before can no longer
 * write. A finished batch stays as it is.
 */
export async function claimBatch(
  sql: Sql,
  batch: BatchKey & { readonly end: number; readonly worker: string },
): Promise<BatchClaim> {
  const [row] = await sql<(BatchClaim & { end: number })[]>`
    insert into batches as b (sweep_id, start_index, end_index, next_index, state, attempt, worker, claimed_at)
    values (${batch.sweepId}, ${batch.start}, ${batch.end}, ${batch.start}, 'running', 1,
      ${batch.worker}, now())
    on conflict (sweep_id, start_index) do update set
      attempt = b.attempt + 1,
      end_index = greatest(b.next_index, excluded.end_index),
      state = case when b.state = 'done' and b.next_index >= excluded.end_index then 'done' else 'running' end,
      worker = excluded.worker, claimed_at = now(), updated_at = now()
    returning attempt, next_index as "nextIndex", state = 'done' as "isDone"`;
  return required(row, 'a claimed batch comes back');
}

/**
 * Marks a batch as done, with what the finishing attempt measured. Commits synchronously, which also
 * flushes every checkpoint before it (see saveCheckpoint).
 * @throws SweepError STALE_ATTEMPT when a later attempt has begun.
 */
export async function finishBatch(
  sql: Sql,
  batch: BatchKey & {
    readonly attempt: number;
    readonly elapsedMs: number;
    readonly digest: string;
  },
): Promise<void> {
  const result = await sql`
    update batches set state = 'done', updated_at = now(), digest = ${batch.digest},
      elapsed_ms = elapsed_ms + ${batch.elapsedMs}
    where sweep_id = ${batch.sweepId} and start_index = ${batch.start}
      and attempt = ${batch.attempt}`;
  if (result.count === 0) throw staleAttempt(batch);
}

/** Every batch of a sweep, by its start. */
export async function batchRanges(sql: Sql, sweepId: string): Promise<readonly BatchState[]> {
  return sql<BatchState[]>`
    select start_index as start, end_index as end, next_index as "nextIndex", state
    from batches where sweep_id = ${sweepId} order by start_index`;
}

/**
 * The parts of `[0, size)` that are not saved, for a driver that begins and holds the lease. Batches
 * that an earlier driver left unfinished are cut to what they saved, and their attempt goes up: a
 * worker of that driver that wakes late can no longer write where new batches will.
 */
export async function openRanges(
  sql: Sql,
  sweepId: string,
  size: number,
): Promise<readonly Batch[]> {
  await sql`
    update batches set attempt = attempt + 1, end_index = next_index, updated_at = now(),
      state = case when next_index > start_index then 'done' else 'pending' end
    where sweep_id = ${sweepId} and state <> 'done'`;
  const batches = await batchRanges(sql, sweepId);
  const saved = batches.map(({ start, nextIndex }) => ({ start, end: nextIndex }));
  // A batch that saved nothing covers nothing; it must not cut an open range in two.
  return remainingRanges(
    size,
    saved.filter((range) => range.start < range.end),
  );
}

/** When a batch of the sweep was last claimed, advanced or finished, epoch ms; undefined before the first. */
export async function lastBatchMs(sql: Sql, sweepId: string): Promise<number | undefined> {
  const [row] = await sql<{ at: Date | null }[]>`
    select max(updated_at) as at from batches where sweep_id = ${sweepId}`;
  return row?.at?.getTime();
}

export function staleAttempt(batch: BatchKey & { readonly attempt: number }): SweepError {
  const { sweepId, start, attempt } = batch;
  return new SweepError(
    'STALE_ATTEMPT',
    `attempt ${attempt} of the batch at ${start} of sweep ${sweepId} was superseded by a later one`,
    { facts: { sweepId, start, attempt } },
  );
}
