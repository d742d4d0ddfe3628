/** Sweeps: created, found, moved from state to state, finished. */
import type { Sql, TransactionSql } from 'postgres';
import { required } from '../assert.ts';
import { didYouMean } from '../card/issues.ts';
import { SweepError } from '../errors.ts';
import type { Sweep } from '../grid/sweep.ts';
import { formatInstant } from '../time.ts';
import { storeAxes, type StoredAxis } from './axis-columns.ts';
import {
  leafNameOf,
  quoteIdentifier,
  quoteLiteral,
  rankLeafNameOf,
  viewNameOf,
} from './identifiers.ts';
import { newSweepId } from './sweep-id.ts';
import { refreshSweepView } from './sweep-view.ts';

export type SweepStatus =
  | 'planned'
  | 'running'
  | 'paused'
  | 'stopping'
  | 'completed'
  | 'completed_with_failures'
  | 'stopped'
  | 'cancelled'
  | 'failed';

export type ExecutorName = 'local' | 'temporal';

/** A feed file as a sweep's row names it. */
export interface FeedRef {
  readonly fileName: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly hash: string;
  readonly columns: number;
  readonly bars: number;
  readonly bytes: number;
}

export interface PointCounts {
  /** Points of the whole product. */
  readonly total: number;
  /** Points that the constraints admit. */
  readonly admitted: number;
  readonly refused: number;
  readonly isEstimated: boolean;
}

export interface NewSweep {
  readonly name: string;
  readonly identity: string;
  readonly spec: Sweep;
  readonly cardHash: string;
  readonly candleDigest: string;
  readonly engineVersion: string;
  readonly executor: ExecutorName;
  readonly feeds: readonly FeedRef[];
  readonly points: PointCounts;
}

export interface SweepRow extends NewSweep {
  readonly sweepId: string;
  readonly viewName: string;
  readonly status: SweepStatus;
  readonly axes: readonly StoredAxis[];
  readonly hasRows: boolean;
  readonly error: string | null;
  readonly createdMs: number;
  readonly startedMs: number | null;
  readonly updatedMs: number;
  readonly endedMs: number | null;
  /** When ranks were stored: the sweep has ended. */
  readonly rankedMs: number | null;
}

/** Writes the sweep's row, its partition and, where there is none yet, the view of its name. */
export async function createSweep(sql: Sql, sweep: NewSweep): Promise<SweepRow> {
  const sweepId = newSweepId();
  const viewName = viewNameOf(sweep.name);
  await sql.begin(async (tx) => {
    await insertSweep(tx, { ...sweep, sweepId, viewName });
    await createLeaf(tx, sweepId);
    await refreshSweepView(tx, viewName);
  });
  return findSweep(sql, sweepId);
}

/**
 * The sweep that `ref` names: an id, a unique prefix of one, a name (the newest), or `last`.
 * @throws SweepError NOT_FOUND with close names; USAGE where a prefix names several.
 */
export async function findSweep(sql: Sql, ref: string): Promise<SweepRow> {
  const rows = await sql<StoredSweep[]>`
    select ${sql.unsafe(SWEEP_COLUMNS)} from sweeps
    where ${ref} = 'last' or sweep_id = ${ref} or name = ${ref} or starts_with(sweep_id, ${ref})
    order by sweep_id = ${ref} desc, name = ${ref} desc, sweep_id desc limit 2`;
  const [first, second] = rows;
  if (!first) throw await notFound(sql, ref);
  const isPrefix = ref !== 'last' && first.name !== ref && first.sweepId !== ref;
  if (isPrefix && second) {
    throw new SweepError('USAGE', `the prefix ${ref} names several sweeps`, {
      hint: `${first.sweepId} and ${second.sweepId} among them; write more of the id.`,
    });
  }
  return toSweepRow(first);
}

