import { expect, test } from 'vitest';
import type { IdeaCard } from '../../../../src/card/schema.ts';
import { bitBytes } from '../../../../src/engine/kernel/bit-cache.ts';
import { KernelMemory } from '../../../../src/engine/kernel/kernel-memory.ts';
import { SignalSource } from '../../../../src/engine/kernel/signal-bits.ts';
import { feedsFromArrays } from '../../../support/backtests.ts';
import { cardText, parsed } from '../../../support/card-texts.ts';
import { Dice } from '../../../support/random-backtests.ts';

const START = 70;

/** In on the cross of `fast` and `slow` one way, out on that with `exitOn` the other way, `back` bars apart. */
function cardOf({ exitOn = 'slow', back = 1, isTurned = false } = {}): IdeaCard {
  const cross = (operator: string, value: string, rest = ''): string =>
    `{ indicator_key: fast, operator: ${operator}, value: ${value}, is_indicator_comparison: true${rest} }`;
  const [into, out] = isTurned ? ['cross_below', 'cross_above'] : ['cross_above', 'cross_below'];
  const reach = `, prev_offset: ${back}`;
  const text = cardText({
    '        - { indicator_key: rsi, operator: lt, value: 70 }\n': '',
    '        - { indicator_key: macd_histogram, operator: gt, value: 0 }\n': '',
    [cross('cross_above', 'slow')]: cross(into, 'slow', reach),
    [cross('cross_below', 'slow')]: cross(out, exitOn, reach),
  });
  return parsed(text).card;
}

/** Steps to and fro, of whole numbers or any. */
function column(dice: Dice, rows: number, isWhole: boolean): number[] {
  let value = 100;
  return Array.from({ length: rows }, () => {
    value += dice.between(-2, 2) + (100 - value) * 0.05;
    return isWhole ? Math.round(value) : value;
  });
}

function signalsOf(card: IdeaCard, columns: Readonly<Record<string, number[]>>) {
  const rows = columns['fast']!.length;
  const flat = Array.from({ length: rows }, () => 1);
  const tsOpen = flat.map((_, bar) => Date.UTC(2024, 0, 1) + bar * 900_000);
  const prices = { tsOpen, open: flat, high: flat, low: flat, close: flat };
  const feeds = feedsFromArrays({
    exec: { timeframe: '15m', ...prices, indicators: columns },
    windowStartBar: START,
  });
  const memory = new KernelMemory();
  const budget = { bitBytesMax: 2 ** 20, columnBytesMax: 2 ** 20 };
  const signals = new SignalSource(memory, feeds, budget).of(card, feeds);
  const bars = (at: number): number[] => {
    const words = memory.int32(at, bitBytes(rows) / 4);
    const isSet = (bar: number): boolean => ((words[bar >>> 5]! >>> (bar & 31)) & 1) === 1;
    return flat.map((_, bar) => bar).filter((bar) => bar >= START && isSet(bar));
  };
  return {
    isInTurn: signals.isInTurn,
    enter: bars(signals.enterLong),
    exit: bars(signals.exitLong),
  };
}

test('crosses of the same operands are in turn exactly where those are never equal', () => {
  const seen = { inTurn: 0, crosses: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed);
    const rows = START + 100 + dice.below(400);
    const isWhole = dice.chance(0.5);
    const [fast, slow] = [column(dice, rows, isWhole), column(dice, rows, isWhole)];
    const isTurned = dice.chance(0.5);
    const { isInTurn, enter, exit } = signalsOf(cardOf({ isTurned }), { fast, slow });
    const gap = (bar: number): number => (isTurned ? -1 : 1) * (fast[bar]! - slow[bar]!);
    const bars = Array.from({ length: rows - START }, (_, n) => START + n);
    expect(enter).toEqual(bars.filter((bar) => gap(bar) > 0 && gap(bar - 1) <= 0));
    expect(exit).toEqual(bars.filter((bar) => gap(bar) < 0 && gap(bar - 1) >= 0));
    expect(isInTurn).toBe([START - 1, ...bars].every((bar) => gap(bar) !== 0));
    seen.inTurn += Number(isInTurn);
    seen.crosses += enter.length;
  }
  expect(seen.inTurn).toBeGreaterThan(20);
  expect(seen.inTurn).toBeLessThan(40);
  expect(seen.crosses).toBeGreaterThan(500);
});

test('crosses of other operands, or over more bars, are not', () => {
  const dice = new Dice(1);
  const [fast, slow, rsi] = [1, 2, 3].map(() => column(dice, 500, false)) as [
    number[],
    number[],
    number[],
  ];
  const isInTurn = (shape: Parameters<typeof cardOf>[0]): boolean =>
    signalsOf(cardOf(shape), { fast, slow, rsi }).isInTurn;
  expect(isInTurn({})).toBe(true);
  expect(isInTurn({ exitOn: 'rsi' })).toBe(false);
  expect(isInTurn({ back: 2 })).toBe(false);
});
