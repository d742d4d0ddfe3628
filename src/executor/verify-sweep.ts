import type { Sql } from 'postgres';
import type { Config } from '../config.ts';
import { ENGINE_VERSION } from '../engine/profile.ts';
import { SweepError } from '../errors.ts';
import { canonicalJson, type Json } from '../hash.ts';
import { writeMetrics } from '../metrics/metrics.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import type { SweepRow } from '../store/sweeps.ts';
import { auditRows, type RowAudit } from './audit-rows.ts';
import { buildFeeds, mapFeeds } from './feeds.ts';
import { planSweep } from './plan-sweep.ts';
import { runPoint } from './run-point.ts';
import { metricLookup } from './run-range.ts';
import { createContext, type SweepContext } from './sweep-context.ts';

export interface Difference {
  readonly pointIndex: number;
  /** A metric's name, `outcome`, `params`, `eligible` or `objective`. */
  readonly metric: string;
  readonly stored: number | string | null;
  readonly recomputed: number | string | null;
}

export interface Verification {
  readonly sampled: number;
  /** Points of the sample without a difference. */
  readonly equal: number;
  readonly different: readonly Difference[];
  /** Whether rows are missing, too many, or not those that were saved. */
  readonly rows: RowAudit;
}

/**
 * Runs a seeded random sample of a sweep's stored points again by the bar loop, whatever ran them
 * first, and compares params, outcome, eligibility and every metric bit for bit. Refused points have
 * nothing to run. All rows are counted against what the batches say they have saved.
 * @throws SweepError CANDLES_CHANGED, or CONFLICT for rows of another engine version.
 */
export async function verifySweep(
  config: Config,
  sql: Sql,
  row: SweepRow,
  { sample, seed }: { readonly sample: number; readonly seed: number },
): Promise<Verification> {
  if (row.engineVersion !== ENGINE_VERSION) {
    const versions = `engine version ${row.engineVersion}, this program has ${ENGINE_VERSION}`;
    throw new SweepError('CONFLICT', `sweep ${row.sweepId} was run by ${versions}`, {
      hint: 'Run it again with this program, or verify it with that one.',
    });
  }
  const context = await contextOf(config, row);
  const stored = await sampleRows(sql, row.sweepId, { sample, seed });
  const { metric } = row.spec.objective;
  const different = stored.flatMap((point) => differencesOf(context, point, metric));
  const unequal = new Set(different.map(({ pointIndex }) => pointIndex)).size;
  const points = stored.map((point) => point.point_index);
  const rows = await auditRows(sql, row, context.grid, points);
  return { sampled: stored.length, equal: stored.length - unequal, different, rows };
}

// --- internal ---

interface StoredPoint extends Readonly<Record<string, unknown>> {
  readonly point_index: number;
  readonly outcome: string;
  readonly eligible: boolean;
  readonly params: Json;
  readonly profit_factor_mode: string | null;
}

async function contextOf(config: Config, row: SweepRow): Promise<SweepContext> {
  const plan = await planSweep(config, row.spec);
  if (plan.candleDigest !== row.candleDigest) {
    throw new SweepError('CANDLES_CHANGED', 'the stored candles are not those the sweep ran on', {
      hint: 'Run the sweep again; its old rows stay as they are.',
    });
  }
  const feeds = await buildFeeds(config, plan);
  return createContext(row.spec, plan.grid, mapFeeds(config, feeds));
}

/** The same seed gives the same sample of the same rows, on any machine. */
async function sampleRows(
  sql: Sql,
  sweepId: string,
  { sample, seed }: { readonly sample: number; readonly seed: number },
): Promise<readonly StoredPoint[]> {
  return sql<StoredPoint[]>`
    select * from results where sweep_id = ${sweepId} and outcome <> 'refused'
    order by md5(point_index::text || ':' || ${seed}::text), point_index limit ${sample}`;
}

function differencesOf(
  context: SweepContext,
  stored: StoredPoint,
  objective: string,
): Difference[] {
  const pointIndex = stored.point_index;
  const values = new Float64Array(METRIC_COLUMNS.length).fill(Number.NaN);
  const again = runAgain(context, pointIndex, values);
  const recomputed: Readonly<Record<string, number | string | null>> = {
    params: canonicalJson(context.grid.params(pointIndex)),
    ...again,
    objective: finiteOrNull(values[METRIC_COLUMNS.findIndex((name) => name === objective)]),
    ...Object.fromEntries(METRIC_COLUMNS.map((name, n) => [name, finiteOrNull(values[n])])),
  };
  const found: Readonly<Record<string, unknown>> = {
    ...stored,
    params: canonicalJson(stored.params),
    eligible: String(stored.eligible),
  };
  return Object.entries(recomputed)
    .map(([metric, value]) => ({
      pointIndex,
      metric,
      stored: found[metric] as number | string | null,
      recomputed: value,
    }))
    .filter((pair) => !Object.is(pair.stored, pair.recomputed));
}

function runAgain(
  context: SweepContext,
  pointIndex: number,
  values: Float64Array,
): Readonly<Record<'outcome' | 'eligible' | 'profit_factor_mode', string | null>> {
  try {
    const result = runPoint(context, pointIndex);
    const mode = writeMetrics(result, values);
    const isEligible =
      result.outcome !== 'no_trades' && context.isEligible(metricLookup(values, mode));
    return { outcome: result.outcome, eligible: String(isEligible), profit_factor_mode: mode };
  } catch (error) {
    // The sweep stored such a point as failed; anything else it stored is a difference.
    if (!(error instanceof SweepError)) throw error;
    return { outcome: 'failed', eligible: 'false', profit_factor_mode: null };
  }
}

function finiteOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
