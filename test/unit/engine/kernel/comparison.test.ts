import { describe, expect, test } from 'vitest';
import { compileModule } from '../../../../scripts/build-wasm.ts';
import { bitBytes } from '../../../../src/engine/kernel/bit-cache.ts';
import { Comparison } from '../../../../src/engine/kernel/comparison.ts';
import { KernelMemory } from '../../../../src/engine/kernel/kernel-memory.ts';
import { KERNEL_WASM } from '../../../../src/engine/kernel/kernel-wasm.ts';
import { Dice } from '../../../support/random-backtests.ts';

/** Numbers that differ by less than a step of 16 bits or of float32, or not at all. */
function nearColumn(dice: Dice, rows: number): Float64Array {
  const scale = dice.pick([1e-30, 1, 30_000, 1e30, 1e300]);
  const tiny = dice.pick([0, 1e-9, 1e-3]);
  return Float64Array.from({ length: rows }, () => scale * (1 + tiny * dice.below(4)));
}

/** A walk with spells in which it rests, jumps beyond any scale, and infinite values. */
function walkColumn(dice: Dice, rows: number): Float64Array {
  const length = dice.pick([1e-3, 1, 100]);
  const rest = dice.pick([0, 0.5, 1]);
  const jump = dice.pick([0, 0.01]);
  let value = dice.pick([0, 20, 30_000]);
  return Float64Array.from({ length: rows }, () => {
    if (!dice.chance(rest)) value += length * (dice.below(3) - 1);
    return dice.chance(jump) ? dice.pick([1e6, -1e6, 1e308, -1e308, Infinity, -Infinity]) : value;
  });
}

/** Without a value in the beginning, here and there, or nowhere. */
function column(dice: Dice, rows: number): Float64Array {
  const values = dice.chance(0.5) ? nearColumn(dice, rows) : walkColumn(dice, rows);
  const gaps = dice.pick([0, 0, 0.05]);
  const begins = dice.pick([0, 0, dice.below(rows)]);
  return values.map((value, i) => (i < begins || dice.chance(gaps) ? Number.NaN : value));
}

function bitsOf(memory: KernelMemory, at: number, rows: number): number[] {
  const words = memory.int32(at, bitBytes(rows) / 4);
  return Array.from({ length: rows }, (_, i) => ((words[i >>> 5] as number) >>> (i & 31)) & 1);
}

describe('the comparison of columns', () => {
  test('equals the plain one where steps are equal, scales do not suit and values are missing', () => {
    const seen = { whole: 0, ties: 0 };
    for (let seed = 1; seed <= 300; seed++) {
      const dice = new Dice(seed);
      const rows = 1 + dice.below(600);
      const memory = new KernelMemory();
      const comparison = new Comparison(memory, 600, dice.pick([0, 20_000]));
      const columns = [1, 2, 3, 4].map(() => column(dice, rows));
      for (let n = 0; n < 6; n++) {
        const a = dice.pick(columns);
        const b = dice.chance(0.2) ? dice.pick([0, 1, 30_000.000_01]) : dice.pick(columns);
        const from = dice.pick([0, dice.below(rows)]);
        const isTurned = dice.chance(0.3);
        const valueAt = (i: number): number => (typeof b === 'number' ? b : (b[i] as number));
        const sign = isTurned ? -1 : 1;
        const pair = comparison.compare(a, b, { rows, from, isTurned });
        const above = Array.from(a, (x, i) => Number(sign * x > sign * valueAt(i)));
        const notBelow = Array.from(a, (x, i) => Number(sign * x >= sign * valueAt(i)));
        const holes = Array.from(a, (x, i) => Number.isNaN(x) || Number.isNaN(valueAt(i)));
        expect({
          seed,
          above: bitsOf(memory, pair.above, rows).slice(from),
          notBelow: bitsOf(memory, pair.notBelow, rows).slice(from),
          isWhole: holes.slice(pair.whole).every((isHole) => !isHole),
        }).toEqual({
          seed,
          above: above.slice(from),
          notBelow: notBelow.slice(from),
          isWhole: true,
        });
        seen.whole += Number(pair.whole === 0);
        seen.ties += above.filter((bit, i) => bit !== notBelow[i]).length;
      }
    }
    expect(seen.whole).toBeGreaterThan(500);
    expect(seen.ties).toBeGreaterThan(10_000);
  });

  test('keeps the first of two outputs while the second is written', () => {
    const memory = new KernelMemory();
    const comparison = new Comparison(memory, 64, 0);
    const a = Float64Array.from({ length: 64 }, (_, i) => i);
    const first = comparison.compare(a, 31.5, { rows: 64, from: 0, isTurned: false });
    comparison.compare(a, 31.5, { rows: 64, from: 0, isTurned: true });
    expect(bitsOf(memory, first.above, 64)).toEqual(Array.from(a, (x) => Number(x > 31.5)));
  });
});

test('the compiled kernel is that of its source', () => {
  expect(compileModule('KERNEL_WASM')).toBe(KERNEL_WASM);
});
