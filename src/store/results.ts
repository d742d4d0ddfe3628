/**
 * Checkpoints: rows of a sub-range and the batch's position in one transaction. Decision and reasons:
 * docs/decisions/0006-idempotent-checkpoints.md.
 */
import type { Sql, TransactionSql } from 'postgres';
import { assert } from '../assert.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import { staleAttempt } from './batches.ts';
import { CopyEncoder, copyIn } from './copy.ts';
import { leafNameOf, quoteIdentifier } from './identifiers.ts';
import { betterRow, countRows, type CheckpointCounts } from './checkpoint-counts.ts';
import { refreshSweepView } from './sweep-view.ts';
import type { ResultRows } from './result-rows.ts';

export { sweepProgress, type SweepProgress } from './progress.ts';
export type { ResultRows } from './result-rows.ts';

export interface Checkpoint {
  readonly sweepId: string;
  readonly batchStart: number;
  readonly attempt: number;
  /** The sub-range of point indices, half-open; rows hold what of it is admitted. */
  readonly from: number;
  readonly to: number;
  readonly rows: ResultRows;
}

/**
 * Saves a checkpoint in one transaction. Safe to repeat: a range that is saved is left alone.
 * @throws SweepError STALE_ATTEMPT when a later attempt of the batch has begun.
 */
export async function saveCheckpoint(sql: Sql, checkpoint: Checkpoint): Promise<void> {
  const { sweepId, from, to, rows } = checkpoint;
  await sql.begin(async (tx) => {
    // The commit need not wait for the disk: what a crash takes away is this whole transaction, and
    // the batch goes on from the position before it. finishBatch waits, for all before it too.
    await tx`set local synchronous_commit = off`;
    const batch = await lockBatch(tx, checkpoint);
    if (to <= batch.nextIndex) return;
    assert(
      from <= batch.nextIndex,
      `checkpoint from ${from} leaves a hole after ${batch.nextIndex}`,
    );
    const removed = await deleteRange(tx, checkpoint);
    if (rows.count > 0) await copyRows(tx, checkpoint, batch.objectiveColumn);
    const added = countRows(rows, batch.objectiveColumn, batch.isMaximized);
    await advanceBatch(tx, checkpoint, addCounts(batch, added, removed));
    if (!batch.hasRows && rows.count > 0) await announceRows(tx, sweepId, batch.viewName);
  });
}

// --- internal ---

interface LockedBatch extends CheckpointCounts {
  readonly attempt: number;
  readonly nextIndex: number;
  readonly hasRows: boolean;
  readonly viewName: string;
  readonly objectiveColumn: number;
  readonly isMaximized: boolean;
}

/** Bytes handed to the socket at once; the allocator keeps pieces of this size at hand. */
const CHUNK_BYTES = 1 << 16;
/** A chunk and the row that exceeds it; the buffer grows where params or errors are long. */
const ENCODER_BYTES = CHUNK_BYTES + (1 << 14);

/** Encoders of checkpoints that are saved, for the next ones. */
const spareEncoders: CopyEncoder[] = [];

const FIXED_COLUMNS = ['sweep_id', 'point_index', 'outcome', 'eligible', 'objective', 'params'];
const COLUMNS = [...FIXED_COLUMNS, ...METRIC_COLUMNS, 'profit_factor_mode', 'error'];
const COLUMN_LIST = COLUMNS.map(quoteIdentifier).join(', ');

async function lockBatch(tx: TransactionSql, checkpoint: Checkpoint): Promise<LockedBatch> {
  const [row] = await tx<(LockedBatch & { metric: string; direction: string })[]>`
    select b.attempt, b.next_index as "nextIndex", b.completed, b.failed, b.refused, b.eligible,
      b.best_point_index as "bestPointIndex", b.best_objective as "bestObjective",
      b.best_eligible as "bestEligible", s.has_rows as "hasRows", s.view_name as "viewName",
      s.objective_metric as metric, s.objective_direction as direction
    from batches b join sweeps s using (sweep_id)
    where b.sweep_id = ${checkpoint.sweepId} and b.start_index = ${checkpoint.batchStart}
    for update of b`;
  if (!row || row.attempt !== checkpoint.attempt) {
    throw staleAttempt({ ...checkpoint, start: checkpoint.batchStart });
  }
  const objectiveColumn = (METRIC_COLUMNS as readonly string[]).indexOf(row.metric);
  assert(objectiveColumn >= 0, `the objective ${row.metric} is not a metric`);
  return { ...row, objectiveColumn, isMaximized: row.direction === 'maximize' };
}

