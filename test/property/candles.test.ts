import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestMonths } from '../../src/candles/digest.ts';
import { importCandles } from '../../src/candles/ingest.ts';
import { bucketOpenMs } from '../../src/candles/lattice.ts';
import { candlesOf, readCandles, type Candles } from '../../src/candles/query.ts';
import { aggregateCandles } from '../../src/candles/resample.ts';
import { synthesizeCandles } from '../../src/candles/synth.ts';
import { timeframeMs, type Timeframe } from '../../src/time.ts';
import { aggregateRows, rowsOf } from '../reference/candles/aggregate.ts';
import { candleHome, START_MS } from '../support/candle-files.ts';

/** Candles with random rows missing. */
const holed = (timeframe: Timeframe, bars: number) =>
  fc
    .record({
      seed: fc.nat(),
      startBar: fc.nat(5000),
      missing: fc.array(fc.nat(bars - 1), { maxLength: 8 }),
    })
    .map(({ seed, startBar, missing }) => {
      const startMs = START_MS + startBar * timeframeMs(timeframe);
      const whole = synthesizeCandles({ symbol: 'A', timeframe, bars, seed, startMs });
      return without(whole, new Set(missing));
    });

function without(candles: Candles, missing: ReadonlySet<number>): Candles {
  const keep = (column: Float64Array) => column.filter((_, i) => !missing.has(i));
  return candlesOf(candles.symbol, candles.timeframe, {
    tsOpen: keep(candles.tsOpen),
    open: keep(candles.open),
    high: keep(candles.high),
    low: keep(candles.low),
    close: keep(candles.close),
    volume: keep(candles.volume),
  });
}

test.each([
  ['5m', '15m'],
  ['5m', '1h'],
  ['1h', '4h'],
  ['1d', '1w'],
] as const)('%s → %s: the fast aggregation equals the obvious one', (from, to) => {
  fc.assert(
    fc.property(holed(from, 120), (source) => {
      const { candles, incomplete } = aggregateCandles(source, to);
      const barsPerBucket = timeframeMs(to) / timeframeMs(from);
      const bucketOf = (ms: number) => bucketOpenMs(ms, to);
      expect(rowsOf(candles)).toEqual(aggregateRows(rowsOf(source), { bucketOf, barsPerBucket }));
      const buckets = new Set(Array.from(source.tsOpen, bucketOf));
      expect(candles.length + incomplete).toBe(buckets.size);
    }),
    { numRuns: 60 },
  );
});

test('aggregating in two steps equals aggregating in one', () => {
  fc.assert(
    fc.property(holed('5m', 300), (source) => {
      const once = aggregateCandles(source, '1h').candles;
      const twice = aggregateCandles(aggregateCandles(source, '15m').candles, '1h').candles;
      expect(twice).toEqual(once);
    }),
    { numRuns: 60 },
  );
});

test('a digest covers its month only, and every bit of it', () => {
  const source = synthesizeCandles({
    symbol: 'A',
    timeframe: '4h',
    bars: 500,
    seed: 9,
    startMs: START_MS,
  });
  const before = digestMonths(source);
  const names = ['open', 'high', 'low', 'close', 'volume'] as const;
  fc.assert(
    fc.property(fc.nat(499), fc.constantFrom(...names), fc.nat(51), (row, name, bit) => {
      const column = source[name].slice();
      new BigUint64Array(column.buffer)[row]! ^= 1n << BigInt(bit);
      const after = digestMonths({ ...source, [name]: column });
      const changed = after.filter((digest, i) => digest.digest !== before[i]?.digest);
      const month = new Date(source.tsOpen[row] as number).toISOString().slice(0, 7);
      expect(changed.map((digest) => digest.month)).toEqual([month]);
    }),
    { numRuns: 100 },
  );
});

test('candles printed as CSV, in any order and any number of files, are stored bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(holed('5m', 60), fc.nat(60), fc.nat(), async (source, cut, seed) => {
      await using home = await candleHome();
      const lines = rowsOf(source).map((row) => Object.values(row).join(','));
      const order = (line: string) => ((Number(line.slice(0, 13)) / 300_000) * (2 * seed + 1)) % 61;
      const shuffled = lines.toSorted((a, b) => order(a) - order(b));
      const parts = [shuffled.slice(0, cut), shuffled.slice(cut)].filter((part) => part.length > 0);
      await importCandles(
        home.db,
        parts.map((part, i) => home.csv(part, `A-5m-${i}.csv`)),
      );
      const range = { symbol: 'A', timeframe: '5m', startMs: 0, endMs: Infinity } as const;
      expect(await readCandles(home.db, range)).toEqual(source);
    }),
    { numRuns: 15 },
  );
});
