import { cardSchema } from '../card/schema.ts';
import { readerAt } from '../card/zod-issues.ts';
import { asRefusal, type RefusedValues } from './refusal.ts';
import type { Sweep } from './spec.ts';

/** Each value of each axis against the schema at its path. */
export function findRefusedValues({ axes }: Pick<Sweep, 'axes'>): RefusedValues {
  return axes.map(({ members, values }) => {
    const readers = members.map((member) => readerAt(cardSchema, member.path));
    return values.flatMap((row, digit) => {
      for (const [m, read] of readers.entries()) {
        const issue = read(row[m]).issues[0];
        if (issue) return [[digit, asRefusal(issue)] as const];
      }
      return [];
    });
  });
}
