import { describe, expect, test } from 'vitest';
import { digestMonths } from '../../../src/candles/digest.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import type { Candles } from '../../../src/candles/query.ts';
import { TIMEFRAMES, type Timeframe } from '../../../src/time.ts';
import { START_MS } from '../../support/candle-files.ts';

const make = (options: Partial<Parameters<typeof synthesizeCandles>[0]> = {}) =>
  synthesizeCandles({
    symbol: 'SYNTHUSDT',
    timeframe: '5m',
    bars: 4000,
    seed: 1,
    startMs: START_MS,
    ...options,
  });

function returns({ close }: Candles): number[] {
  return Array.from(close.subarray(1), (price, i) => price / (close[i] as number) - 1);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('synthetic candles', () => {
  test('a seed gives the same bits on every machine', () => {
    const [january] = digestMonths(make());
    expect(january).toEqual({
      month: '2023-01',
      digest: '13ee377a6ed93779a78362d7acc3f0551812ac2c626729c2dd6a02f01ac3051f',
      rows: 4000,
    });
  });

  test('another seed or symbol is another history, a longer one begins alike', () => {
    const first = make().close.subarray(0, 100);
    expect(make({ seed: 2 }).close.subarray(0, 100)).not.toEqual(first);
    expect(make({ symbol: 'OTHER' }).close.subarray(0, 100)).not.toEqual(first);
    expect(make({ bars: 100 }).close).toEqual(first);
  });

  test.each(Object.keys(TIMEFRAMES) as Timeframe[])('%s bars are sound', (timeframe) => {
    const { tsOpen, open, high, low, close, volume, length } = make({ timeframe, bars: 2000 });
    for (let i = 0; i < length; i++) {
      const [o, h, l, c] = [open[i], high[i], low[i], close[i]] as [number, number, number, number];
      const isSound =
        h >= Math.max(o, c) && l <= Math.min(o, c) && l > 0 && (volume[i] as number) > 0;
      if (!isSound) throw new Error(`bar ${i} is not sound: ${o} ${h} ${l} ${c} ${volume[i]}`);
    }
    const steps = new Set(tsOpen.subarray(1).map((ms, i) => ms - (tsOpen[i] as number)));
    expect([...steps]).toEqual([TIMEFRAMES[timeframe].ms]);
  });

  test('volatility is that of a large coin and comes in clusters', () => {
    const moves = returns(make({ bars: 105_120 }));
    const variance = mean(moves.map((move) => move * move));
    expect(Math.sqrt(variance * 105_120)).toBeGreaterThan(0.5);
    expect(Math.sqrt(variance * 105_120)).toBeLessThan(1);
    const sizes = moves.map(Math.abs);
    const center = mean(sizes);
    const covariance = mean(
      sizes.slice(1).map((s, i) => (s - center) * ((sizes[i] ?? 0) - center)),
    );
    const spread = mean(sizes.map((size) => (size - center) ** 2));
    expect(covariance / spread).toBeGreaterThan(0.1);
  });

  test('a start between two bars moves down to the lattice', () => {
    expect(make({ bars: 1, startMs: START_MS + 299_999 }).tsOpen[0]).toBe(START_MS);
  });

  test('no bars are no bars, half a bar is a programmer error', () => {
    expect(make({ bars: 0 }).length).toBe(0);
    expect(() => make({ bars: 1.5 })).toThrow('whole number');
    expect(() => make({ seed: Number.NaN })).toThrow('whole number');
  });
});

describe('month digests', () => {
  test('there is one per UTC month, and a changed value changes its month alone', () => {
    const candles = make({ timeframe: '1h', bars: 24 * 70 });
    const before = digestMonths(candles);
    expect(before.map(({ month, rows }) => [month, rows])).toEqual([
      ['2023-01', 744],
      ['2023-02', 672],
      ['2023-03', 264],
    ]);
    candles.volume[744] = (candles.volume[744] as number) + 0.001;
    const after = digestMonths(candles);
    expect(after.map((digest, i) => digest.digest === before[i]?.digest)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('equal numbers have equal digests whatever their bits', () => {
    const candles = make({ bars: 3 });
    const set = (value: number) => {
      candles.volume[1] = value;
      return digestMonths(candles)[0]?.digest;
    };
    const otherNan = new Float64Array(
      new BigUint64Array([0x7ff8000000000001n]).buffer,
    )[0] as number;
    expect(set(-0)).toBe(set(0));
    expect(set(otherNan)).toBe(set(Number.NaN));
    expect(set(Number.NaN)).not.toBe(set(0));
  });
});
