import { checkSpec } from '../card/check.ts';
import type { FoundIssue } from '../card/issues.ts';
import type { FeatureSpec } from '../card/schema.ts';
import type { Axis } from './axis.ts';
import { applyPath, valueAt } from './path.ts';
import type { Sweep } from './spec.ts';

/** Why a point cannot exist: the first issue of the card with its params applied. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** One part of the card, and the axes that reach into it. */
export interface RefusalRule {
  readonly axes: readonly number[];
  refusal(digits: ArrayLike<number>): Refusal | undefined;
}

/**
 * A rule per feature spec that axes reach into: each value and each combination within one spec is
 * checked once and remembered, so that 10⁹ points cost what their axes do.
 */
export function createRefusals(sweep: Sweep): RefusalRule[] {
  const bySpec = new Map<string, { path: readonly (string | number)[]; axes: Set<number> }>();
  sweep.axes.forEach((axis, n) => {
    for (const { path } of axis.members) {
      if (path[2] !== 'feature_specs') continue;
      const specPath = path.slice(0, 4);
      const key = specPath.join('/');
      const entry = bySpec.get(key) ?? { path: specPath, axes: new Set() };
      entry.axes.add(n);
      bySpec.set(key, entry);
    }
  });
  return [...bySpec.values()].map(({ path, axes }) =>
    specRule(
      sweep,
      path,
      [...axes].toSorted((a, b) => a - b),
    ),
  );
}

// --- internal ---

function specRule(
  sweep: Sweep,
  path: readonly (string | number)[],
  axes: readonly number[],
): RefusalRule {
  const known = new Map<number, Refusal | undefined>();
  return {
    axes,
    refusal: (digits) => {
      let key = 0;
      for (const axis of axes) key = key * sweep.axes[axis]!.values.length + digits[axis]!;
      if (!known.has(key)) known.set(key, firstIssue(specAt(sweep, path, axes, digits), path));
      return known.get(key);
    },
  };
}

function specAt(
  sweep: Sweep,
  path: readonly (string | number)[],
  axes: readonly number[],
  digits: ArrayLike<number>,
): FeatureSpec {
  let card = sweep.card;
  for (const n of axes) {
    const axis: Axis = sweep.axes[n]!;
    axis.members.forEach((member, m) => {
      card = applyPath(card, member.path, axis.values[digits[n]!]![m]);
    });
  }
  return valueAt(card, path) as FeatureSpec;
}

function firstIssue(spec: FeatureSpec, path: readonly (string | number)[]): Refusal | undefined {
  const issue: FoundIssue | undefined = checkSpec(spec, path)[0];
  return issue && { code: issue.code, message: issue.message };
}
