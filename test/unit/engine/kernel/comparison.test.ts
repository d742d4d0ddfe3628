import { describe, expect, test } from 'vitest';
import { compileKernel } from '../../../../scripts/build-kernel.ts';
import { bitBytes } from '../../../../src/engine/kernel/bit-cache.ts';
import { Comparison } from '../../../../src/engine/kernel/comparison.ts';
import { KernelMemory } from '../../../../src/engine/kernel/kernel-memory.ts';
import { KERNEL_WASM } from '../../../../src/engine/kernel/kernel-wasm.ts';
import { Dice } from '../../../support/random-backtests.ts';

/** Columns that tie in float32 and not in float64, that tie in both, and that have no value. */
function column(dice: Dice, rows: number): Float64Array {
  const scale = dice.pick([1e-30, 1, 30_000, 1e30, 1e300]);
  const tiny = dice.pick([0, 1e-9, 1e-3]);
  const gaps = dice.pick([0, 0.05]);
  return Float64Array.from({ length: rows }, () =>
    dice.chance(gaps) ? Number.NaN : scale * (1 + tiny * dice.below(4)),
  );
}

function bitsOf(memory: KernelMemory, at: number, rows: number): number[] {
  const words = memory.int32(at, bitBytes(rows) / 4);
  return Array.from({ length: rows }, (_, i) => ((words[i >>> 5] as number) >>> (i & 31)) & 1);
}

describe('the comparison of columns', () => {
  test('equals the plain one where columns differ by less than float32 sees', () => {
    const seen = { whole: 0, ties: 0 };
    for (let seed = 1; seed <= 400; seed++) {
      const dice = new Dice(seed);
      const rows = 1 + dice.below(300);
      const a = column(dice, rows);
      const b = dice.chance(0.2)
        ? dice.pick([0, 1, Number.NaN, 30_000.000_01])
        : column(dice, rows);
      const valueAt = (i: number): number => (typeof b === 'number' ? b : (b[i] as number));
      const memory = new KernelMemory();
      const comparison = new Comparison(memory, 300, 20_000);
      const pair = comparison.compare(a, b, { rows, output: 0 });
      const above = Array.from(a, (x, i) => Number(x > valueAt(i)));
      const notBelow = Array.from(a, (x, i) => Number(x >= valueAt(i)));
      const holes = Array.from(a, (x, i) => Number.isNaN(x) || Number.isNaN(valueAt(i)));
      expect({
        seed,
        above: bitsOf(memory, pair.above, rows),
        notBelow: bitsOf(memory, pair.notBelow, rows),
        isWhole: holes.slice(pair.whole).every((isHole) => !isHole),
      }).toEqual({ seed, above, notBelow, isWhole: true });
      seen.whole += Number(pair.whole === 0);
      seen.ties += above.filter((bit, i) => bit !== notBelow[i]).length;
    }
    expect(seen.whole).toBeGreaterThan(50);
    expect(seen.ties).toBeGreaterThan(1000);
  });

  test('keeps the first of two outputs while the second is written', () => {
    const memory = new KernelMemory();
    const comparison = new Comparison(memory, 64, 0);
    const a = Float64Array.from({ length: 64 }, (_, i) => i);
    const first = comparison.compare(a, 31.5, { rows: 64, output: 0 });
    comparison.compare(31.5, a, { rows: 64, output: 1 });
    expect(bitsOf(memory, first.above, 64)).toEqual(Array.from(a, (x) => Number(x > 31.5)));
  });
});

test('the compiled kernel is that of its source', () => {
  expect(compileKernel()).toBe(KERNEL_WASM);
});
