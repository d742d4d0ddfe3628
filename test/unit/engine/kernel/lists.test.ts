import { describe, expect, test } from 'vitest';
import { KernelMemory } from '../../../../src/engine/kernel/kernel-memory.ts';
import { Dice } from '../../../support/random-backtests.ts';

/** A bar: low, high, close, open. */
type Bar = readonly [number, number, number, number];

const START = 3;
const POSITIONS_MAX = 400;
/** Place of the exit in what is listed of a position. */
const EXIT = 3;

/** A walk whose prices `round` makes what they are. */
function walk(dice: Dice, count: number, round: (price: number) => number): Bar[] {
  let price = 30_000;
  return Array.from({ length: count }, () => {
    const open = price;
    price *= 1 + dice.between(-0.01, 0.01);
    const high = Math.max(open, price) * (1 + dice.between(0, 0.01));
    const low = Math.min(open, price) * (1 - dice.between(0, 0.01));
    return [round(low), round(high), round(price), round(open)] as const;
  });
}

function bitset(memory: KernelMemory, rows: number, bars: readonly number[]): number {
  const words = Math.ceil(rows / 128) * 4;
  const at = memory.allocate(4 * words);
  const bits = memory.int32(at, words);
  for (const bar of bars) bits[bar >>> 5]! |= 1 << (bar & 31);
  return at;
}

/** Signals in turn, an exit without a position first or not; a position opens and closes on the bars after them. */
function signals(dice: Dice, rows: number): { enter: number[]; exit: number[] } {
  const found = { enter: [] as number[], exit: [] as number[] };
  const longest = dice.pick([3, 30, 300, 3_000, 6_000]);
  let bar = START + dice.below(20);
  for (let n = dice.below(2); bar < rows - 1; n++) {
    found[n % 2 === 0 ? 'enter' : 'exit'].push(bar);
    bar += 1 + dice.below(longest);
  }
  return found;
}

/** The list's positions: bars, open, exit, low, −high, lowest close, −highest close. */
function listed(memory: KernelMemory, list: number): number[][] {
  const count = memory.int32(list, 1)[0]!;
  return Array.from({ length: count }, (_, n) => {
    // As in assembly/items.ts, behind a header.
    const item = list + 64 + 64 * n;
    const [low, high, least, most, open, exit] = memory.float64(item, 6);
    const [opens, closes] = memory.int32(item + 48, 2);
    return [opens!, closes!, open!, exit!, low!, high!, least!, most!];
  });
}

function expected(bars: readonly Bar[], opens: number, closes: number): number[] {
  const held = bars.slice(opens, closes);
  const least = (of: (bar: Bar) => number): number =>
    held.reduce((a, b) => Math.min(a, of(b)), Infinity);
  return [
    opens,
    closes,
    bars[opens]![3],
    bars[closes]?.[3] ?? Number.NaN,
    least(([low]) => low),
    least(([, high]) => -high),
    least(([, , close]) => close),
    least(([, , close]) => -close),
  ];
}

function measured(bars: readonly Bar[], dice: Dice): number[][] {
  const memory = new KernelMemory();
  const { code } = memory;
  const end = bars.length;
  const at = memory.allocate(code.marketBytes(end));
  for (const [n, [low, high, close, open]] of bars.entries()) {
    memory.float64(at + 32 * n, 4).set([low, -high, close, open]);
  }
  code.openMarket(at, START, end);
  code.openLists(memory.allocate(code.searchBytes(end, POSITIONS_MAX)), end, POSITIONS_MAX);
  const { enter, exit } = signals(dice, end);
  const list = memory.allocate(code.listBytes(POSITIONS_MAX));
  const bits = [bitset(memory, end, enter), bitset(memory, end, exit)] as const;
  const isLong = dice.chance(0.5);
  const make = (isInTurn: boolean): number[][] => {
    if (isLong) code.makeList(list, bits[0], 0, bits[1], 0, isInTurn);
    else code.makeList(list, 0, bits[0], 0, bits[1], isInTurn);
    return listed(memory, list);
  };
  const found = make(false);
  expect(make(true)).toEqual(found);
  return found;
}

describe('the positions of a list', () => {
  test('have the extremes of their bars', () => {
    const seen = { positions: 0, longest: 0 };
    for (let seed = 1; seed <= 100; seed++) {
      const dice = new Dice(seed);
      // Whole prices tie.
      const round = dice.chance(0.5) ? Math.round : (price: number): number => price;
      const bars = walk(dice, 10 + dice.below(dice.pick([100, 1_000, 12_000, 12_000])), round);
      for (const row of measured(bars, dice)) {
        const [opens, closes] = row as [number, number];
        // What is not filled before the data ends has neither prices nor extremes.
        if (opens >= bars.length) continue;
        seen.positions += 1;
        seen.longest = Math.max(seen.longest, closes - opens);
        // The exit of what is open then is no bar's open.
        if (closes === bars.length) row[EXIT] = Number.NaN;
        expect(row).toEqual(expected(bars, opens, closes));
      }
    }
    // Longer than two spans of the last level.
    expect(seen.longest).toBeGreaterThan(2_200);
    expect(seen.positions).toBeGreaterThan(2_000);
  });
});
