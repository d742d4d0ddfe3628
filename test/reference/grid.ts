import { applyPath } from '../../src/grid/path.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import type { AxisScalar } from '../../src/grid/axis.ts';
import type { IdeaCard } from '../../src/card/schema.ts';

/** The slow twin of Grid: every point of the product, written out. */
export interface EnumeratedPoint {
  readonly indices: readonly number[];
  readonly params: Record<string, AxisScalar>;
  readonly card: IdeaCard;
}

export function enumerateGrid(sweep: Sweep): EnumeratedPoint[] {
  let points: EnumeratedPoint[] = [{ indices: [], params: {}, card: sweep.card }];
  for (const axis of sweep.axes) {
    points = points.flatMap((point) =>
      axis.values.map((row, digit) => {
        const params = { ...point.params };
        let { card } = point;
        axis.members.forEach((member, m) => {
          params[member.column] = row[m]!;
          card = applyPath(card, member.path, row[m]);
        });
        return { indices: [...point.indices, digit], params, card };
      }),
    );
  }
  return points;
}
