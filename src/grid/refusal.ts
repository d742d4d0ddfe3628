import { checkForTrade, checkPart, partsAt, type CardPart } from '../card/check.ts';
import { checkSpecForTrade } from '../card/check-trade.ts';
import type { FoundIssue } from '../card/issues.ts';
import type { FeatureSpec, IdeaCard } from '../card/schema.ts';
import { REFUSAL_TABLE_MAX } from '../limits.ts';
import { applyAxis } from './apply-axis.ts';
import { valueAt } from './path.ts';
import type { Sweep } from './spec.ts';

/**
 * Values and combinations of values that the card cannot take (length 0, macd fast ≥ slow). A rule
 * looks at one part of the card and the axes that reach into it, so its cost is the product of those
 * axes, whatever the size of the grid. Only what the base card does not have itself counts.
 */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** For each axis the digits whose values its paths cannot take: plain data, found once and sent to threads. */
export type RefusedValues = readonly (readonly (readonly [digit: number, refusal: Refusal])[])[];

export interface RefusalRule {
  /** Axis numbers it reads, ascending. */
  readonly axes: readonly number[];
  refusal(digits: ArrayLike<number>): Refusal | undefined;
}

export function createRefusals(sweep: Sweep, refusedValues: RefusedValues): RefusalRule[] {
  const values = refusedValues.map((refused, n) => valueRule(refused, n));
  const parts = new Map<string, { part: CardPart; axes: Set<number> }>();
  sweep.axes.forEach((axis, n) => {
    for (const part of axis.members.flatMap((member) => partsAt(member.path))) {
      const key = part.join('/');
      const entry = parts.get(key) ?? { part, axes: new Set() };
      entry.axes.add(n);
      parts.set(key, entry);
    }
  });
  const rules = [...parts.values()].map(({ part, axes }) => {
    const numbers = [...axes].toSorted((a, b) => a - b);
    return remembered(sweep, numbers, (digits) =>
      refusalOfPart({ sweep, part, axes: numbers, values }, digits),
    );
  });
  return [...values.filter((rule) => rule.canRefuse), ...rules];
}

export function asRefusal({ code, message }: FoundIssue): Refusal {
  return { code, message };
}

// --- internal ---

interface ValueRule extends RefusalRule {
  readonly canRefuse: boolean;
}

function valueRule(refused: RefusedValues[number], n: number): ValueRule {
  const refusals = new Map(refused);
  return {
    axes: [n],
    canRefuse: refusals.size > 0,
    refusal: (digits) => refusals.get(digits[n]!),
  };
}

interface PartInput {
  readonly sweep: Sweep;
  readonly part: CardPart;
  readonly axes: readonly number[];
  readonly values: readonly ValueRule[];
}

function refusalOfPart(
  { sweep, part, axes, values }: PartInput,
  digits: ArrayLike<number>,
): Refusal | undefined {
  // An ill-typed value has its own refusal, and the checks below expect well-typed cards.
  if (axes.some((axis) => values[axis]!.refusal(digits))) return undefined;
  const card = axes.reduce(
    (current, axis) => applyAxis(current, sweep.axes[axis]!, digits[axis]!),
    sweep.card,
  );
  const issue = checkPart(card, part)[0] ?? tradeIssue(sweep, card, part);
  return issue && asRefusal(issue);
}

function tradeIssue(sweep: Sweep, card: IdeaCard, part: CardPart): FoundIssue | undefined {
  if (sweep.profile !== 'trade') return undefined;
  if (part[2] !== 'feature_specs') return checkForTrade(card)[0];
  return checkSpecForTrade(card, valueAt(card, part) as FeatureSpec, part)[0];
}

/** One byte per combination of the rule's axes: not yet known, fine, refused. */
function remembered(
  sweep: Sweep,
  axes: readonly number[],
  find: (digits: ArrayLike<number>) => Refusal | undefined,
): RefusalRule {
  const radices = axes.map((axis) => sweep.axes[axis]!.values.length);
  const product = radices.reduce((total, radix) => total * radix, 1);
  if (product > REFUSAL_TABLE_MAX) return { axes, refusal: find };
  // Made on first use: a grid that is only described needs no table.
  let states: Uint8Array | undefined;
  return {
    axes,
    refusal: (digits) => {
      let index = 0;
      for (let n = 0; n < axes.length; n += 1) index = index * radices[n]! + digits[axes[n]!]!;
      states ??= new Uint8Array(product);
      if (states[index] === 1) return undefined;
      const refusal = find(digits);
      states[index] = refusal ? 2 : 1;
      return refusal;
    },
  };
}
