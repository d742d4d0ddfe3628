import { checkForTrade, checkPart, partsAt, type CardPart } from '../card/check.ts';
import { checkSpecForTrade } from '../card/check-trade.ts';
import type { FoundIssue } from '../card/issues.ts';
import { cardSchema, type FeatureSpec, type IdeaCard } from '../card/schema.ts';
import { readerAt } from '../card/zod-issues.ts';
import { REFUSAL_TABLE_MAX } from '../limits.ts';
import { applyAxis } from './apply-axis.ts';
import type { Axis } from './axis.ts';
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

export interface RefusalRule {
  /** Axis numbers it reads, ascending. */
  readonly axes: readonly number[];
  refusal(digits: ArrayLike<number>): Refusal | undefined;
}

export function createRefusals(sweep: Sweep): RefusalRule[] {
  const values = sweep.axes.map((axis, n) => valueRule(axis, n));
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

// --- internal ---

interface ValueRule extends RefusalRule {
  readonly canRefuse: boolean;
}

/** Each value of an axis against the schema at its path, once. */
function valueRule(axis: Axis, n: number): ValueRule {
  const readers = axis.members.map((member) => readerAt(cardSchema, member.path));
  const refusals = axis.values.map((row) => {
    for (const [m, read] of readers.entries()) {
      const issue = read(row[m]).issues[0];
      if (issue) return asRefusal(issue);
    }
    return undefined;
  });
  return {
    axes: [n],
    canRefuse: refusals.some((refusal) => refusal !== undefined),
    refusal: (digits) => refusals[digits[n]!],
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

function asRefusal({ code, message }: FoundIssue): Refusal {
  return { code, message };
}
