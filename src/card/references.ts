import { expandedKeys } from './indicator-table.ts';
import type { Condition, FeatureSpec, IdeaCard, Role } from './schema.ts';

/** Who refers to what inside a card. */

export function allConditions(card: IdeaCard): Condition[] {
  const { entry_rules: entries, exit_rules: exits } = card.signal_rules;
  return [...entries, ...exits].flatMap((rule) => rule.conditions);
}

/** Does a rule or an ATR distance read a column of this spec? */
export function isSpecUsed(card: IdeaCard, spec: FeatureSpec, role: Role): boolean {
  const keys = new Set(expandedKeys(spec));
  const inRules = allConditions(card).some(
    ({ tf, indicator_key: left, value, is_indicator_comparison: isKey }) =>
      tf === role && (keys.has(left) || (isKey && keys.has(String(value)))),
  );
  if (inRules || role !== 'exec') return inRules;
  const { stop_loss: stop, take_profit: target } = card.risk_model ?? {};
  return [stop, target].some((part) => part?.atr_key && keys.has(part.atr_key));
}
