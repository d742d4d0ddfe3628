import { describe, expect, test } from 'vitest';
import { KernelMemory } from '../../../../src/engine/kernel/kernel-memory.ts';
import { PIECE_ROWS, ScaleSource, onScale } from '../../../../src/engine/kernel/scales.ts';

const ROWS = 1_000;

/** A wave of `height` around `middle`. */
function wave(middle: number, height: number): Float64Array {
  return Float64Array.from({ length: ROWS }, (_, i) => middle + height * Math.sin(i / 40));
}

function sourceOf(): ScaleSource {
  const memory = new KernelMemory();
  return new ScaleSource(memory, ROWS, memory.allocate(8 * PIECE_ROWS));
}

describe('scales', () => {
  test('columns of about the same range share one, whatever they are compared with', () => {
    const source = sourceOf();
    const fast = wave(30_000, 200);
    const prices = source.of(fast, wave(30_010, 150), ROWS);
    expect(source.of(wave(30_050, 90), 31_000, ROWS)).toBe(prices);
    expect(source.of(fast, 5, ROWS)).toBe(prices);
    const strength = source.of(wave(50, 30), 70, ROWS);
    expect(strength).not.toBe(prices);
    expect(source.of(wave(45, 20), 70, ROWS)).toBe(strength);
  });

  test('columns of other rows are on another scale', () => {
    const source = sourceOf();
    const column = wave(100, 5);
    const all = source.of(column, 1, ROWS);
    const some = source.of(column, 1, ROWS / 4);
    expect(some).not.toBe(all);
    expect(some.rows).toBe(ROWS / 4);
  });

  test('a column gets a scale of its own once, and goes back where that is no better', () => {
    const source = sourceOf();
    const shared = source.of(wave(100, 5), 1, ROWS);
    const column = wave(101, 6);
    expect(source.of(column, 1, ROWS)).toBe(shared);
    const own = source.betterFor(column, 1, ROWS);
    expect(own).toBeDefined();
    expect(source.of(column, 1, ROWS)).toBe(own);
    expect(source.betterFor(column, 1, ROWS)).toBeUndefined();
    source.keep(column, shared);
    expect(source.of(column, 1, ROWS)).toBe(shared);
  });

  test('an operand on a scale is one object, on another one another', () => {
    const source = sourceOf();
    const column = wave(100, 5);
    const here = source.of(column, 1, ROWS);
    const there = source.of(wave(1, 0.1), 1, ROWS);
    expect(onScale(here, column)).toBe(onScale(here, column));
    expect(onScale(here, 30)).toBe(onScale(here, 30));
    expect(onScale(here, 30)).not.toBe(onScale(there, 30));
  });

  test('there are no more scales than memory is meant for, and any does for the rest', () => {
    const source = sourceOf();
    const scales = new Set<unknown>();
    for (let n = 0; n < 80; n++) scales.add(source.of(wave(10 ** n, 10 ** (n - 2)), 1, ROWS));
    expect(scales.size).toBe(64);
  });
});