/** The newest sweep of this identity that has not ended, to be resumed. */
export async function findUnfinished(sql: Sql, identity: string): Promise<SweepRow | undefined> {
  const [row] = await sql<StoredSweep[]>`
    select ${sql.unsafe(SWEEP_COLUMNS)} from sweeps
    where identity = ${identity} and ranked_at is null and status <> 'cancelled'
    order by sweep_id desc limit 1`;
  return row && toSweepRow(row);
}

/** Newest first. */
export async function listSweeps(sql: Sql, limit = 1000): Promise<readonly SweepRow[]> {
  const rows = await sql<StoredSweep[]>`
    select ${sql.unsafe(SWEEP_COLUMNS)} from sweeps order by sweep_id desc limit ${limit}`;
  return rows.map(toSweepRow);
}

/** Moves a sweep to `status`; `running` clears what an earlier end left. */
export async function setSweepStatus(
  sql: Sql,
  sweepId: string,
  status: SweepStatus,
  change: { readonly executor?: ExecutorName; readonly error?: string } = {},
): Promise<void> {
  const hasEnded = !['planned', 'running', 'paused', 'stopping'].includes(status);
  const result = await sql`
    update sweeps set status = ${status}, updated_at = now(),
      executor = coalesce(${change.executor ?? null}, executor),
      error = ${change.error ?? null},
      started_at = case when ${status} = 'running' then coalesce(started_at, now()) else started_at end,
      ended_at = case when ${hasEnded} then now() end
    where sweep_id = ${sweepId}`;
  if (result.count === 0) throw await notFound(sql, sweepId);
}

/**
 * Ends a sweep whose points are all saved: writes its ranks, sets its last status and renews its
 * view. Safe to repeat.
 */
export async function finishSweep(sql: Sql, sweepId: string): Promise<SweepRow> {
  await sql.begin(async (tx) => {
    const [sweep] = await tx<{ viewName: string; direction: string; isRanked: boolean }[]>`
      select view_name as "viewName", objective_direction as direction,
        ranked_at is not null as "isRanked"
      from sweeps where sweep_id = ${sweepId} for update`;
    if (!sweep) throw await notFound(sql, sweepId);
    if (sweep.isRanked) return;
    await writeRanks(tx, sweepId, sweep.direction === 'maximize');
    await tx`
      update sweeps set ranked_at = now(), ended_at = now(), updated_at = now(), error = null,
        status = case when (select coalesce(sum(failed), 0) from batches where sweep_id = ${sweepId}) > 0
          then 'completed_with_failures' else 'completed' end
      where sweep_id = ${sweepId}`;
    await refreshSweepView(tx, sweep.viewName);
  });
  return findSweep(sql, sweepId);
}

// --- internal ---

interface StoredSweep {
  readonly sweepId: string;
  readonly name: string;
  readonly [column: string]: unknown;
}

const SWEEP_COLUMNS = `sweep_id as "sweepId", name, view_name as "viewName", identity, status, executor,
  engine_version as "engineVersion", card_hash as "cardHash", candle_digest as "candleDigest",
  spec, axes, feeds, points_total, points_admitted, points_refused, points_estimated,
  has_rows as "hasRows", error, created_at, started_at, updated_at, ended_at, ranked_at`;

function toSweepRow(row: StoredSweep): SweepRow {
  const {
    points_total,
    points_admitted,
    points_refused,
    points_estimated,
    created_at,
    started_at,
    updated_at,
    ended_at,
    ranked_at,
    ...rest
  } = row;
  return {
    ...rest,
    points: {
      total: points_total,
      admitted: points_admitted,
      refused: points_refused,
      isEstimated: points_estimated,
    },
    createdMs: toMs(created_at),
    startedMs: toMs(started_at),
    updatedMs: toMs(updated_at),
    endedMs: toMs(ended_at),
    rankedMs: toMs(ranked_at),
  } as unknown as SweepRow;
}

function toMs(value: unknown): number | null {
  return value instanceof Date ? value.getTime() : null;
}

