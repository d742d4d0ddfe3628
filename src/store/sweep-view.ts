/**
 * The view of a sweep name: `select * from sweep_ema_cross order by rank limit 20`. It shows the
 * newest sweep of that name that has rows, so it is made anew when a sweep saves its first rows, and
 * once more when ranks are stored: then it reads them by their index instead of sorting.
 */
import type { TransactionSql } from 'postgres';
import { log } from '../log.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import { axisColumns, selectAxes, type StoredAxis } from './axis-columns.ts';
import { leafNameOf, quoteIdentifier, quoteLiteral, rankLeafNameOf } from './identifiers.ts';

interface ViewSource {
  readonly sweepId: string;
  readonly name: string;
  readonly axes: readonly StoredAxis[];
  readonly objectiveMetric: string;
  readonly objectiveDirection: 'maximize' | 'minimize';
  readonly isRanked: boolean;
}

/** SQLSTATEs of `create or replace view` that cannot be done in place. */
const INVALID_TABLE_DEFINITION = '42P16';
const DEPENDENT_OBJECTS = '2BP01';

/** Makes the view anew from what the tables say now. Part of the caller's transaction. */
export async function refreshSweepView(tx: TransactionSql, viewName: string): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`view/${viewName}`}, 0))`;
  const [source] = await tx<ViewSource[]>`
    select sweep_id as "sweepId", name, axes, objective_metric as "objectiveMetric",
      objective_direction as "objectiveDirection", ranked_at is not null as "isRanked"
    from sweeps where view_name = ${viewName}
    order by has_rows desc, sweep_id desc limit 1`;
  if (!source) return;
  const view = quoteIdentifier(viewName);
  const definition = viewDefinition(source);
  try {
    await tx.savepoint((sp) => sp.unsafe(`create or replace view ${view} as ${definition}`));
  } catch (error) {
    // Other axes than last time: columns of a view cannot be taken away in place.
    if ((error as { code?: string }).code !== INVALID_TABLE_DEFINITION) throw error;
    if (!(await recreate(tx, viewName, definition))) return;
  }
  await tx.unsafe(viewComments(viewName, source));
}

// --- internal ---

async function recreate(
  tx: TransactionSql,
  viewName: string,
  definition: string,
): Promise<boolean> {
  const view = quoteIdentifier(viewName);
  try {
    await tx.savepoint((sp) =>
      sp.unsafe(`drop view ${view}; create view ${view} as ${definition}`),
    );
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== DEPENDENT_OBJECTS) throw error;
    // Someone built a view of their own on it; a sweep must not fail for that.
    log.warn('view not renewed: other objects depend on it', { view: viewName });
    return false;
  }
}

function viewDefinition(source: ViewSource): string {
  const leaf = quoteIdentifier(leafNameOf(source.sweepId));
  const direction = source.objectiveDirection === 'maximize' ? 'desc' : 'asc';
  const objective = quoteIdentifier(source.objectiveMetric);
  const rank = source.isRanked
    ? 'k.rank'
    : `row_number() over (order by r.eligible desc, r.${objective} ${direction} nulls last, r.point_index)`;
  const from = source.isRanked
    ? `${quoteIdentifier(rankLeafNameOf(source.sweepId))} k
       join ${leaf} r on r.point_index = k.point_index`
    : `${leaf} r`;
  const axes = selectAxes(axisColumns(source.axes, 'r.point_index'));
  const metrics = METRIC_COLUMNS.map((name) => `r.${quoteIdentifier(name)}`).join(', ');
  return `select ${rank} as rank, r.point_index,
  ${axes}${axes && ','}
  r.eligible, r.outcome, ${metrics}, r.profit_factor_mode, r.error
from ${from}`;
}

function viewComments(viewName: string, source: ViewSource): string {
  const view = quoteIdentifier(viewName);
  const about = `Sweep ${source.sweepId}, the newest of the name ${source.name} that has rows; ranked by ${source.objectiveMetric} (${source.objectiveDirection}).`;
  const columns = axisColumns(source.axes).map(
    (axis) =>
      `comment on column ${view}.${quoteIdentifier(axis.viewColumn)} is ${quoteLiteral(`Axis ${axis.column}.`)}`,
  );
  return [`comment on view ${view} is ${quoteLiteral(about)}`, ...columns].join(';\n');
}
