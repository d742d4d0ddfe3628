import { formatParam } from './format.ts';
import { formatMetric, metricTitle, SHORT_TITLES, type MetricValues } from './metrics-table.ts';
import { renderTable, type TableColumn } from './table.ts';

/** Ranked points as a table, as flat rows for files, and as JSON documents. */

export interface RankedPoint {
  readonly rank: number | null;
  readonly pointIndex: number;
  readonly eligible: boolean;
  readonly outcome: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly metrics: MetricValues;
}

/** Shown beside the objective, in this order. */
const MAIN_METRICS = [
  'sharpe',
  'net_return_pct',
  'max_drawdown_pct',
  'total_trades',
  'win_rate',
  'profit_factor',
];

/**
 * The table people read first: rank, point, axis columns, the ranking metric, the main metrics.
 * Rows that fail `require` or have no trades carry a mark.
 */
export function renderRanking(
  points: readonly RankedPoint[],
  options: {
    readonly axes: readonly string[];
    readonly metric: string;
    readonly titleStyle?: (text: string) => string;
    readonly width?: number | undefined;
  },
): string {
  const metrics = [options.metric, ...MAIN_METRICS.filter((name) => name !== options.metric)];
  const hasIneligible = points.some((point) => !point.eligible);
  const rows = points.map((point) => flatRow(point, options.axes, metrics));
  const columns: TableColumn<Record<string, unknown>>[] = [
    { key: 'rank', title: 'rank', align: 'right' },
    { key: 'point_index', title: 'point', align: 'right', format: (value: number) => `${value}` },
    ...options.axes.map((name) => ({ key: paramKey(name), title: name, format: formatParam })),
    ...metrics.map((name) => ({
      key: metricKey(name),
      title: SHORT_TITLES[name] ?? metricTitle(name),
      align: 'right' as const,
      format: (value: number | string | null) => formatMetric(name, value),
      isOptional: name !== options.metric,
    })),
    ...(hasIneligible ? [{ key: 'note', title: '' }] : []),
  ];
  return renderTable(columns, rows, options);
}

/** `{rank, point_index, eligible, outcome, params, …metrics}` of design §11. */
export function rankDocument(point: RankedPoint): Record<string, unknown> {
  return {
    rank: point.rank,
    point_index: point.pointIndex,
    eligible: point.eligible,
    outcome: point.outcome,
    params: point.params,
    ...point.metrics,
  };
}

/** One flat row for CSV and Parquet: the params become columns of their own. */
export function rankRecord(point: RankedPoint): Record<string, unknown> {
  const { params, ...rest } = rankDocument(point);
  const { rank, point_index, eligible, outcome, ...metrics } = rest;
  return { rank, point_index, eligible, outcome, ...(params as object), ...metrics };
}

/** `fast 39 slow 270`: the params of a point in words. */
export function describeParams(params: RankedPoint['params']): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${formatParam(value)}`)
    .join(' ');
}

// --- internal ---

// An axis may be called like a column of the table, so the two live under prefixes.
function paramKey(name: string): string {
  return `param ${name}`;
}

function metricKey(name: string): string {
  return `metric ${name}`;
}

function flatRow(
  point: RankedPoint,
  axes: readonly string[],
  metrics: readonly string[],
): Record<string, unknown> {
  const row: Record<string, unknown> = {
    rank: point.rank,
    point_index: point.pointIndex,
    note: remark(point),
  };
  for (const name of axes) row[paramKey(name)] = point.params[name] ?? null;
  for (const name of metrics) row[metricKey(name)] = point.metrics[name] ?? null;
  return row;
}

function remark(point: RankedPoint): string {
  if (point.eligible) return '';
  return point.outcome === 'completed' ? 'not eligible' : point.outcome.replaceAll('_', ' ');
}
