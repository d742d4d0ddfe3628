import { assert } from '../assert.ts';
import type { IdeaCard } from '../card/schema.ts';
import { CONSTRAINT_PRODUCT_MAX, GRID_POINTS_MAX } from '../limits.ts';
import { SweepError } from '../errors.ts';
import type { Axis, AxisScalar } from './axis.ts';
import { compileConstraint, isConstraint, type Constraint } from './constraint.ts';
import { axesOf, componentsOf, countTrue } from './count.ts';
import { CardParts } from './card-parts.ts';
import { createRefusals, type Refusal, type RefusalRule, type RefusedValues } from './refusal.ts';
import { Region } from './region.ts';
import type { Sweep } from './spec.ts';

/**
 * The grid of a sweep, addressed by index: point i decodes to one digit per axis by mixed radix, the
 * last axis fastest. Nothing is enumerated, so 10⁹ points cost what 10 do; constraints are tabled over
 * their own axes on first use (region.ts).
 */
export class Grid {
  /** Points of the whole product, rejected and refused ones included. */
  readonly size: number;
  readonly axes: readonly Axis[];
  readonly refusedValues: RefusedValues;
  readonly #cards: CardParts;
  readonly #radices: readonly number[];
  readonly #constraints: readonly Constraint[];
  readonly #regions: readonly Region[];
  readonly #refusals: readonly RefusalRule[];
  /** Axis → value → its members as JSON, without braces; made when they are asked for. */
  readonly #texts: readonly string[][];
  #admitted: { count: number; isEstimated: boolean } | undefined;
  #refused: number | undefined;

