import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  compareColumns,
  compareLiteral,
  crossBits,
  wordsOf,
  type Bits,
} from '../../../../src/engine/kernel/bits.ts';
import { LANES_WASM } from '../../../../src/engine/kernel/lanes-wasm.ts';
import { Lanes } from '../../../../src/engine/kernel/lanes.ts';
import { Dice } from '../../../support/random-backtests.ts';

/** Columns that tie in float32 and not in float64, that tie in both, and that have no value. */
function column(dice: Dice, rows: number): Float64Array {
  const scale = dice.pick([1e-30, 1, 30_000, 1e30]);
  const tiny = dice.pick([0, 1e-9, 1e-3]);
  return Float64Array.from({ length: rows }, () =>
    dice.chance(0.05) ? Number.NaN : scale * (1 + tiny * dice.below(4)),
  );
}

function bitsOf(bits: Bits, rows: number): number[] {
  return Array.from({ length: rows }, (_, i) => ((bits[i >>> 5] as number) >>> (i & 31)) & 1);
}

describe('the lanes', () => {
  test('equal the plain comparison on columns that differ by less than float32 sees', () => {
    const lanes = new Lanes(20_000);
    for (let seed = 1; seed <= 400; seed++) {
      const dice = new Dice(seed);
      const rows = 1 + dice.below(300);
      const a = column(dice, rows);
      const b = dice.chance(0.2)
        ? dice.pick([0, 1, Number.NaN, 30_000.000_01])
        : column(dice, rows);
      const words = wordsOf(rows);
      const plain = {
        gt: new Int32Array(words),
        lt: new Int32Array(words),
        eq: new Int32Array(words),
      };
      if (typeof b === 'number') compareLiteral(a, b, rows, plain);
      else compareColumns(a, b, rows, plain);
      const up = new Int32Array(words);
      const down = new Int32Array(words);
      crossBits(plain.gt, { before: plain.lt, equal: plain.eq, out: up }, 1);
      crossBits(plain.lt, { before: plain.gt, equal: plain.eq, out: down }, 1);
      const pair = lanes.compare(a, b, { rows, firstWord: 0 });
      expect({
        seed,
        gt: bitsOf(pair.gt, rows),
        lt: bitsOf(pair.lt, rows),
        eq: bitsOf(pair.eq, rows),
        up: bitsOf(pair.crossUp, rows),
        down: bitsOf(pair.crossDown, rows),
      }).toEqual({
        seed,
        gt: bitsOf(plain.gt, rows),
        lt: bitsOf(plain.lt, rows),
        eq: bitsOf(plain.eq, rows),
        up: bitsOf(up, rows),
        down: bitsOf(down, rows),
      });
    }
  });

  test('are the assembled form of lanes.wat', async (context) => {
    const url = new URL('../../../../src/engine/kernel/lanes.wat', import.meta.url);
    const name = 'wabt';
    const wabt = await import(name).then(
      (found: { default: () => Promise<Wabt> }) => found.default(),
      () => undefined,
    );
    context.skip(wabt === undefined, 'wabt is not installed');
    const module = (wabt as Wabt).parseWat('lanes.wat', readFileSync(url, 'utf8'), { simd: true });
    const { buffer } = module.toBinary({});
    expect(Buffer.from(buffer).toString('base64')).toBe(LANES_WASM);
  });
});

interface Wabt {
  parseWat(
    name: string,
    text: string,
    features: { simd: boolean },
  ): { toBinary(options: object): { buffer: Uint8Array } };
}
