import type { Condition, IdeaCard, Role } from '../card/schema.ts';

/** What the rules and the risk model of one card read, per role. */
export interface References {
  /** Keys read in the role, prices included. */
  readonly keys: ReadonlySet<string>;
  /** Most bars that a condition looks back in the role (0 without crosses). */
  readonly lookbackBars: number;
}

export const PRICE_NAMES = ['open', 'high', 'low', 'close', 'volume'] as const;
export type PriceName = (typeof PRICE_NAMES)[number];

export function isPriceName(name: string): name is PriceName {
  return (PRICE_NAMES as readonly string[]).includes(name);
}

/** References of a card's rules, plus the risk model's atr keys (always the exec role). */
export function referencesOf(card: IdeaCard): Record<Role, References> {
  const found = {
    exec: { keys: new Set<string>(), lookbackBars: 0 },
    mtf: { keys: new Set<string>(), lookbackBars: 0 },
    htf: { keys: new Set<string>(), lookbackBars: 0 },
  };
  for (const rule of [...card.signal_rules.entry_rules, ...card.signal_rules.exit_rules]) {
    for (const condition of rule.conditions) {
      const role = found[condition.tf];
      for (const key of operandsOf(condition)) role.keys.add(key);
      role.lookbackBars = Math.max(role.lookbackBars, lookbackOf(condition));
    }
  }
  for (const key of [card.risk_model?.stop_loss?.atr_key, card.risk_model?.take_profit?.atr_key]) {
    if (key) found.exec.keys.add(key);
  }
  return found;
}

// --- internal ---

function operandsOf(condition: Condition): string[] {
  return condition.is_indicator_comparison
    ? [condition.indicator_key, String(condition.value)]
    : [condition.indicator_key];
}

function lookbackOf(condition: Condition): number {
  return condition.operator === 'cross_above' || condition.operator === 'cross_below'
    ? Math.max(0, condition.prev_offset)
    : 0;
}
