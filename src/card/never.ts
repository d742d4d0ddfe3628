import { ROLES, PRICE_KEYS } from './keys.ts';
import type { Condition, IdeaCard, Rule } from './schema.ts';
import { barOrderReason } from './bar-order.ts';
import { expandedKeys } from './indicator-table.ts';
import type { ProfileName } from '../engine/profile.ts';

/**
 * Cards that can never trade, found from the card alone: entry rules that cannot hold, sizes that
 * cannot be filled. Only certain cases are named; a card without a reason here may still not trade.
 */

/** Why no entry can ever be filled, or undefined. */
export function neverTrades(card: IdeaCard, profile: ProfileName): string | undefined {
  // What a strategy does is only known when it runs.
  if (card.strategy !== undefined) return neverFills(card, profile);
  const reasons = card.signal_rules.entry_rules.map((rule) => neverHolds(card, rule));
  const first = reasons[0];
  if (first !== undefined && reasons.every((reason) => reason !== undefined)) return first;
  return neverFills(card, profile);
}

/** Why the conditions of a rule cannot all hold, or undefined. */
export function neverHolds(card: IdeaCard, rule: Rule): string | undefined {
  const bounds = new Map<string, Bounds>();
  const sides = new Map<string, Set<'above' | 'below'>>();
  for (const condition of rule.conditions) {
    const reason =
      conditionReason(condition) ??
      barOrderReason(card, condition) ??
      narrow(card, condition, bounds) ??
      opposed(condition, sides);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

// --- internal ---

interface Bounds {
  low: number;
  high: number;
}

const ABOVE = new Set(['gt', 'gte', 'cross_above']);
const BELOW = new Set(['lt', 'lte', 'cross_below']);

function conditionReason(condition: Condition): string | undefined {
  const { operator, indicator_key: key, value, is_indicator_comparison: isKey } = condition;
  if (operator.startsWith('cross') && condition.prev_offset === 0) {
    return `${operator} with prev_offset 0 is never true`;
  }
  if (!isKey || value !== key || operator === 'eq' || operator === 'gte' || operator === 'lte') {
    return undefined;
  }
  return `${key} is compared with itself`;
}

/** Literal conditions on one series, together with the range the series can have. */
function narrow(
  card: IdeaCard,
  condition: Condition,
  bounds: Map<string, Bounds>,
): string | undefined {
  const { operator, indicator_key: key, value, tf } = condition;
  if (typeof value !== 'number') return undefined;
  const name = `${tf} ${key}`;
  const range = bounds.get(name) ?? seriesRange(card, condition);
  bounds.set(name, range);
  const isStrict = operator === 'gt' || operator === 'lt' || operator.startsWith('cross');
  if (ABOVE.has(operator) && (range.high < value || (isStrict && range.high <= value))) {
    return `${key} cannot be above ${value} here (it is at most ${range.high})`;
  }
  if (BELOW.has(operator) && (range.low > value || (isStrict && range.low >= value))) {
    return `${key} cannot be below ${value} here (it is at least ${range.low})`;
  }
  if (operator === 'eq' && (value > range.high + 1e-9 || value < range.low - 1e-9)) {
    return `${key} cannot be ${value} here`;
  }
  if (ABOVE.has(operator) || operator === 'eq') range.low = Math.max(range.low, value);
  if (BELOW.has(operator) || operator === 'eq') range.high = Math.min(range.high, value);
  return undefined;
}

/** `a > b` and `a < b` in one rule; a cross says on which side the left one is now. */
function opposed(
  condition: Condition,
  sides: Map<string, Set<'above' | 'below'>>,
): string | undefined {
  const { operator, indicator_key: left, value, is_indicator_comparison: isKey, tf } = condition;
  if (!isKey) return undefined;
  const isStrict = operator === 'gt' || operator === 'lt' || operator.startsWith('cross');
  if (!isStrict) return undefined;
  const right = String(value);
  const isSwapped = right < left;
  const name = isSwapped ? `${tf} ${right} ${left}` : `${tf} ${left} ${right}`;
  const seen = sides.get(name) ?? new Set();
  seen.add(ABOVE.has(operator) === isSwapped ? 'below' : 'above');
  sides.set(name, seen);
  return seen.size === 2 ? `${left} cannot be above and below ${right} at once` : undefined;
}

/** Ranges that formulas guarantee, by type and output suffix. */
const RANGES: Record<string, readonly [number, number]> = {
  rsi: [0, 100],
  mfi: [0, 100],
  willr: [-100, 0],
  cmo: [-100, 100],
  cmf: [-1, 1],
  'stoch k': [0, 100],
  'stoch d': [0, 100],
  'stochrsi k': [0, 100],
  'stochrsi d': [0, 100],
  'aroon up': [0, 100],
  'aroon down': [0, 100],
  'aroon osc': [-100, 100],
  'adx adx': [0, 100],
  'adx dmp': [0, Infinity],
  'adx dmn': [0, Infinity],
  'dm dmp': [0, Infinity],
  'dm dmn': [0, Infinity],
  'vortex vip': [0, Infinity],
  'vortex vim': [0, Infinity],
  'supertrend direction': [-1, 1],
  'psar reversal': [0, 1],
  'squeeze on': [0, 1],
  'squeeze off': [0, 1],
  'squeeze no_sqz': [0, 1],
  'tsi tsi': [-100, 100],
  'tsi signal': [-100, 100],
  atr: [0, Infinity],
  natr: [0, Infinity],
  uo: [0, 100],
};

/** Rounding may carry a bounded value a little over its bound. */
const SLACK = 1e-6;

function seriesRange(card: IdeaCard, { tf, indicator_key: key }: Condition): Bounds {
  if ((PRICE_KEYS as readonly string[]).includes(key)) return { low: 0, high: Infinity };
  for (const role of ROLES) {
    if (role !== tf) continue;
    for (const spec of card.tf_configs[role]?.feature_specs ?? []) {
      const n = expandedKeys(spec).indexOf(key);
      // Substituted sources leave the range of formulas over high, low and close.
      if (n === -1 || spec.input_source !== 'close') continue;
      const suffix = key.startsWith(`${spec.output_key}_`)
        ? key.slice(spec.output_key.length + 1)
        : '';
      const range =
        RANGES[suffix === '' ? spec.indicator_type : `${spec.indicator_type} ${suffix}`];
      if (range) return { low: range[0] - SLACK, high: range[1] + SLACK };
    }
  }
  return { low: -Infinity, high: Infinity };
}

/** Sizes that the first entry cannot have; equity is then the starting equity for ever. */
function neverFills(card: IdeaCard, profile: ProfileName): string | undefined {
  const {
    starting_equity_usdt: equity,
    min_trade_notional_usdt: smallest,
    fee_model: fees,
  } = card.account;
  const sizing = card.risk_model?.sizing;
  const needsStop = sizing?.model === 'percent_equity' || sizing?.model === 'risk_based';
  if (needsStop && !card.risk_model?.stop_loss) {
    return `sizing ${sizing.model} needs a stop distance, and the card has no stop`;
  }
  const leverage = sizing?.max_leverage ?? 1;
  const cap = leverage / (1 + (leverage * fees.taker_bps) / 10_000);
  const wanted = wantedShare(card, profile);
  if (profile === 'trade' && wanted !== undefined && wanted > cap) {
    return `the size is ${round(wanted)} times equity, above leverage less fee (${round(cap)}): the reference rejects every entry (C2)`;
  }
  const notional = equity * Math.min(wanted ?? Infinity, cap);
  return notional < smallest
    ? `the largest entry is ${round(notional)} USDT, below min_trade_notional_usdt ${smallest}`
    : undefined;
}

/** Wanted notional as a multiple of equity, where it does not depend on prices. */
function wantedShare(card: IdeaCard, profile: ProfileName): number | undefined {
  const { sizing, stop_loss: stop } = card.risk_model ?? {};
  if (!sizing) return 1;
  const stopShare = stop?.type === 'percent' ? stop.value / 100 : undefined;
  const equity = card.account.starting_equity_usdt;
  if (profile === 'trade') {
    const risk = sizing.model === 'percent_equity' ? sizing.value : 1;
    return stopShare && risk / 100 / stopShare;
  }
  switch (sizing.model) {
    case 'percent_equity':
      return stopShare && sizing.value / 100 / stopShare;
    case 'risk_based':
      return stopShare && sizing.value / equity / stopShare;
    case 'fixed_usdt':
      return sizing.value / equity;
    case 'percent_notional':
      return sizing.value / 100;
  }
  return undefined;
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
