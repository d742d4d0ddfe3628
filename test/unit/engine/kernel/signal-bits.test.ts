import { expect, test } from 'vitest';
import { parseCard } from '../../../../src/card/parse.ts';
import { bitBytes } from '../../../../src/engine/kernel/bit-cache.ts';
import { KernelMemory } from '../../../../src/engine/kernel/kernel-memory.ts';
import { SignalSource } from '../../../../src/engine/kernel/signal-bits.ts';
import { feedsFromArrays } from '../../../support/backtests.ts';
import { Dice } from '../../../support/random-backtests.ts';

const START = 70;

/** Long between the crosses of `a` and `b`, one each way; the exit reads `exitOn` and `back` bars earlier. */
function cardOf({ exitOn = 'b', back = 1, isTurned = false } = {}): string {
  const cross = (operator: string, value: string): string =>
    `{ indicator_key: a, operator: ${operator}, value: ${value}, is_indicator_comparison: true, prev_offset: ${back} }`;
  const [into, out] = isTurned ? ['cross_below', 'cross_above'] : ['cross_above', 'cross_below'];
  return `
id: turns
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 1, min_trade_notional_usdt: 0,
           slippage_bps: 0, fee_model: { taker_bps: 0 } }
symbol_universe: [TESTUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: a, params: { length: 10 } }
      - { indicator_type: ema, output_key: b, params: { length: 50 } }
      - { indicator_type: ema, output_key: c, params: { length: 60 } }
signal_rules:
  entry_rules: [{ direction: long, conditions: [${cross(into, 'b')}] }]
  exit_rules: [{ direction: long, conditions: [${cross(out, exitOn)}] }]
`;
}

/** Steps to and fro; `unit` whole ones, or any. */
function column(dice: Dice, rows: number, isWhole: boolean): number[] {
  let value = 100;
  return Array.from({ length: rows }, () => {
    value += dice.between(-2, 2) + (100 - value) * 0.05;
    return isWhole ? Math.round(value) : value;
  });
}

function signalsOf(text: string, columns: Readonly<Record<string, number[]>>) {
  const rows = columns['a']!.length;
  const flat = Array.from({ length: rows }, () => 1);
  const tsOpen = flat.map((_, bar) => Date.UTC(2024, 0, 1) + bar * 300_000);
  const prices = { tsOpen, open: flat, high: flat, low: flat, close: flat };
  const feeds = feedsFromArrays({
    exec: { timeframe: '5m', ...prices, indicators: columns },
    windowStartBar: START,
  });
  const memory = new KernelMemory();
  const budget = { bitBytesMax: 2 ** 20, columnBytesMax: 2 ** 20 };
  const signals = new SignalSource(memory, feeds, budget).of(parseCard(text).card, feeds);
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
    const [a, b] = [column(dice, rows, isWhole), column(dice, rows, isWhole)];
    const isTurned = dice.chance(0.5);
    const { isInTurn, enter, exit } = signalsOf(cardOf({ isTurned }), { a, b, c: b });
    const gap = (bar: number): number => (isTurned ? -1 : 1) * (a[bar]! - b[bar]!);
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
  const [a, b, c] = [1, 2, 3].map(() => column(dice, 500, false)) as [number[], number[], number[]];
  const isInTurn = (shape: Parameters<typeof cardOf>[0]): boolean =>
    signalsOf(cardOf(shape), { a, b, c }).isInTurn;
  expect(isInTurn({})).toBe(true);
  expect(isInTurn({ exitOn: 'c' })).toBe(false);
  expect(isInTurn({ back: 2 })).toBe(false);
});
