import type { MetricDefinition } from './definition.ts';
import { RESULT_METRICS } from './result-metrics.ts';
import { RISK_METRICS } from './risk-metrics.ts';

export type { MetricDefinition } from './definition.ts';

/**
 * Every metric in report order: the 62 of trade-semantics §8.3, then `cagr_pct` and
 * `volatility_pct`. A metric is one entry here: formula, unit, column and doc line
 * (docs/metrics.md and the SQL columns are checked against this table).
 */
export const METRICS = [
  ...RESULT_METRICS,
  ...RISK_METRICS,
] as const satisfies readonly MetricDefinition[];

export type MetricName = (typeof METRICS)[number]['name'];

export const METRIC_NAMES: readonly MetricName[] = METRICS.map((metric) => metric.name);

/** The metrics that are numbers, in report order: one float8 column each. */
export const METRIC_COLUMNS: readonly MetricName[] = METRICS.filter(
  (metric) => metric.unit !== 'text',
).map((metric) => metric.name);

const BY_NAME: ReadonlyMap<string, MetricDefinition> = new Map(
  METRICS.map((metric) => [metric.name, metric]),
);

/** The definition of `name`, or undefined where there is no such metric. */
export function findMetric(name: string): MetricDefinition | undefined {
  return BY_NAME.get(name);
}
