/** Ranked rows of a sweep: by its objective or by any metric, all or those that meet a condition. */
import type { Sql } from 'postgres';
import { didYouMean } from '../card/issues.ts';
import { SweepError } from '../errors.ts';
import type { AxisScalar } from '../grid/axis.ts';
import { findMetric, METRIC_COLUMNS, METRIC_NAMES } from '../metrics/registry.ts';
import { axisColumns, type AxisColumn, type StoredAxis } from './axis-columns.ts';
import { leafNameOf, quoteIdentifier, rankLeafNameOf } from './identifiers.ts';
import { sweepAxes, type SweepRow } from './sweeps.ts';
import { whereToSql, type NamedColumn, type SqlKind } from './where.ts';

export type MetricValues = Readonly<Record<string, number | string | null>>;

export interface RankedRow {
  /** 1-based place within the sweep, in the order asked for. */
  readonly rank: number;
  readonly pointIndex: number;
  readonly eligible: boolean;
  readonly outcome: string;
  /** By axis column, in the order of the axes. */
  readonly params: Readonly<Record<string, AxisScalar>>;
  /** All metrics in report order, `profit_factor_mode` among them. */
  readonly metrics: MetricValues;
  readonly error: string | null;
}

export interface RankQuery {
  readonly sweep: Pick<SweepRow, 'sweepId' | 'axes' | 'rankedMs'> & {
    readonly spec: Pick<SweepRow['spec'], 'objective'>;
  };
  /** A numeric metric; absent: the sweep's objective. */
  readonly by?: string | undefined;
  /** A condition over metrics, axis columns, outcome, eligible and point_index; it hides rows, ranks stay. */
  readonly where?: string | undefined;
  readonly top?: number | undefined;
}

/**
 * Eligible rows first, then the metric in its better direction, nulls last, ties by point_index.
 * @throws SweepError USAGE on an unknown metric or a condition that cannot be read.
 */
export async function rankResults(sql: Sql, query: RankQuery): Promise<readonly RankedRow[]> {
  const { sweep } = query;
  const order = orderOf(sweep.spec.objective, query.by);
  const axes = axisColumns(sweep.axes, 'r.point_index');
  const top = query.top === undefined ? undefined : Math.max(0, Math.trunc(query.top));
  const where = query.where?.trim()
    ? whereToSql(query.where, namesOf(axes))
    : // Without a condition the rank itself bounds what is joined and sorted.
      { text: top === undefined ? 'true' : `k.rank <= ${top}`, parameters: [] };
  const source =
    order.isObjective && sweep.rankedMs !== null
      ? storedRanks(sweep.sweepId, where.text)
      : computedRanks(sweep.sweepId, order.text, where.text);
  const limit = top === undefined ? '' : ` limit ${top}`;
  const rows = await sql.unsafe<StoredRow[]>(`${source} order by rank${limit}`, [
    ...where.parameters,
  ]);
  return rows.map((row) => toRankedRow(row, sweep.axes));
}

/**
 * One point's row; its rank is the stored one, or counted while the sweep runs.
 * @throws SweepError NOT_FOUND where the point has no row.
 */
export async function resultRow(sql: Sql, sweepId: string, pointIndex: number): Promise<RankedRow> {
  const axes = await sweepAxes(sql, sweepId);
  const [row] = await sql.unsafe<StoredRow[]>(
    `select ${ROW_COLUMNS}, coalesce(k.rank, (
       select 1 + count(*) from ${leafOf(sweepId)} o join sweeps s on s.sweep_id = o.sweep_id
       where (not o.eligible, objective_key(o.objective, s.objective_direction), o.point_index)
         < (not r.eligible, objective_key(r.objective, s.objective_direction), r.point_index)
     )) as rank
     from ${leafOf(sweepId)} r
     left join result_ranks k on k.sweep_id = r.sweep_id and k.point_index = r.point_index
     where r.point_index = $1`,
    [pointIndex],
  );
  if (row) return toRankedRow(row, axes);
  throw new SweepError('NOT_FOUND', `sweep ${sweepId} has no row for point ${pointIndex}`, {
    hint: 'Rejected by a constraint, beyond the grid, or not run yet.',
  });
}

// --- internal ---

