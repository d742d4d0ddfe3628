import type { IdeaCard } from '../card/schema.ts';
import { memberValue } from './apply-axis.ts';
import type { Axis } from './axis.ts';
import type { CardPath } from './path.ts';

/**
 * Cards of a grid made part by part: a part that no axis reaches is the base card's own, and one whose
 * axes have few combinations is made once for each, so that neighbours share objects and who reads
 * them knows them again. Equal to `applyAxis` of one axis after the other, which the tests compare
 * it with.
 */
export class CardParts {
  readonly #root: Part;

  constructor(card: IdeaCard, axes: readonly Axis[]) {
    this.#root = new Part(card, axes);
    for (const [n, { members, values }] of axes.entries()) {
      for (const [m, { path }] of members.entries()) {
        this.#root.put(
          path,
          n,
          values.map((row) => memberValue(path, row[m]!)),
        );
      }
    }
  }

  /** The card with the values that these digits, one for each axis, stand for. */
  cardAt(digits: readonly number[]): IdeaCard {
    return this.#root.at(digits) as IdeaCard;
  }
}

// --- internal ---

/** Combinations of a part's axes that are remembered. */
const TABLE_MAX = 1_024;

/** What stands at a path of some axis; the values of the axis at its end, one for each digit. */
interface Leaf {
  readonly axis: number;
  readonly values: readonly unknown[];
}

/** An object or a list of the card that axes reach into. */
class Part {
  readonly #base: unknown;
  readonly #axes: readonly Axis[];
  readonly #parts = new Map<string | number, Part>();
  readonly #leaves = new Map<string | number, Leaf>();
  /** Axes that reach into it. */
  readonly #reach: number[] = [];
  #combinations = 1;
  #table: unknown[] = [];

  constructor(base: unknown, axes: readonly Axis[]) {
    this.#base = base;
    this.#axes = axes;
  }

  /** Of two axes with one path the later one counts, as it is applied later. */
  put(path: CardPath, axis: number, values: readonly unknown[]): void {
    if (!this.#reach.includes(axis)) {
      this.#reach.push(axis);
      this.#combinations *= this.#axes[axis]!.values.length;
    }
    const [key, ...rest] = path;
    if (key === undefined) return;
    if (rest.length === 0) {
      this.#parts.delete(key);
      this.#leaves.set(key, { axis, values });
      return;
    }
    let part = this.#parts.get(key);
    if (part === undefined) {
      const record = this.#base as Readonly<Record<string | number, unknown>> | undefined;
      this.#parts.set(key, (part = new Part(record?.[key], this.#axes)));
    }
    part.put(rest, axis, values);
  }

  at(digits: readonly number[]): unknown {
    if (this.#combinations > TABLE_MAX) return this.#make(digits);
    let index = 0;
    for (const axis of this.#reach) index = index * this.#axes[axis]!.values.length + digits[axis]!;
    return (this.#table[index] ??= this.#make(digits));
  }

  #make(digits: readonly number[]): unknown {
    const copy = (
      Array.isArray(this.#base) ? this.#base.slice() : { ...(this.#base as object) }
    ) as Record<string | number, unknown>;
    for (const [key, { axis, values }] of this.#leaves) copy[key] = values[digits[axis]!];
    for (const [key, part] of this.#parts) copy[key] = part.at(digits);
    return copy;
  }
}
