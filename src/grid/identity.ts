import type { IdeaCard } from '../card/schema.ts';
import type { StrategyCode } from '../card/strategy-code.ts';
import { hashJson, type Json } from '../hash.ts';
import type { Sweep } from './spec.ts';

/**
 * Identity of a sweep (design §12.1): what its rows depend on, and nothing else. Name, objective,
 * require, keep, executor and thread count are no part of it.
 */
export function sweepIdentity(
  sweep: Sweep,
  inputs: { readonly engineVersion: string; readonly candleDigest: string },
): string {
  const { profile, axes, constraints, window, precision, allowShortWarmup } = sweep;
  const card = cardByCode(sweep.card, sweep.strategy);
  return hashJson({
    engineVersion: inputs.engineVersion,
    candleDigest: inputs.candleDigest,
    profile,
    card,
    axes: axes.map(({ name, members, values }) => ({
      name,
      members: members.map(({ column, path }) => ({ column, path })),
      values,
    })),
    constraints,
    search: { method: 'grid' },
    window,
    precision,
    allowShortWarmup,
  } as unknown as Json);
}

/** A strategy counts by its code: where the file lies makes no other card. */
export function cardByCode(card: IdeaCard, strategy: StrategyCode | undefined): IdeaCard {
  return strategy === undefined ? card : { ...card, strategy: strategy.hash };
}