interface StoredRow {
  readonly rank: number;
  readonly point_index: number;
  readonly eligible: boolean;
  readonly outcome: string;
  readonly params: Readonly<Record<string, AxisScalar>>;
  readonly error: string | null;
  readonly profit_factor_mode: string | null;
  readonly [metric: string]: unknown;
}

const ROW_COLUMNS = [
  'point_index',
  'eligible',
  'outcome',
  'params',
  'error',
  'profit_factor_mode',
  ...METRIC_COLUMNS,
]
  .map((name) => `r.${quoteIdentifier(name)}`)
  .join(', ');

const leafOf = (sweepId: string): string => quoteIdentifier(leafNameOf(sweepId));

function storedRanks(sweepId: string, where: string): string {
  return `select k.rank, ${ROW_COLUMNS} from ${quoteIdentifier(rankLeafNameOf(sweepId))} k
    join ${leafOf(sweepId)} r on r.point_index = k.point_index
    where ${where}`;
}

/** Ranks are given before the condition is applied; the sort reads three columns, not the rows. */
function computedRanks(sweepId: string, order: string, where: string): string {
  return `select k.rank, ${ROW_COLUMNS} from (
      select point_index, row_number() over (order by ${order}) as rank from ${leafOf(sweepId)}
    ) k join ${leafOf(sweepId)} r on r.point_index = k.point_index
    where ${where}`;
}

function orderOf(
  objective: { readonly metric: string; readonly direction: 'maximize' | 'minimize' },
  by: string | undefined,
): { text: string; isObjective: boolean } {
  const name = by ?? objective.metric;
  const metric = findMetric(name);
  if (!metric) {
    const hint = didYouMean(name, METRIC_COLUMNS);
    throw new SweepError(
      'USAGE',
      `--by ${name} is not a metric`,
      hint === undefined ? {} : { hint },
    );
  }
  if (metric.unit === 'text') {
    throw new SweepError('USAGE', `--by ${name} is text and has no order`, {
      hint: 'Use it in --where: profit_factor_mode == "finite".',
    });
  }
  const isObjective = name === objective.metric;
  const isDescending = isObjective ? objective.direction === 'maximize' : metric.better !== 'lower';
  const direction = isDescending ? 'desc' : 'asc';
  return {
    text: `eligible desc, ${quoteIdentifier(name)} ${direction} nulls last, point_index`,
    isObjective,
  };
}

function namesOf(axes: readonly AxisColumn[]): ReadonlyMap<string, NamedColumn> {
  const fixed: [string, NamedColumn][] = [
    ['point_index', { kind: 'number', expression: 'r.point_index::double precision' }],
    ['rank', { kind: 'number', expression: 'k.rank::double precision' }],
    ['eligible', { kind: 'boolean', expression: 'r.eligible' }],
    ['outcome', { kind: 'text', expression: 'r.outcome' }],
    ['profit_factor_mode', { kind: 'text', expression: 'r.profit_factor_mode' }],
  ];
  const metrics = METRIC_COLUMNS.map((name): [string, NamedColumn] => [
    name,
    { kind: 'number', expression: `r.${quoteIdentifier(name)}` },
  ]);
  const params = axes.map((axis): [string, NamedColumn] => [axis.column, axisName(axis)]);
  return new Map([...params, ...fixed, ...metrics]);
}

function axisName({ type, expression }: AxisColumn): NamedColumn {
  const kind: SqlKind = type === 'text' || type === 'boolean' ? type : 'number';
  return { kind, expression: kind === 'number' ? `${expression}::double precision` : expression };
}

/** jsonb forgets the order of keys; params are given in the order of the axes. */
function toRankedRow(row: StoredRow, axes: readonly StoredAxis[]): RankedRow {
  const columns = axes.flatMap((axis) => axis.columns);
  const metrics = METRIC_NAMES.map((name) => [name, row[name] as number | string | null]);
  return {
    rank: row.rank,
    pointIndex: row.point_index,
    eligible: row.eligible,
    outcome: row.outcome,
    params: Object.fromEntries(columns.map((column) => [column, row.params[column]!])),
    metrics: Object.fromEntries(metrics) as MetricValues,
    error: row.error,
  };
}
