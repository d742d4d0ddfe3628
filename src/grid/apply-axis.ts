import type { IdeaCard } from '../card/schema.ts';
import type { Axis, AxisScalar } from './axis.ts';
import { applyPath } from './path.ts';

/** The card with one value of an axis applied. */
export function applyAxis(card: IdeaCard, axis: Axis, valueIndex: number): IdeaCard {
  const row = axis.values[valueIndex]!;
  return axis.members.reduce(
    (current, member, m) => applyPath(current, member.path, memberValue(member.path, row[m]!)),
    card,
  );
}

/** What stands in the card: `symbol_universe` is a list, an axis over it holds single symbols. */
export function memberValue(path: readonly (string | number)[], value: AxisScalar): unknown {
  return path.length === 1 && path[0] === 'symbol_universe' ? [value] : value;
}
