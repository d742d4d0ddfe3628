import type { Condition, IdeaCard } from '../../card/schema.ts';
import type { ProfileName } from '../profile.ts';

/** Whether the kernel takes a card; if not, what keeps it out and where, for `plan` to print. */
export type KernelSupport =
  | { readonly isSupported: true }
  | { readonly isSupported: false; readonly reason: string; readonly path: string };

/**
 * What the kernel does not take runs by the bar loop, with the same results: profile `trade` and
 * strategies. Indicator parameters, prices and levels never matter, so one answer holds for
 * every point of a sweep.
 */
export function kernelSupport(
  card: IdeaCard,
  sweep: { readonly profile: ProfileName },
): KernelSupport {
  if (sweep.profile !== 'standard') {
    return {
      isSupported: false,
      reason: 'profile trade samples every bar and rounds its results',
      path: 'sweep.profile',
    };
  }
  if (card.strategy !== undefined) {
    return { isSupported: false, reason: 'a strategy is asked bar by bar', path: 'strategy' };
  }
  const path = lookAheadPath(card);
  if (path === undefined) return { isSupported: true };
  return { isSupported: false, reason: 'a negative prev_offset is no bar that has closed', path };
}

// --- internal ---

function lookAheadPath(card: IdeaCard): string | undefined {
  const { entry_rules: entries, exit_rules: exits } = card.signal_rules;
  for (const [section, rules] of [
    ['entry_rules', entries] as const,
    ['exit_rules', exits] as const,
  ]) {
    for (const [r, rule] of rules.entries()) {
      const c = rule.conditions.findIndex(looksAhead);
      if (c >= 0) return `signal_rules.${section}[${r}].conditions[${c}].prev_offset`;
    }
  }
  return undefined;
}

function looksAhead({ prev_offset: offset }: Condition): boolean {
  return offset < 0;
}
