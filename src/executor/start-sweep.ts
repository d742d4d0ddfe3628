import { cardHash } from '../card/canonical.ts';
import { ENGINE_VERSION } from '../engine/profile.ts';
import { cardByCode } from '../grid/identity.ts';
import type { Sweep } from '../grid/sweep.ts';
import { canonicalJson } from '../hash.ts';
import type { Store } from '../store/db.ts';
import { createSweep, findUnfinished, type SweepRow } from '../store/sweeps.ts';
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

// --- internal ---

/** Rows hold their eligibility and objective, so a sweep only goes on under the same ones. */
function hasSameRanking(a: Sweep, b: Sweep): boolean {
  const ranking = ({ name, objective, require }: Sweep) =>
    canonicalJson({ name, objective: { ...objective }, require });
  return ranking(a) === ranking(b);
}
