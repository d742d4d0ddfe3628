import type { Role } from '../card/keys.ts';
import type { Condition, FeatureSpec, IdeaCard } from '../card/schema.ts';
import { outputKeys } from '../indicators/registry.ts';

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
  if (card.strategy !== undefined) return everything(card);
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

/**
 * What a strategy reads is only known when it runs: it may read every column. It can look back as far
 * as the warm-up of the role's series, or `warmup_bars` where that is more.
 */
function everything(card: IdeaCard): Record<Role, References> {
  const ofRole = (role: Role): References => {
    const config = card.tf_configs[role];
    const specs = config?.feature_specs ?? [];
    return {
      keys: new Set([...PRICE_NAMES, ...specs.flatMap((spec) => keysOf(spec))]),
      lookbackBars: Math.max(1, config?.warmup_bars ?? 0),
    };
  };
  return { exec: ofRole('exec'), mtf: ofRole('mtf'), htf: ofRole('htf') };
}

function keysOf(spec: FeatureSpec): string[] {
  return outputKeys(spec).map(({ key }) => key);
}

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
