import type { Condition, IdeaCard, Rule } from '../card/schema.ts';
import type { MultiTFFeedStore } from '../feed/multi-tf.ts';
import type { RuntimeSnapshotView, TFContext } from '../feed/snapshot-view.ts';
import type { Account } from './account.ts';
import {
  ENTER_LONG,
  ENTER_SHORT,
  ENTRY_MASK,
  EQUAL_EPSILON,
  EXIT_LONG,
  EXIT_SHORT,
  evaluateRules,
  isAllowed,
  type SignalBuffers,
} from './signals.ts';

export type Side = -1 | 0 | 1;

/** 0 nothing, 1 enter long, 2 enter short, 3 exit. */
export type SignalCode = 0 | 1 | 2 | 3;
export const NO_SIGNAL = 0;
export const EXIT_SIGNAL = 3;

/** What a strategy may look at besides the view. */
export interface StrategyRun {
  /** Read only: the exchange changes it. */
  readonly account: Account;
  /** Exec row of the first simulated bar. */
  readonly startBar: number;
}

/** What decides at the close of a bar. */
export interface Strategy {
  /** Called once, before the first bar. */
  begin?(run: StrategyRun): void;
  /**
   * `side` is the position held: 0 flat, 1 long, −1 short. With `canFlip` an entry opposite to the
   * position closes and reverses it; without, entries while in position mean nothing.
   */
  decide(view: RuntimeSnapshotView, side: Side, canFlip: boolean): SignalCode;
  /**
   * The fast way of strategies that know every bar beforehand: signal bytes of signals.ts for
   * `[start, endBar)`, equal to `decide` on each of them. The array belongs to `buffers`.
   */
  evaluate?(start: number, buffers: SignalBuffers): Uint8Array;
}

/**
 * A card's rules as typed-array passes over the feed's columns, with the same rules on a view as
 * `decide`.
 */
export function compileStrategy(card: IdeaCard, feeds: MultiTFFeedStore): Strategy {
  const rules = ruleStrategy(card);
  return {
    decide: (view, side, canFlip) => rules.decide(view, side, canFlip),
    evaluate: (start, buffers) => evaluateRules(card, feeds, start, buffers),
  };
}

/** A card's rules read bar by bar through the view: the definition that the passes must equal. */
export function ruleStrategy(card: IdeaCard): Strategy {
  const { entry_rules: entryRules, exit_rules: exitRules } = card.signal_rules;
  const entries = entryRules.filter((rule) => isAllowed(card, rule));
  return {
    decide(view, side, canFlip) {
      const held = side === 0 ? undefined : side > 0 ? 'long' : 'short';
      if (held === undefined || canFlip) {
        const entry = entries.find((rule) => matches(view, rule));
        if (entry && entry.direction !== held) return entry.direction === 'long' ? 1 : 2;
      }
      if (held === undefined) return NO_SIGNAL;
      const isExit = exitRules.some((rule) => rule.direction === held && matches(view, rule));
      return isExit ? EXIT_SIGNAL : NO_SIGNAL;
    },
  };
}

/** What a signal byte says to a holder of `side`. */
export function signalOf(byte: number, side: Side, canFlip: boolean): SignalCode {
  const entry = (byte & ENTRY_MASK) as 0 | 1 | 2;
  if (side === 0) return entry;
  if (canFlip && entry === (side > 0 ? ENTER_SHORT : ENTER_LONG)) return entry;
  return (byte & (side > 0 ? EXIT_LONG : EXIT_SHORT)) === 0 ? NO_SIGNAL : EXIT_SIGNAL;
}

// --- internal ---

function matches(view: RuntimeSnapshotView, rule: Rule): boolean {
  return rule.conditions.every((condition) => holds(view[condition.tf], condition));
}

/** NaN stands for "no value", with which every comparison is false. */
function holds(context: TFContext | undefined, condition: Condition): boolean {
  if (context === undefined) return false;
  const left = context.value(condition.indicator_key);
  const right = rightValue(context, condition, 0);
  switch (condition.operator) {
    case 'gt':
      return left > right;
    case 'gte':
      return left >= right;
    case 'lt':
      return left < right;
    case 'lte':
      return left <= right;
    case 'eq':
      return Math.abs(left - right) < EQUAL_EPSILON;
    case 'cross_above':
      return left > right && before(context, condition) <= rightBefore(context, condition);
    case 'cross_below':
      return left < right && before(context, condition) >= rightBefore(context, condition);
    default:
      return false;
  }
}

function before(context: TFContext, condition: Condition): number {
  return context.value(condition.indicator_key, condition.prev_offset);
}

function rightBefore(context: TFContext, condition: Condition): number {
  return rightValue(context, condition, condition.prev_offset);
}

function rightValue(context: TFContext, condition: Condition, barsBack: number): number {
  return condition.is_indicator_comparison
    ? context.value(String(condition.value), barsBack)
    : Number(condition.value);
}
