import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  IndicatorDefinition,
  IndicatorInputs,
  IndicatorOutputs,
  IndicatorVariant,
} from '../../src/indicators/definition.ts';
import { INDICATORS, indicator, resolveParams } from '../../src/indicators/registry.ts';
import type { GoldenCandles } from '../support/golden-candles.ts';
import { livelyCandles, roughCandles } from '../support/random-candles.ts';

const DEFINITIONS = [...INDICATORS.values()];

/** Types whose values depend on the bars of their window alone. */
const WINDOW_TYPES =
  'sma cci willr roc mom alma wma trima mfi cmf linreg midprice ohlc4 uo bbands stoch aroon donchian squeeze vortex'.split(
    ' ',
  );

/** Recursive types that forget their seed at a known rate (psar and supertrend forget by chance). */
const DECAYING_TYPES =
  'ema rsi atr kama dema tema zlma natr cmo macd adx kc dm fisher trix ppo kvo tsi'.split(' ');

/** Averages of the source in price units. */
const AVERAGES = ['ema', 'sma', 'kama', 'alma', 'wma', 'dema', 'tema', 'trima', 'zlma', 'linreg'];

function inputsOf(candles: GoldenCandles, start = 0, end = candles.close.length): IndicatorInputs {
  const [open, high, low, close, volume] = (
    ['open', 'high', 'low', 'close', 'volume'] as const
  ).map((name) => candles[name].slice(start, end)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { source: close, open, high, low, close, volume };
}

/** Small lengths drawn for every whole-number parameter, so that short series reach past them. */
const lengths = fc.array(fc.integer({ min: 2, max: 25 }), { minLength: 4, maxLength: 4 });

function paramsOf(definition: IndicatorDefinition, drawn: readonly number[]) {
  const raw: Record<string, number> = {};
  const names = Object.keys(definition.params).filter((name) => name !== 'offset');
  names.forEach((name, k) => {
    if (definition.params[name]!.kind === 'integer') raw[name] = drawn[k % drawn.length]!;
  });
  if (definition.check) [raw['fast'], raw['slow']] = [drawn[0]!, drawn[0]! + drawn[1]!];
  const resolved = resolveParams(definition.type, raw);
  expect(resolved.issues).toEqual([]);
  return resolved.params;
}

type Mutable = Record<string, Float64Array>;

/** Names and rows where two results differ in any bit of a value within [from, to). */
function differences(
  a: IndicatorOutputs,
  b: IndicatorOutputs,
  range: { from: number; to: number; shift?: number },
): string[] {
  const found: string[] = [];
  for (const name of Object.keys(a)) {
    for (let row = range.from; row < range.to; row++) {
      const [left, right] = [a[name]![row]!, b[name]![row - (range.shift ?? 0)]!];
      if (!Object.is(left, right)) found.push(`${name} row ${row}: ${left} and ${right}`);
    }
  }
  return found;
}

describe('no indicator looks ahead', () => {
  const FLAT_ROWS = 80;

  /** A flat spell longer than every window comes first, so that the reference's epsilon is on throughout (B14). */
  function withFlatStart(candles: GoldenCandles): GoldenCandles {
    const price = candles.open[0]!;
    for (const name of ['open', 'high', 'low', 'close'] as const) {
      // One step down before it: RSI is then 0 throughout, a range of zero for stochrsi.
      candles[name].fill(2 * price, 0, 1).fill(price, 1, FLAT_ROWS);
    }
    return candles;
  }

  /**
   * The reference lifts the numerator of percent_b too (B14), by a row where price and lower band are
   * equal; its average of a flat spell may miss the price by a bit, so that no flat start makes one.
   */
  function isLiftedByChance(type: string, variant: IndicatorVariant): boolean {
    return type === 'bbands' && variant === 'trade';
  }

  function changedAfter(candles: GoldenCandles, row: number, seed: number): GoldenCandles {
    const other = roughCandles(candles.close.length, seed);
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
      other[name].set(candles[name].subarray(0, row + 1));
    }
    return other;
  }

  const cases = DEFINITIONS.flatMap((definition) =>
    (['standard', 'trade'] as const).map((variant): [string, IndicatorVariant] => [
      definition.type,
      variant,
    ]),
  );

  it.each(cases)(
    '%s in %s: other bars after row i leave rows up to i as they are',
    (type, variant) => {
      const definition = indicator(type);
      fc.assert(
        fc.property(
          fc.integer({ min: 1 }),
          fc.integer({ min: 1 }),
          lengths,
          (seed, other, drawn) => {
            const bars = 160;
            const row = FLAT_ROWS + (seed % (bars - FLAT_ROWS));
            const candles = roughCandles(bars, seed);
            const past = variant === 'trade' ? withFlatStart(candles) : candles;
            const params = paramsOf(definition, drawn);
            const one = definition.compute(inputsOf(past), params, variant);
            const future = inputsOf(changedAfter(past, row, other));
            const two = definition.compute(future, params, variant);
            if (isLiftedByChance(type, variant)) delete (one as Mutable)['percent_b'];
            expect(differences(one, two, { from: 0, to: row + 1 })).toEqual([]);
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});

describe('where a series begins', () => {
  it.each(WINDOW_TYPES)('%s: bars before its window do not change a bit', (type) => {
    const definition = indicator(type);
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.nat(60), lengths, (seed, start, drawn) => {
        const candles = roughCandles(200, seed);
        const params = paramsOf(definition, drawn);
        const whole = definition.compute(inputsOf(candles), params, 'standard');
        const part = definition.compute(inputsOf(candles, start), params, 'standard');
        const from = start + definition.seedBars(params);
        expect(differences(whole, part, { from, to: 200, shift: start })).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it.each(DECAYING_TYPES)('%s: its seed is forgotten after seedBars', (type) => {
    const definition = indicator(type);
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.nat(300), lengths, (seed, start, drawn) => {
        const params = paramsOf(
          definition,
          drawn.map((n) => Math.min(n, 12)),
        );
        const from = start + definition.seedBars(params);
        const bars = from + 20;
        // In a flat spell a ratio of two fading averages remembers for ever.
        const candles = livelyCandles(bars, seed);
        const whole = definition.compute(inputsOf(candles), params, 'standard');
        const part = definition.compute(inputsOf(candles, start), params, 'standard');
        for (const name of Object.keys(whole)) {
          const spread = spreadOf(whole[name]!);
          for (let row = from; row < bars; row++) {
            const gap = Math.abs(whole[name]![row]! - part[name]![row - start]!);
            expect(Number.isNaN(gap) || gap <= 1e-3 * spread).toBe(true);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  function spreadOf(column: Float64Array): number {
    const values = column.filter((value) => Number.isFinite(value));
    return values.reduce((a, b) => Math.max(a, b), 0) - values.reduce((a, b) => Math.min(a, b), 0);
  }
});

describe('laws of averages', () => {
  it.each(AVERAGES)('%s of a flat series is the price, to the last bit', (type) => {
    const definition = indicator(type);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), lengths, (price, drawn) => {
        const flat = new Float64Array(150).fill(price);
        const inputs = {
          source: flat,
          open: flat,
          high: flat,
          low: flat,
          close: flat,
          volume: flat,
        };
        const params = paramsOf(definition, drawn);
        const column = definition.compute(inputs, params, 'standard')['']!;
        const rows = column.subarray(definition.firstIndex(params)['']);
        expect(rows.every((value) => value === price)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['ema', 'sma', 'wma', 'atr', 'macd', 'kc', 'donchian', 'supertrend', 'rsi'])(
    '%s: prices four times as large give prices four times as large, and the same ratios',
    (type) => {
      const definition = indicator(type);

      fc.assert(
        fc.property(fc.integer({ min: 1 }), lengths, (seed, drawn) => {
          // The epsilon of a flat bar is a length in price units: it would not scale.
          const candles = livelyCandles(150, seed);
          const large = { ...candles };
          for (const name of ['open', 'high', 'low', 'close'] as const) {
            large[name] = candles[name].map((price) => 4 * price);
          }
          const params = paramsOf(definition, drawn);
          const one = definition.compute(inputsOf(candles), params, 'standard');
          const four = definition.compute(inputsOf(large), params, 'standard');
          for (const [name, column] of Object.entries(one)) {
            const factor = type === 'rsi' || name === 'direction' ? 1 : 4;
            expect(four[name]).toEqual(column.map((value) => factor * value));
          }
        }),
        { numRuns: 20 },
      );
    },
  );
});
