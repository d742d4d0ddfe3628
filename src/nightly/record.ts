import type { Sql } from 'postgres';
import { required } from '../assert.ts';
import { SweepError } from '../errors.ts';
import type { AxisScalar } from '../grid/axis.ts';
import type { StoredAxis } from '../store/axis-columns.ts';
import { findSweep, type SweepRow } from '../store/sweeps.ts';
import type { Window } from '../time.ts';
import { compareNights, type NightBest, type NightComparison } from './compare.ts';

/** One night that has ended, as `nightly_runs` keeps it. */
export interface NightRecord {
  readonly nightlyRunId: number;
  readonly scheduleName: string | null;
  readonly name: string;
  readonly asOfMs: number;
  /** Null where the night failed before its sweep existed. */
  readonly sweepId: string | null;
  readonly previousSweepId: string | null;
  readonly status: 'completed' | 'completed_with_failures' | 'failed';
  readonly best: NightBest | null;
  readonly comparison: NightComparison | null;
  readonly error: string | null;
}

export interface Night {
  /** Null where the night was run by hand or cron. */
  readonly scheduleName: string | null;
  readonly sweepId: string;
  readonly asOfMs: number;
}

/**
 * Compares a night with the one before (same schedule, same sweep name) and writes its row. Safe to
 * repeat: a sweep has one row per as-of instant.
 */
export async function recordNight(sql: Sql, night: Night): Promise<NightRecord> {
  const sweep = await findSweep(sql, night.sweepId);
  const previous = await findPrevious(sql, night, sweep);
  const best = await bestOf(sql, sweep);
  const standing = previous?.best ? await standingOf(sql, sweep, previous.best) : undefined;
  const comparison = previous?.best ? compareNights(best, previous.best, standing) : null;
  const record = {
    scheduleName: night.scheduleName,
    name: sweep.name,
    asOfMs: night.asOfMs,
    sweepId: sweep.sweepId,
    previousSweepId: previous?.sweepId ?? null,
    status: statusOf(sweep),
    best: best ?? null,
    comparison,
    error: sweep.error ?? (statusOf(sweep) === 'failed' ? `the sweep is ${sweep.status}` : null),
  } as const;
  const times = { window: sweep.spec.window, startedMs: sweep.startedMs ?? sweep.createdMs };
  return { ...record, nightlyRunId: await writeRow(sql, record, times) };
}

/** A night that failed outside its sweep: what is known of it then. */
export interface FailedNight extends Omit<Night, 'sweepId'> {
  /** Sweep name; where the card could not even give that, the schedule's. */
  readonly name: string;
  readonly sweepId: string | undefined;
  readonly window: Window | undefined;
  readonly startedMs: number;
}

/**
 * Writes the row of a night that has no sweep, or one that could not be started, with the error as
 * `CODE: message`. Safe to repeat, as recordNight is; a later success of the night replaces the row
 * of the same sweep only.
 */
export async function recordFailedNight(
  sql: Sql,
  night: FailedNight,
  cause: unknown,
): Promise<NightRecord> {
  const { window, startedMs, scheduleName, name, asOfMs } = night;
  const record = {
    scheduleName,
    name,
    asOfMs,
    sweepId: night.sweepId ?? null,
    previousSweepId: null,
    status: 'failed',
    best: null,
    comparison: null,
    error: errorText(cause),
  } as const;
  return { ...record, nightlyRunId: await writeRow(sql, record, { window, startedMs }) };
}

// --- internal ---

function errorText(error: unknown): string {
  if (error instanceof SweepError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function statusOf({ status }: SweepRow): NightRecord['status'] {
  return status === 'completed' || status === 'completed_with_failures' ? status : 'failed';
}

async function findPrevious(
  sql: Sql,
  { scheduleName, sweepId }: Night,
  { name, axes }: SweepRow,
): Promise<{ sweepId: string; best: NightBest | null } | undefined> {
  const [row] = await sql<{ sweepId: string; best: NightBest | null }[]>`
    select sweep_id as "sweepId", best from nightly_runs
    where schedule_name is not distinct from ${scheduleName} and name = ${name}
      and sweep_id <> ${sweepId} and status <> 'failed'
    order by nightly_run_id desc limit 1`;
  if (!row?.best) return row;
  return { ...row, best: { ...row.best, params: inAxisOrder(row.best.params, axes) } };
}

interface Standing {
  readonly rank: number;
  readonly pointIndex: number;
  readonly params: NightBest['params'];
  readonly objective: number | null;
}

async function bestOf(sql: Sql, sweep: SweepRow): Promise<NightBest | undefined> {
  const [row] = await sql<Standing[]>`
    select rank::float8 as rank, point_index::float8 as "pointIndex", params, objective
    from ranked_results where sweep_id = ${sweep.sweepId} and eligible order by rank limit 1`;
  if (!row) return undefined;
  const { rank, pointIndex, objective } = row;
  const params = inAxisOrder(row.params, sweep.axes);
  const { metric } = sweep.spec.objective;
  return { rank, point_index: pointIndex, params, objective_metric: metric, objective };
}

/** jsonb forgets the order of keys; params are given in the order of the axes, as `rank` gives them. */
function inAxisOrder(
  params: NightBest['params'],
  axes: readonly StoredAxis[],
): NightBest['params'] {
  const names = axes.flatMap((axis) => axis.columns).filter((name) => Object.hasOwn(params, name));
  const ordered = Object.fromEntries(names.map((name) => [name, params[name] as AxisScalar]));
  // Last night's grid may have had an axis that tonight's has not.
  return { ...ordered, ...params };
}

async function standingOf(
  sql: Sql,
  { sweepId }: SweepRow,
  previous: NightBest,
): Promise<{ rank: number; objective: number | null } | undefined> {
  const [row] = await sql<{ rank: number; objective: number | null }[]>`
    select rank::float8 as rank, objective from ranked_results
    where sweep_id = ${sweepId} and params = ${JSON.stringify(previous.params)}::text::jsonb limit 1`;
  return row;
}

async function writeRow(
  sql: Sql,
  record: Omit<NightRecord, 'nightlyRunId'>,
  { window, startedMs }: { readonly window: Window | undefined; readonly startedMs: number },
): Promise<number> {
  const instant = (ms: number | undefined) => (ms === undefined ? null : new Date(ms));
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return sql.begin(async (tx) => {
    // A retried activity finds what its first attempt wrote and replaces it.
    await tx`delete from nightly_runs where sweep_id is not distinct from ${record.sweepId}
      and schedule_name is not distinct from ${record.scheduleName} and name = ${record.name}
      and as_of = ${new Date(record.asOfMs)}`;
    const [row] = await tx<{ id: number }[]>`
      insert into nightly_runs (schedule_name, name, as_of, window_start, window_end, sweep_id,
        previous_sweep_id, status, best, comparison, error, started_at, ended_at)
      values (${record.scheduleName}, ${record.name}, ${new Date(record.asOfMs)},
        ${instant(window?.startMs)}, ${instant(window?.endMs)}, ${record.sweepId}, ${record.previousSweepId},
        ${record.status}, ${json(record.best)}::text::jsonb,
        ${json(record.comparison)}::text::jsonb, ${record.error},
        ${new Date(startedMs)}, now())
      returning nightly_run_id::float8 as id`;
    return required(row, 'an inserted night comes back').id;
  });
}
