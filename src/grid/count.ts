import { CONSTRAINT_PRODUCT_MAX } from '../limits.ts';

/** Counts the points of a product on which all tests hold, without enumerating what no test reads. */
export interface AxisTest {
  /** Axis numbers it reads, ascending. */
  readonly axes: readonly number[];
  test(digits: ArrayLike<number>): boolean;
}

/** Samples drawn where a component is too large to enumerate. */
const SAMPLES = 200_000;

/**
 * Tests that share axes form a component; components are independent, so their counts multiply. A
 * component of up to CONSTRAINT_PRODUCT_MAX combinations is counted exactly, a larger one estimated
 * from a fixed sequence of samples (the same grid always gives the same number).
 */
export function countTrue(
  tests: readonly AxisTest[],
  radices: readonly number[],
): { count: number; isEstimated: boolean } {
  const used = new Set<number>();
  let count = 1;
  let isEstimated = false;
  for (const members of componentsOf(tests)) {
    const axes = axesOf(members);
    axes.forEach((axis) => used.add(axis));
    const product = axes.reduce((total, axis) => total * radices[axis]!, 1);
    const isExact = product <= CONSTRAINT_PRODUCT_MAX;
    count *= isExact
      ? countExactly(members, axes, radices)
      : estimate(members, axes, radices) * product;
    isEstimated ||= !isExact;
  }
  radices.forEach((radix, axis) => {
    if (!used.has(axis)) count *= radix;
  });
  return { count: Math.round(count), isEstimated };
}

/** Groups of tests that share axes, directly or through others. Tests without axes stand alone. */
export function componentsOf<T extends { readonly axes: readonly number[] }>(
  tests: readonly T[],
): T[][] {
  let groups: { axes: Set<number>; members: T[] }[] = [];
  for (const test of tests) {
    const touching = groups.filter((group) => test.axes.some((axis) => group.axes.has(axis)));
    const merged = {
      axes: new Set([...touching.flatMap((group) => [...group.axes]), ...test.axes]),
      members: [...touching.flatMap((group) => group.members), test],
    };
    groups = [...groups.filter((group) => !touching.includes(group)), merged];
  }
  return groups.map((group) => group.members);
}

export function axesOf(tests: readonly { readonly axes: readonly number[] }[]): number[] {
  return [...new Set(tests.flatMap((test) => [...test.axes]))].toSorted((a, b) => a - b);
}

// --- internal ---

function digitsFor(axes: readonly number[]): number[] {
  return Array.from({ length: (axes.at(-1) ?? -1) + 1 }, () => 0);
}

function countExactly(
  members: readonly AxisTest[],
  axes: readonly number[],
  radices: readonly number[],
): number {
  const digits = digitsFor(axes);
  let count = 0;
  for (;;) {
    if (members.every((member) => member.test(digits))) count += 1;
    let n = axes.length - 1;
    while (n >= 0 && digits[axes[n]!] === radices[axes[n]!]! - 1) {
      digits[axes[n]!] = 0;
      n -= 1;
    }
    if (n < 0) return count;
    digits[axes[n]!]! += 1;
  }
}

/** Share of true combinations, from a linear congruential sequence with a fixed start. */
function estimate(
  members: readonly AxisTest[],
  axes: readonly number[],
  radices: readonly number[],
): number {
  const digits = digitsFor(axes);
  let state = 12_345;
  let hits = 0;
  for (let n = 0; n < SAMPLES; n += 1) {
    for (const axis of axes) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      digits[axis] = Math.floor((state / 2 ** 32) * radices[axis]!);
    }
    if (members.every((member) => member.test(digits))) hits += 1;
  }
  return hits / SAMPLES;
}
