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
  const { profile, card, axes, constraints, window, precision, allowShortWarmup } = sweep;
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
