import { cardHash } from '../card/canonical.ts';
import { resolvedParams } from '../card/indicator-table.ts';
import type { FeatureSpec, IdeaCard } from '../card/schema.ts';
import { assert } from '../assert.ts';
import type { Config } from '../config.ts';
import type { BacktestResult } from '../engine/backtest.ts';
import { ENGINE_VERSION } from '../engine/profile.ts';
import { tradeRecords, type TradeRecord } from '../engine/trade-log.ts';
import { SweepError } from '../errors.ts';
import { buildFeeds, mapFeeds } from '../executor/feeds.ts';
import { planSweep, type SweepPlan } from '../executor/plan-sweep.ts';
import { runPoint } from '../executor/run-point.ts';
import { createContext } from '../executor/sweep-context.ts';
import type { Axis, AxisScalar } from '../grid/axis.ts';
import type { Grid } from '../grid/grid.ts';
import { cardByCode } from '../grid/identity.ts';
import { valueAt, type CardPath } from '../grid/path.ts';
import type { Sweep } from '../grid/sweep.ts';
import { computeMetrics } from '../metrics/metrics.ts';
import type { MetricValues } from '../report/metrics-table.ts';
import { formatInstant } from '../time.ts';
import { warn } from './output.ts';

/** One backtest with everything recorded: what `backtest` and `show` print. */
export interface Recorded {
  readonly sweep: Sweep;
  readonly card: IdeaCard;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly result: BacktestResult;
  readonly metrics: MetricValues;
  readonly trades: readonly TradeRecord[];
  readonly plan: SweepPlan;
}

/**
 * The sweep without its axes: the card's own values as a grid of one point. For a strategy, which may
 * ask for them by name, axes stay, each with the one value that the card has.
 */
export function withoutAxes(sweep: Sweep): Sweep {
  const axes = sweep.strategy === undefined ? [] : sweep.axes.map((axis) => ownValue(sweep, axis));
  return { ...sweep, axes, constraints: [], require: [] };
}

/**
 * Runs one point of a sweep in this thread: plan, feeds (built where missing), bar loop, metrics.
 * `expectedDigest` is that of the sweep the point was first run in.
 * @throws SweepError CANDLES_CHANGED, GRID_EMPTY for a refused or rejected point, and what planning
 * and building feeds throw.
 */
export async function recordPoint(
  config: Config,
  sweep: Sweep,
  options: { readonly pointIndex: number; readonly expectedDigest?: string },
): Promise<Recorded> {
  const plan = await planSweep(config, sweep);
  for (const warning of plan.warnings) warn(warning.message, warning.hint);
  if (options.expectedDigest !== undefined && options.expectedDigest !== plan.candleDigest) {
    throw new SweepError('CANDLES_CHANGED', 'the stored candles are not those the sweep ran on', {
      hint: 'Run the sweep again; its old rows stay as they are.',
    });
  }
  const { pointIndex } = options;
  assertRunnable(plan.grid, pointIndex);
  const feeds = await buildFeeds(config, plan);
  const context = await createContext(sweep, plan.grid, mapFeeds(config, feeds));
  const card = plan.grid.cardAt(pointIndex);
  const result = runPoint(context, pointIndex);
  return {
    sweep,
    card,
    params: plan.grid.params(pointIndex),
    result,
    metrics: computeMetrics(result),
    trades: tradeRecords(result),
    plan,
  };
}

/** The document of design §11 for `backtest`; `show` adds to it. */
export function recordedDocument(
  recorded: Recorded,
  options: { readonly hasEquity: boolean },
): Record<string, unknown> {
  const { sweep, card, result, metrics, trades } = recorded;
  const { exec, mtf, htf } = card.tf_configs;
  return {
    card,
    card_hash: cardHash(cardByCode(card, sweep.strategy)),
    profile: sweep.profile,
    engine_version: ENGINE_VERSION,
    symbol: card.symbol_universe[0],
    timeframes: {
      exec: exec.tf,
      ...(mtf === undefined ? {} : { mtf: mtf.tf }),
      ...(htf === undefined ? {} : { htf: htf.tf }),
    },
    window: {
      start: formatInstant(sweep.window.startMs),
      end: formatInstant(sweep.window.endMs),
    },
    simulation_start: formatInstant(result.simulationStartMs),
    bars: result.bars,
    outcome: result.outcome,
    metrics,
    trades,
    ...(options.hasEquity ? { equity: equityPoints(result) } : {}),
  };
}

/** `[time, equity]` per bar, ISO 8601 UTC. */
export function equityPoints(result: BacktestResult): [string, number][] {
  return Array.from(result.equity, (equity, index) => [
    formatInstant(result.equityTs[index] ?? 0),
    equity,
  ]);
}

// --- internal ---

function ownValue({ card }: Sweep, axis: Axis): Axis {
  const value = axis.members.map(({ path }) => ownScalar(card, path) ?? '');
  return { ...axis, values: [value] };
}

function ownScalar(card: IdeaCard, path: CardPath): AxisScalar | undefined {
  const written = valueAt(card, path);
  if (Array.isArray(written)) return written[0] as AxisScalar;
  if (written !== undefined && written !== null) return written as AxisScalar;
  // A parameter that the card leaves out has its default.
  const spec = valueAt(card, path.slice(0, 4)) as FeatureSpec | undefined;
  return path[4] === 'params' && spec ? resolvedParams(spec)[String(path[5])] : undefined;
}

function assertRunnable(grid: Grid, pointIndex: number): void {
  assert(pointIndex >= 0 && pointIndex < grid.size, `point ${pointIndex} is outside the grid`);
  if (!grid.admits(pointIndex)) {
    throw new SweepError('NOT_FOUND', `the constraints reject point ${pointIndex}`);
  }
  const refusal = grid.refusal(pointIndex);
  if (refusal !== undefined) {
    throw new SweepError('GRID_EMPTY', `the point is refused: ${refusal.message}`, {
      facts: { code: refusal.code },
    });
  }
}
