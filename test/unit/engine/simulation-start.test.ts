import { describe, expect, test } from 'vitest';
import type { IdeaCard } from '../../../src/card/schema.ts';
import { PROFILES } from '../../../src/engine/profile.ts';
import { simulationStart } from '../../../src/engine/simulation-start.ts';
import { SweepError } from '../../../src/errors.ts';
import { feedsFromArrays } from '../../support/backtests.ts';

const START_MS = Date.UTC(2024, 0, 1);
const MINUTES_15 = 15 * 60_000;
const NONE = Number.NaN;

interface Shape {
  readonly bars?: number;
  readonly windowStartBar?: number;
  readonly required?: readonly string[];
  readonly delayBars?: number;
  readonly htfDelayBars?: number;
  readonly indicators?: Readonly<Record<string, readonly number[]>>;
}

describe('the first simulated bar', () => {
  test('is the first of the window in profile standard, whatever has values', () => {
    expect(startOf({ windowStartBar: 5, indicators: { x: firstAt(9) } }, 'standard')).toBe(5);
  });

  test('waits in profile trade for every required column', () => {
    const indicators = { x: firstAt(7), y: firstAt(3), late: firstAt(15) };
    expect(startOf({ windowStartBar: 2, required: ['x', 'y'], indicators })).toBe(7);
    expect(startOf({ windowStartBar: 9, required: ['x', 'y'], indicators })).toBe(9);
    expect(startOf({ windowStartBar: 2, required: ['x', 'gone'], indicators })).toBe(7);
  });

  test('takes one of a long/short pair for a value when both are required', () => {
    const indicators = { st_long: firstAt(4), st_short: firstAt(12) };
    expect(startOf({ required: ['st_long', 'st_short'], indicators })).toBe(4);
    expect(startOf({ required: ['st_short'], indicators })).toBe(12);
  });

  test('moves on by the delay, counted from the next boundary of each timeframe', () => {
    expect(startOf({ windowStartBar: 3, delayBars: 2 })).toBe(5);
    // 00:45 is ceiled to 01:00, plus two hours.
    expect(startOf({ windowStartBar: 3, delayBars: 2, htfDelayBars: 2 })).toBe(12);
  });

  test('must leave ten bars', () => {
    expect(() => startOf({ bars: 20, windowStartBar: 12 })).toThrow(SweepError);
    expect(() => startOf({ required: ['x'], indicators: { x: firstAt(99) } })).toThrow(
      /no bar has a value/,
    );
  });
});

function firstAt(row: number): number[] {
  return Array.from({ length: 40 }, (_, i) => (i < row ? NONE : i));
}

function startOf(shape: Shape, profile: 'standard' | 'trade' = 'trade'): number {
  const bars = shape.bars ?? 40;
  const tsOpen = Array.from({ length: bars }, (_, row) => START_MS + row * MINUTES_15);
  const prices = tsOpen.map(() => 100);
  const feeds = feedsFromArrays({
    exec: {
      timeframe: '15m',
      tsOpen,
      open: prices,
      high: prices,
      low: prices,
      close: prices,
      indicators: shape.indicators ?? {},
    },
    windowStartBar: shape.windowStartBar ?? 0,
  });
  return simulationStart(cardOf(shape), feeds, PROFILES[profile]);
}

function cardOf({ required = [], delayBars = 0, htfDelayBars }: Shape): IdeaCard {
  const config = (tf: '15m' | '1h', delay: number) => ({
    tf,
    role: 'exec',
    feature_specs: [],
    warmup_bars: 0,
    required_indicators: required,
    market_structure: { lookback_bars: 0, delay_bars: delay },
  });
  return {
    tf_configs: {
      exec: config('15m', delayBars),
      ...(htfDelayBars === undefined ? {} : { htf: config('1h', htfDelayBars) }),
    },
  } as unknown as IdeaCard;
}
