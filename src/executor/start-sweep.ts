import type { Sql } from 'postgres';
import { cardHash } from '../card/canonical.ts';
import { ENGINE_VERSION } from '../engine/profile.ts';
import { cardByCode } from '../grid/identity.ts';
import type { Sweep } from '../grid/sweep.ts';
import { canonicalJson } from '../hash.ts';
import type { Store } from '../store/db.ts';
import { isAbandoned } from '../store/lease.ts';
import {
  createSweep,
  findSweep,
  findUnfinished,
  setSweepStatus,
  type SweepRow,
} from '../store/sweeps.ts';
import { feedRef } from './feeds.ts';
import type { SweepPlan } from './plan-sweep.ts';

export interface StartedSweep {
  readonly row: SweepRow;
  readonly plan: SweepPlan;
  /** True when an unfinished sweep of the same identity goes on instead of a new one. */
  readonly isResumed: boolean;
}

/**
 * Finds or creates the row of a planned sweep. The executor is no part of a sweep's identity, so a
 * local sweep may be resumed through Temporal and the reverse.
 */
export async function startSweep(
  store: Store,
  plan: SweepPlan,
  options: { readonly executor: 'local' | 'temporal'; readonly isFresh?: boolean },
): Promise<StartedSweep> {
  const { sweep } = plan;
  const unfinished = options.isFresh ? undefined : await findUnfinished(store.sql, plan.identity);
  if (unfinished && hasSameRanking(unfinished.spec, sweep)) {
    return { row: unfinished, plan, isResumed: true };
  }
  const row = await createSweep(store.sql, {
    name: sweep.name,
    identity: plan.identity,
    spec: sweep,
    cardHash: cardHash(cardByCode(sweep.card, sweep.strategy)),
    candleDigest: plan.candleDigest,
    engineVersion: ENGINE_VERSION,
    executor: options.executor,
    feeds: plan.feedPlans.map(feedRef),
    points: plan.points,
  });
  return { row, plan, isResumed: false };
}

/**
 * The feeds of a sweep whose row is there already. Where they cannot be built the row says so, as failed;
 * it can be resumed like any other that has not ended.
 */
export async function feedsOf<T>(store: Store, sweepId: string, feeds: Promise<T>): Promise<T> {
  try {
    return await feeds;
  } catch (error) {
    // A disk that is full may be that of Postgres too; the first error is the one to tell.
    await markUnbuilt(store.sql, sweepId, error).catch(() => undefined);
    throw error;
  }
}

// --- internal ---

async function markUnbuilt(sql: Sql, sweepId: string, error: unknown): Promise<void> {
  const { status } = await findSweep(sql, sweepId);
  // Another process may drive it, with feeds that it has.
  const isActive = ['running', 'paused', 'stopping'].includes(status);
  if (isActive && !(await isAbandoned(sql, sweepId))) return;
  const message = error instanceof Error ? error.message : String(error);
  await setSweepStatus(sql, sweepId, 'failed', { error: `feeds were not built: ${message}` });
}

/** Rows hold their eligibility and objective, so a sweep only goes on under the same ones. */
function hasSameRanking(a: Sweep, b: Sweep): boolean {
  const ranking = ({ name, objective, require }: Sweep) =>
    canonicalJson({ name, objective: { ...objective }, require });
  return ranking(a) === ranking(b);
}