  /** @throws SweepError GRID_TOO_LARGE when the product of the axes is no exact integer any more. */
  constructor(sweep: Sweep, refusedValues: RefusedValues) {
    this.#cards = new CardParts(sweep.card, sweep.axes);
    this.axes = sweep.axes;
    this.refusedValues = refusedValues;
    this.#radices = sweep.axes.map((axis) => axis.values.length);
    this.#texts = sweep.axes.map(() => []);
    this.size = this.#radices.reduce((product, radix) => product * radix, 1);
    if (this.size > GRID_POINTS_MAX) throw tooLarge(sweep.axes);
    this.#constraints = sweep.constraints.map((text) => {
      const constraint = compileConstraint(text, sweep.axes);
      assert(isConstraint(constraint), `constraint ${text} of a resolved sweep does not compile`);
      return constraint;
    });
    this.#regions = regionsOf(this.#constraints, this.#radices);
    this.#refusals = createRefusals(sweep, refusedValues);
  }

  /** Value index per axis. */
  indicesAt(pointIndex: number): number[] {
    assert(
      Number.isSafeInteger(pointIndex) && pointIndex >= 0 && pointIndex < this.size,
      `point ${pointIndex} is not in a grid of ${this.size}`,
    );
    const digits = this.#radices.slice();
    let rest = pointIndex;
    for (let n = digits.length - 1; n >= 0; n -= 1) {
      const radix = this.#radices[n]!;
      digits[n] = rest % radix;
      rest = Math.floor(rest / radix);
    }
    return digits;
  }

  /** The inverse of indicesAt. */
  indexOf(digits: readonly number[]): number {
    return digits.reduce((index, digit, n) => index * this.#radices[n]! + digit, 0);
  }

  /** Do the constraints let the point through? A refused point is admitted too. */
  admits(pointIndex: number): boolean {
    const digits = this.indicesAt(pointIndex);
    return this.#constraints.every((constraint) => constraint.test(digits));
  }

  /** Why the card cannot take the values of this point; undefined where it can. */
  refusal(pointIndex: number): Refusal | undefined {
    const digits = this.indicesAt(pointIndex);
    for (const rule of this.#refusals) {
      const refusal = rule.refusal(digits);
      if (refusal) return refusal;
    }
    return undefined;
  }

  /** Column → value: the point's params. */
  params(pointIndex: number): Record<string, AxisScalar> {
    const digits = this.indicesAt(pointIndex);
    const params: Record<string, AxisScalar> = {};
    this.axes.forEach((axis, n) => {
      const row = axis.values[digits[n]!]!;
      axis.members.forEach((member, m) => {
        params[member.column] = row[m]!;
      });
    });
    return params;
  }

  /** The point's params as JSON text, joined from the texts of its values: no object is made of them. */
  paramsJson(pointIndex: number): string {
    let text = '';
    let rest = pointIndex;
    for (let n = this.#radices.length - 1; n >= 0; n -= 1) {
      const radix = this.#radices[n]!;
      const members = this.#membersJson(n, rest % radix);
      text = text === '' ? members : `${members},${text}`;
      rest = Math.floor(rest / radix);
    }
    return `{${text}}`;
  }

  /** The card with the point's params applied; points share what no axis touches, and parts of few combinations. */
  cardAt(pointIndex: number): IdeaCard {
    return this.#cards.cardAt(this.indicesAt(pointIndex));
  }

  /** The smallest admitted index at or after `from`, or `size`. Rejected subtrees are skipped whole. */
  nextAdmitted(from: number): number {
    if (from >= this.size || !this.#constraints.every(isPossible)) return this.size;
    const digits = this.indicesAt(from);
    const last = digits.length - 1;
    let depth = 0;
    while (depth <= last) {
      if (this.#regions.every((region) => region.allows(digits, depth))) {
        depth += 1;
        continue;
      }
      depth = this.#advance(digits, depth);
      if (depth === -1) return this.size;
    }
    return this.indexOf(digits);
  }

  /** Points the constraints let through; estimated where counting would enumerate too many. */
  countAdmitted(): { count: number; isEstimated: boolean } {
    this.#admitted ??= countTrue(this.#constraints, this.#radices);
    return this.#admitted;
  }

  /** Admitted points that the card cannot take. */
  countRefused(): number {
    if (this.#refusals.length === 0) return 0;
    this.#refused ??= Math.max(0, this.countAdmitted().count - this.countRunnable().count);
    return this.#refused;
  }

  /** One of the refusals, by the first rule that has any; undefined where none is near. */
  firstRefusal(): Refusal | undefined {
    let index = this.nextAdmitted(0);
    for (let n = 0; n < FIRST_REFUSAL_PROBES && index < this.size; n += 1) {
      const refusal = this.refusal(index);
      if (refusal) return refusal;
      index = this.nextAdmitted(index + 1);
    }
    return undefined;
  }

  /** Points that are admitted and not refused. */
  countRunnable(): { count: number; isEstimated: boolean } {
    const runs = this.#refusals.map((rule) => ({
      axes: rule.axes,
      test: (digits: ArrayLike<number>) => rule.refusal(digits) === undefined,
    }));
    return countTrue([...this.#constraints, ...runs], this.#radices);
  }

  // --- internal ---

  #membersJson(n: number, digit: number): string {
    const texts = this.#texts[n]!;
    const known = texts[digit];
    if (known !== undefined) return known;
    const { members, values } = this.axes[n]!;
    const row = values[digit]!;
    const text = members
      .map(({ column }, m) => `${JSON.stringify(column)}:${JSON.stringify(row[m])}`)
      .join(',');
    if (values.length <= TEXTS_MAX) texts[digit] = text;
    return text;
  }

  /** The next digit at `depth` or above, digits below it 0; the depth changed, or −1 at the end. */
  #advance(digits: number[], depth: number): number {
    digits.fill(0, depth + 1);
    for (let n = depth; n >= 0; n -= 1) {
      digits[n]! += 1;
      if (digits[n]! < this.#radices[n]!) return n;
      digits[n] = 0;
    }
    return -1;
  }
}

// --- internal ---

/** Values of an axis whose texts are kept. */
const TEXTS_MAX = 10_000;

/** Points looked at for an example of a refusal. */
const FIRST_REFUSAL_PROBES = 20_000;

/** A constraint without any axis is true or false for all points. */
function isPossible(constraint: Constraint): boolean {
  return constraint.axes.length > 0 || constraint.test([]);
}

/** Constraints that share axes are tabled together, so that no walk ends in a dead end. */
function regionsOf(constraints: readonly Constraint[], radices: readonly number[]): Region[] {
  return componentsOf(constraints).flatMap((members) => {
    const joint = regionOf(members, radices);
    return joint.isTabled ? [joint] : members.map((member) => regionOf([member], radices));
  });
}

function regionOf(members: readonly Constraint[], radices: readonly number[]): Region {
  return new Region({
    axes: axesOf(members),
    radices,
    test: (digits) => members.every((member) => member.test(digits)),
    productMax: CONSTRAINT_PRODUCT_MAX,
  });
}

function tooLarge(axes: readonly Axis[]): SweepError {
  const longest = axes.toSorted((a, b) => b.values.length - a.values.length)[0];
  return new SweepError('GRID_TOO_LARGE', `The grid has more than ${GRID_POINTS_MAX} points.`, {
    hint: `shorten axis ${longest?.name ?? ''} (${longest?.values.length ?? 0} values)`,
  });
}
