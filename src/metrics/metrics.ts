import type { BacktestResult } from '../engine/backtest.ts';
import { roundHalfEven } from '../engine/rounding.ts';
import type { MetricDefinition } from './definition.ts';
import { drawdownFacts } from './drawdown.ts';
import type { BacktestFacts } from './facts.ts';
import { marginFacts } from './margin.ts';
import { METRICS, type MetricName } from './registry.ts';
import { barReturnFacts, dailyReturnFacts, dailySamples } from './returns.ts';
import { tradeFacts } from './trades.ts';

/** The scalar results of one backtest; null where a value is not finite. */
export type Metrics = Readonly<Record<MetricName, number | string | null>>;

/**
 * All metrics of a finished backtest: unrounded in profile `standard`, with UTC days as samples of
 * the risk ratios; rounded over exec bars in `trade`. To be called before the backtest's buffers
 * are used again.
 */
export function computeMetrics(result: BacktestResult): Metrics {
  const facts = backtestFacts(result);
  const isRounded = result.facts.rules.isRounded;
  return Object.fromEntries(
    METRICS.map((metric) => [metric.name, valueOf(metric, facts, isRounded)]),
  ) as Metrics;
}

/**
 * The numbers of `METRIC_COLUMNS` into `out` from `offset` on, NaN for null: the same values as
 * `computeMetrics` without an object per point. Returns `profit_factor_mode`.
 */
export function writeMetrics(result: BacktestResult, out: Float64Array, offset = 0): string {
  const facts = backtestFacts(result);
  const isRounded = result.facts.rules.isRounded;
  let column = offset;
  let mode = '';
  for (const metric of METRICS) {
    const value = valueOf(metric, facts, isRounded);
    if (typeof value === 'string') {
      mode = value;
    } else {
      out[column] = value ?? Number.NaN;
      column += 1;
    }
  }
  return mode;
}

/** What the formulas read. Sums run in time order, so equal runs have equal bits. */
export function backtestFacts(result: BacktestResult): BacktestFacts {
  const { equity, facts } = result;
  const { close } = facts.feeds.exec.store;
  const samples = facts.rules.samples === 'utc_days' ? dailySamples(result) : undefined;
  const { startingEquity } = facts.constants;
  return {
    initialEquity: startingEquity,
    finalEquity: equity.at(-1) ?? startingEquity,
    benchmarkFirst: close[facts.startBar] ?? 0,
    benchmarkLast: close[facts.endBar - 1] ?? 0,
    points: equity.length,
    drawdown: drawdownFacts(equity),
    trades: tradeFacts(result),
    returns: samples ? dailyReturnFacts(result, samples) : barReturnFacts(result),
    margin: marginFacts(result, samples),
    entryAttempts: result.entryAttempts,
    entryRejections: result.entryRejections,
    isReference: facts.rules.isRounded,
  };
}

// --- internal ---

function valueOf(
  metric: MetricDefinition,
  facts: BacktestFacts,
  isRounded: boolean,
): number | string | null {
  const value = metric.compute(facts);
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return null;
  return isRounded && metric.digits !== null ? roundHalfEven(value, metric.digits) : value;
}