async function insertSweep(
  tx: TransactionSql,
  sweep: NewSweep & { readonly sweepId: string; readonly viewName: string },
): Promise<void> {
  const { spec, points } = sweep;
  await tx`
    insert into sweeps (sweep_id, name, view_name, identity, status, executor, profile,
      engine_version, card_hash, candle_digest, spec, axes, feeds, objective_metric,
      objective_direction, window_start, window_end, points_total, points_admitted, points_refused,
      points_estimated)
    values (${sweep.sweepId}, ${sweep.name}, ${sweep.viewName}, ${sweep.identity}, 'planned',
      ${sweep.executor}, ${spec.profile}, ${sweep.engineVersion}, ${sweep.cardHash},
      ${sweep.candleDigest}, ${JSON.stringify(spec)}::text::json,
      ${JSON.stringify(storeAxes(spec.axes))}::text::jsonb,
      ${JSON.stringify(sweep.feeds)}::text::jsonb, ${spec.objective.metric},
      ${spec.objective.direction}, ${formatInstant(spec.window.startMs)},
      ${formatInstant(spec.window.endMs)}, ${points.total}, ${points.admitted}, ${points.refused},
      ${points.isEstimated})`;
}

/**
 * The partition is made as a table and attached: `create table … partition of` would wait for every
 * open transaction that has read any sweep. The check constraint spares attaching a scan.
 */
async function createLeaf(tx: TransactionSql, sweepId: string): Promise<void> {
  const leaf = quoteIdentifier(leafNameOf(sweepId));
  const id = quoteLiteral(sweepId);
  await tx.unsafe(`
    create table ${leaf} (like results including defaults including comments,
      primary key (sweep_id, point_index), check (sweep_id = ${id}));
    comment on table ${leaf} is ${quoteLiteral(`Results of sweep ${sweepId}.`)};
    alter table results attach partition ${leaf} for values in (${id})`);
}

/** Rows of an ended sweep never change, so ranks are written once; a repetition finds them there. */
async function writeRanks(
  tx: TransactionSql,
  sweepId: string,
  isMaximized: boolean,
): Promise<void> {
  const leaf = quoteIdentifier(leafNameOf(sweepId));
  const ranks = quoteIdentifier(rankLeafNameOf(sweepId));
  const id = quoteLiteral(sweepId);
  await tx.unsafe(`
    create table ${ranks} (like result_ranks including comments, check (sweep_id = ${id}));
    insert into ${ranks} (sweep_id, rank, point_index)
    select ${id}, row_number() over (order by eligible desc,
      objective ${isMaximized ? 'desc' : 'asc'} nulls last, point_index), point_index
    from ${leaf};
    alter table ${ranks} add primary key (rank), add unique (point_index);
    comment on table ${ranks} is ${quoteLiteral(`Ranks of sweep ${sweepId}.`)};
    alter table result_ranks attach partition ${ranks} for values in (${id});
    -- What ranking queries look at; statistics of 63 metrics would take longer than the ranks.
    analyze ${leaf} (sweep_id, point_index, eligible, objective);
    analyze ${ranks}`);
}

async function notFound(sql: Sql, ref: string): Promise<SweepError> {
  const names = await sql<{ name: string }[]>`select distinct name from sweeps limit 1000`;
  const known = names.map((row) => row.name);
  const hint =
    known.length === 0 ? 'There is none yet: ideasweep run CARD.' : didYouMean(ref, known);
  return new SweepError('NOT_FOUND', `there is no sweep ${ref}`, {
    hint: hint ?? 'ideasweep list shows them all.',
  });
}

/** The stored axes of a sweep, for callers that hold its id only. */
export async function sweepAxes(sql: Sql, sweepId: string): Promise<readonly StoredAxis[]> {
  const [row] = await sql<{ axes: readonly StoredAxis[] }[]>`
    select axes from sweeps where sweep_id = ${sweepId}`;
  return required(row, `sweep ${sweepId} is not stored`).axes;
}