/** Nothing lies in the range but after a repetition of part of it; then its counts are taken back. */
async function deleteRange(
  tx: TransactionSql,
  { sweepId, from, to }: Checkpoint,
): Promise<Pick<CheckpointCounts, 'completed' | 'failed' | 'refused' | 'eligible'>> {
  const [row] = await tx<LockedBatch[]>`
    with gone as (
      delete from ${tx(leafNameOf(sweepId))}
      where sweep_id = ${sweepId} and point_index >= ${from} and point_index < ${to}
      returning outcome, eligible
    )
    select count(*) filter (where outcome not in ('failed', 'refused')) as completed,
      count(*) filter (where outcome = 'failed') as failed,
      count(*) filter (where outcome = 'refused') as refused,
      count(*) filter (where eligible) as eligible
    from gone`;
  assert(row, 'an aggregate has a row');
  return row;
}

function addCounts(
  before: CheckpointCounts,
  added: CheckpointCounts & { readonly isMaximized: boolean },
  removed: Pick<CheckpointCounts, 'completed' | 'failed' | 'refused' | 'eligible'>,
): CheckpointCounts {
  return {
    completed: before.completed + added.completed - removed.completed,
    failed: before.failed + added.failed - removed.failed,
    refused: before.refused + added.refused - removed.refused,
    eligible: before.eligible + added.eligible - removed.eligible,
    ...betterRow(before, added, added.isMaximized),
  };
}

async function copyRows(
  tx: TransactionSql,
  { sweepId, rows }: Checkpoint,
  objectiveColumn: number,
): Promise<void> {
  const leaf = quoteIdentifier(leafNameOf(sweepId));
  await copyIn(
    tx,
    `copy ${leaf} (${COLUMN_LIST}) from stdin with (format binary)`,
    encodeRows(sweepId, rows, objectiveColumn),
  );
}

/** The rows as chunks of a binary COPY, in the order of COLUMNS. */
function* encodeRows(
  sweepId: string,
  rows: ResultRows,
  objectiveColumn: number,
): Generator<Buffer> {
  const encoder = spareEncoders.pop() ?? new CopyEncoder(ENCODER_BYTES);
  encoder.begin();
  const width = METRIC_COLUMNS.length;
  for (let row = 0; row < rows.count; row += 1) {
    encoder.startRow(COLUMNS.length);
    encoder.text(sweepId);
    encoder.int8(rows.pointIndex[row]!);
    encoder.text(rows.outcome(row));
    encoder.boolean(rows.eligible(row));
    encoder.float8(rows.metrics[row * width + objectiveColumn]!);
    encoder.jsonb(rows.paramsJson(row));
    encoder.float8s(rows.metrics, row * width, (row + 1) * width);
    encoder.text(rows.profitFactorMode(row));
    encoder.text(rows.error(row));
    if (encoder.byteLength >= CHUNK_BYTES) yield encoder.take();
  }
  yield encoder.finish();
  // A COPY that fails does not come here; what may still be read is not written over.
  if (encoder.capacity === ENCODER_BYTES) spareEncoders.push(encoder);
}

async function advanceBatch(
  tx: TransactionSql,
  { sweepId, batchStart, to }: Checkpoint,
  counts: CheckpointCounts,
): Promise<void> {
  await tx`
    update batches set next_index = ${to}, updated_at = now(), completed = ${counts.completed},
      failed = ${counts.failed}, refused = ${counts.refused}, eligible = ${counts.eligible},
      best_point_index = ${counts.bestPointIndex}, best_objective = ${counts.bestObjective},
      best_eligible = ${counts.bestEligible}
    where sweep_id = ${sweepId} and start_index = ${batchStart}`;
}

/** The first rows of a sweep: from now on its name's view shows it. */
async function announceRows(tx: TransactionSql, sweepId: string, viewName: string): Promise<void> {
  const changed = await tx`
    update sweeps set has_rows = true where sweep_id = ${sweepId} and not has_rows`;
  if (changed.count > 0) await refreshSweepView(tx, viewName);
}
