/**
 * A truth over some axes of a grid, tabled once over the product of these axes alone, with one further
 * table per leading part of them ("can any continuation still be true?"). So a walk in index order
 * never enters a subtree that holds nothing. Cost: a bit per combination, and as much again in all for
 * the prefixes. Above `productMax` nothing is tabled; the test runs when the last axis is set.
 */
export class Region {
  /** Axis numbers, ascending. */
  readonly axes: readonly number[];
  readonly product: number;
  readonly isTabled: boolean;
  readonly #radices: readonly number[];
  readonly #test: (digits: ArrayLike<number>) => boolean;
  /** levels[k]: one bit per combination of the first k + 1 axes. */
  #levels: Uint8Array[] | undefined;

  constructor(options: {
    axes: readonly number[];
    /** Values per axis of the whole grid. */
    radices: readonly number[];
    /** Reads grid digits; only those of `axes`. */
    test: (digits: ArrayLike<number>) => boolean;
    productMax: number;
  }) {
    this.axes = options.axes;
    this.#radices = this.axes.map((axis) => options.radices[axis] ?? 1);
    this.product = this.#radices.reduce((product, radix) => product * radix, 1);
    this.isTabled = this.product <= options.productMax;
    this.#test = options.test;
  }

  /** Can the digits of the axes up to `depth` still lead to a true combination? */
  allows(digits: ArrayLike<number>, depth: number): boolean {
    const level = this.axes.lastIndexOf(depth);
    if (level === -1) return true;
    if (!this.isTabled) return level < this.axes.length - 1 || this.#test(digits);
    this.#levels ??= this.#table();
    let index = 0;
    for (let n = 0; n <= level; n += 1) {
      index = index * this.#radices[n]! + digits[this.axes[n]!]!;
    }
    return (this.#levels[level]![index >> 3]! & (1 << (index & 7))) !== 0;
  }

  admits(digits: ArrayLike<number>): boolean {
    return this.#test(digits);
  }

  // --- internal ---

  #table(): Uint8Array[] {
    const count = this.#radices.length;
    const levels = this.#radices.map((_, level) => {
      const size = this.#radices.slice(0, level + 1).reduce((product, radix) => product * radix, 1);
      return new Uint8Array((size + 7) >> 3);
    });
    const digits: number[] = Array.from({ length: (this.axes.at(-1) ?? 0) + 1 }, () => 0);
    for (let index = 0; index < this.product; index += 1) {
      let rest = index;
      for (let n = count - 1; n >= 0; n -= 1) {
        const radix = this.#radices[n]!;
        digits[this.axes[n]!] = rest % radix;
        rest = Math.floor(rest / radix);
      }
      if (this.#test(digits)) setPrefixBits(levels, this.#radices, index);
    }
    return levels;
  }
}

function setPrefixBits(
  levels: readonly Uint8Array[],
  radices: readonly number[],
  index: number,
): void {
  let prefix = index;
  for (let level = levels.length - 1; level >= 0; level -= 1) {
    levels[level]![prefix >> 3]! |= 1 << (prefix & 7);
    prefix = Math.floor(prefix / radices[level]!);
  }
}
