import { join } from 'node:path';
import type { Sql } from 'postgres';
import type { Config } from '../config.ts';
import { ENGINE_VERSION } from '../engine/profile.ts';
import { SweepError } from '../errors.ts';
import { writeMetrics } from '../metrics/metrics.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import type { SweepRow } from '../store/sweeps.ts';
import { buildFeeds } from './feeds.ts';
import { planSweep } from './plan-sweep.ts';
import { runPoint } from './run-point.ts';
import { openContext, type SweepContext } from './sweep-context.ts';

export interface Difference {
  readonly pointIndex: number;
  /** A metric's name, or `outcome`. */
  readonly metric: string;
  readonly stored: number | string | null;
  readonly recomputed: number | string | null;
}

export interface Verification {
  readonly sampled: number;
  /** Points of the sample without a difference. */
  readonly equal: number;
  readonly different: readonly Difference[];
}

/**
 * Runs a seeded random sample of a sweep's stored points again by the bar loop, whatever ran them
 * first, and compares outcome and every metric bit for bit. Refused points have nothing to run.
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
  const different = stored.flatMap((point) => differencesOf(context, point));
  const unequal = new Set(different.map(({ pointIndex }) => pointIndex)).size;
  return { sampled: stored.length, equal: stored.length - unequal, different };
}

// --- internal ---

interface StoredPoint extends Readonly<Record<string, unknown>> {
  readonly point_index: number;
  readonly outcome: string;
  readonly profit_factor_mode: string | null;
}

async function contextOf(config: Config, row: SweepRow): Promise<SweepContext> {
  const plan = await planSweep(config, row.spec);
  if (plan.candleDigest !== row.candleDigest) {
    throw new SweepError('CANDLES_CHANGED', 'the stored candles are not those the sweep ran on', {
      hint: 'Run the sweep again; its old rows stay as they are.',
    });
  }
  const feeds = await buildFeeds(config, plan.feedPlans);
  return openContext(
    row.spec,
    feeds.map((feed) => join(config.feedsDir, feed.fileName)),
  );
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

function differencesOf(context: SweepContext, stored: StoredPoint): Difference[] {
  const values = new Float64Array(METRIC_COLUMNS.length).fill(Number.NaN);
  const again = runAgain(context, stored.point_index, values);
  const texts = (['outcome', 'profit_factor_mode'] as const)
    .map((metric) => ({ metric, stored: stored[metric], recomputed: again[metric] }))
    .filter((pair) => pair.stored !== pair.recomputed);
  const numbers = METRIC_COLUMNS.map((metric, index) => ({
    metric,
    stored: stored[metric] as number | null,
    recomputed: finiteOrNull(values[index]),
  })).filter((pair) => !Object.is(pair.stored, pair.recomputed));
  return [...texts, ...numbers].map((pair) => ({ pointIndex: stored.point_index, ...pair }));
}

function runAgain(
  context: SweepContext,
  pointIndex: number,
  values: Float64Array,
): { readonly outcome: string; readonly profit_factor_mode: string | null } {
  try {
    const result = runPoint(context, pointIndex);
    return { profit_factor_mode: writeMetrics(result, values), outcome: result.outcome };
  } catch (error) {
    // The sweep stored such a point as failed; anything else it stored is a difference.
    if (!(error instanceof SweepError)) throw error;
    return { outcome: 'failed', profit_factor_mode: null };
  }
}

function finiteOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
