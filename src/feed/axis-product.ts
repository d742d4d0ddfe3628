import type { IdeaCard } from '../card/schema.ts';
import { SweepError } from '../errors.ts';
import { applyAxis } from '../grid/apply-axis.ts';
import type { Axis } from '../grid/axis.ts';
import type { Sweep } from '../grid/sweep.ts';
import { FEED_COMBINATIONS_MAX } from '../limits.ts';

/** Picks the axes that matter for one part of the card, by the concrete path of a member and its values. */
export type AxisFilter = (path: readonly (string | number)[], axis: Axis) => boolean;

/** Axes with at least one member that the filter picks; linked members move together. */
export function axesTouching(sweep: Sweep, filter: AxisFilter): readonly Axis[] {
  return sweep.axes.filter((axis) => axis.members.some((member) => filter(member.path, axis)));
}

/** Filter: the member's path begins with `prefix`. */
export function under(...prefix: (string | number)[]): AxisFilter {
  return (path) => prefix.every((key, index) => path[index] === key);
}

/**
 * The base card with every combination of the values of `axes`, all other parts as in the base
 * card. So a 100 × 100 grid over two specs costs 100 + 100 cards, not 10,000.
 * @throws SweepError GRID_TOO_LARGE naming the longest axis.
 */
export function* cardsOver(sweep: Sweep, axes: readonly Axis[]): Generator<IdeaCard> {
  const count = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (count > FEED_COMBINATIONS_MAX) {
    throw tooLarge(axes, `${count} combinations of indicator parameters`);
  }
  for (let ordinal = 0; ordinal < count; ordinal++) yield cardAt(sweep, axes, ordinal);
}

/** GRID_TOO_LARGE that blames the axis with the most values. */
export function tooLarge(axes: readonly Axis[], what: string): SweepError {
  const blamed = axes.toSorted((a, b) => b.values.length - a.values.length)[0];
  const blame = blamed ? `: axis ${blamed.name} has ${blamed.values.length} values` : '';
  return new SweepError('GRID_TOO_LARGE', `the feeds of this grid would hold ${what}${blame}`, {
    hint: 'Take fewer values on that axis, a shorter window, or run the sweep in parts.',
    facts: blamed ? { axis: blamed.name } : {},
  });
}

// --- internal ---

function cardAt(sweep: Sweep, axes: readonly Axis[], ordinal: number): IdeaCard {
  let card = sweep.card;
  let rest = ordinal;
  for (let a = axes.length - 1; a >= 0; a--) {
    const axis = axes[a] as Axis;
    card = applyAxis(card, axis, rest % axis.values.length);
    rest = Math.floor(rest / axis.values.length);
  }
  return card;
}
