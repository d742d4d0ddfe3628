import type { Sweep } from '../grid/sweep.ts';
import { findMetric } from '../metrics/registry.ts';
import { describeParams, type RankedPoint } from '../report/ranking.ts';
import { formatMetric, metricTitle, SHORT_TITLES } from '../report/metrics-table.ts';
import type { Store } from '../store/db.ts';
import { isAbandoned } from '../store/lease.ts';
import { sweepProgress } from '../store/progress.ts';
import type { SweepRow } from '../store/sweeps.ts';

/** What `run`, `status` and `list` say about a sweep. */

/** Axis columns of a sweep, a linked axis' members each for themselves, in grid order. */
export function axisColumns(sweep: Sweep): string[] {
  return sweep.axes.flatMap((axis) => axis.members.map((member) => member.column));
}

/** `{sweep_id, name, status, abandoned, …, best}` of design §11. */
export async function sweepDocument(store: Store, row: SweepRow): Promise<Record<string, unknown>> {
  const progress = await sweepProgress(store.sql, row.sweepId);
  const { best } = progress;
  return {
    sweep_id: row.sweepId,
    name: row.name,
    status: row.status,
    abandoned: await isAbandoned(store.sql, row.sweepId),
    executor: row.executor,
    points: {
      total: row.points.total,
      admitted: row.points.admitted,
      ...(row.points.isEstimated ? { estimated: true } : {}),
      completed: progress.completed,
      failed: progress.failed,
      refused: progress.refused,
      eligible: progress.eligible,
    },
    elapsed_ms: elapsedMs(row),
    best:
      best === undefined
        ? null
        : {
            rank: best.rank,
            point_index: best.pointIndex,
            params: best.params,
            metrics: best.metrics,
          },
  };
}

/** The status in words; a sweep that says it runs, and that nobody drives, does not. */
export function statusText({ status }: SweepRow, isAbandoned: boolean): string {
  return isAbandoned ? 'command gone' : status.replaceAll('_', ' ');
}

/** Wall time from the first start to the end, or to now while the sweep has not ended. */
export function elapsedMs(row: SweepRow): number | null {
  return row.startedMs === null ? null : (row.endedMs ?? Date.now()) - row.startedMs;
}

/** `best sharpe 1.312 (fast 39 slow 270)`, undefined while nothing is eligible. */
export function describeBest(sweep: Sweep, best: RankedPoint | undefined): string | undefined {
  if (best === undefined || !best.eligible) return undefined;
  const { metric } = sweep.objective;
  const title = SHORT_TITLES[metric] ?? metricTitle(metric);
  const params = describeParams(best.params);
  return `best ${title} ${formatMetric(metric, best.metrics[metric])}${params === '' ? '' : ` (${params})`}`;
}

/** Whether a larger value is better: the sweep's own word for its objective, else the metric's. */
export function isHigherBetter(sweep: Sweep, metric: string): boolean {
  if (metric === sweep.objective.metric) return sweep.objective.direction === 'maximize';
  return findMetric(metric)?.better !== 'lower';
}
