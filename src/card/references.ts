import { expandedKeys } from './indicator-table.ts';
import { chainOf } from './chains.ts';
import type { Role } from './keys.ts';
import type { Condition, FeatureSpec, IdeaCard } from './schema.ts';

/** Who refers to what inside a card. */

export function allConditions(card: IdeaCard): Condition[] {
  const { entry_rules: entries, exit_rules: exits } = card.signal_rules;
  return [...entries, ...exits].flatMap((rule) => rule.conditions);
}

/**
 * Does a rule or an ATR distance read a column of this spec, itself or by way of an indicator on top
 * of it? A strategy may read them all.
 */
export function isSpecUsed(card: IdeaCard, spec: FeatureSpec, role: Role): boolean {
  if (card.strategy !== undefined) return true;
  let roles = usedSpecs.get(card);
  if (roles === undefined) usedSpecs.set(card, (roles = new Map()));
  let used = roles.get(role);
  if (used === undefined) roles.set(role, (used = findUsed(card, role)));
  return used.has(spec);
}

// --- internal ---

/** Found once per card and role: cards are immutable, and the question is asked of every spec. */
const usedSpecs = new WeakMap<IdeaCard, Map<Role, ReadonlySet<FeatureSpec>>>();

function findUsed(card: IdeaCard, role: Role): ReadonlySet<FeatureSpec> {
  const specs = card.tf_configs[role]?.feature_specs ?? [];
  const keys = keysRead(card, role);
  const read = specs.filter((spec) => expandedKeys(spec).some((key) => keys.has(key)));
  const chains = read.flatMap((spec) => chainOf(spec, specs)?.map((link) => link.spec) ?? []);
  return new Set([...read, ...chains]);
}

function keysRead(card: IdeaCard, role: Role): ReadonlySet<string> {
  const inRules = allConditions(card)
    .filter(({ tf }) => tf === role)
    .flatMap(({ indicator_key: left, value, is_indicator_comparison: isKey }) =>
      isKey ? [left, String(value)] : [left],
    );
  const { stop_loss: stop, take_profit: target } = card.risk_model ?? {};
  const distances = role === 'exec' ? [stop?.atr_key, target?.atr_key] : [];
  return new Set([...inRules, ...distances.flatMap((key) => key ?? [])]);
}
