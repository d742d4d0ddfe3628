import { expandedKeys } from './indicator-table.ts';
import type { Condition, IdeaCard } from './schema.ts';

/**
 * Why a condition between two series contradicts the order that a bar's prices have: low at or below
 * open and close, these at or below high, and a Donchian channel around them, because its window ends
 * with the bar itself. Undefined where it does not.
 */
export function barOrderReason(card: IdeaCard, condition: Condition): string | undefined {
  const { operator, indicator_key: left, value, is_indicator_comparison: isKey } = condition;
  if (!isKey) return undefined;
  const right = String(value);
  const [a, b] = [levelOf(card, condition.tf, left), levelOf(card, condition.tf, right)];
  if (a === undefined || b === undefined || a === b) return undefined;
  const isAbove = operator === 'gt' || operator === 'cross_above';
  const isBelow = operator === 'lt' || operator === 'cross_below';
  if (isAbove && a < b) return `${left} is never above ${right}${whyOf(a, b)}`;
  if (isBelow && a > b) return `${left} is never below ${right}${whyOf(a, b)}`;
  return undefined;
}

// --- internal ---

const PRICE_LEVELS: Record<string, number> = { low: 1, open: 2, close: 2, high: 3 };
const CHANNEL_LEVELS: Record<string, number> = { lower: 0, upper: 4 };

/** Series of a lower level are at or below those of a higher one on every bar. */
function levelOf(card: IdeaCard, tf: Condition['tf'], key: string): number | undefined {
  const price = PRICE_LEVELS[key];
  if (price !== undefined) return price;
  for (const spec of card.tf_configs[tf]?.feature_specs ?? []) {
    // An offset shows the channel of an earlier bar.
    const isChannel = spec.indicator_type === 'donchian' && !('offset' in spec.params);
    if (isChannel && expandedKeys(spec).includes(key)) {
      return CHANNEL_LEVELS[key.slice(spec.output_key.length + 1)];
    }
  }
  return undefined;
}

function whyOf(a: number, b: number): string {
  const hasChannel = [a, b].some((level) => level === 0 || level === 4);
  return hasChannel ? ', because the channel contains the bar itself' : '';
}
