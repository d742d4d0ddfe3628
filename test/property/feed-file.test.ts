import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { buildFeatureFrame, storeOfFrame } from '../../src/feed/feature-frame.ts';
import { writeFeed } from '../../src/feed/write.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import type { FeedLibrary } from '../../src/feed/feed-library.ts';
import type { Candles } from '../../src/candles/query.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import { crossCard } from '../support/cards.ts';
import {
  axis,
  candlesOf,
  libraryOf,
  openFeed,
  paramPath,
  plannedCandles,
  plansOf,
  sameBits,
  sliceCandles,
  sweepOf,
} from '../support/feeds.ts';

const dir = mkdtempSync(join(tmpdir(), 'ideasweep-feed-property-'));
afterAll(() => rmSync(dir, { recursive: true }));

const DAY = 86_400_000;

const candlesWithGaps = fc
  .record({
    seed: fc.integer({ min: 1, max: 1000 }),
    gaps: fc.array(fc.integer({ min: 0, max: 19 * 96 - 1 }), { maxLength: 60 }),
  })
  .map(({ seed, gaps }) => {
    const missing = new Set(gaps);
    const card = candlesOf({ timeframe: '15m', bars: 19 * 96, seed });
    return sliceCandles(card, (row) => !missing.has(row));
  });

const lengths = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });

const sweeps = fc
  .record({
    fast: lengths,
    slow: lengths,
    profile: fc.constantFrom('standard' as const, 'trade' as const),
    precision: fc.constantFrom('float64' as const, 'float32' as const),
    days: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ fast, slow, days, ...rules }): Sweep => {
    const startMs = Date.UTC(2023, 0, 17);
    return sweepOf(crossCard('').replace('tf: 5m', 'tf: 15m'), {
      ...rules,
      window: { startMs, endMs: startMs + days * DAY },
      axes: [
        axis('fast', paramPath('exec', 0, 'length'), fast),
        axis('slow', paramPath('exec', 1, 'length'), slow),
      ],
      allowShortWarmup: true,
    });
  });

test('what a file gives back is, bit for bit, what was computed', async () => {
  await fc.assert(
    fc.asyncProperty(sweeps, candlesWithGaps, async (sweep, candles) => {
      for (const plan of plansOf(sweep, [candles])) {
        const input = plannedCandles(plan, [candles]);
        const built = storeOfFrame(buildFeatureFrame(plan, input));
        const opened = openFeed((await writeFeed(dir, plan, input)).path, { hash: plan.hash });
        const base = ['tsOpen', 'tsClose', 'open', 'high', 'low', 'close', 'volume'] as const;
        expect(base.filter((name) => !sameBits(opened[name], built[name]))).toEqual([]);
        const ids = plan.columns.map(({ id }) => id);
        expect(ids.filter((id) => !sameBits(opened.column(id), built.column(id)))).toEqual([]);
      }
    }),
    { numRuns: 30 },
  );
});

/** What a point sees: its rows from its own first, per key. */
function seenBy(
  library: FeedLibrary,
  sweep: Sweep,
  point: number,
): (Float64Array | Float32Array)[] {
  const feeds = library.bind(createGrid(sweep).cardAt(point));
  return ['fast', 'slow', 'atr', 'open', 'close', 'volume'].map((key) =>
    feeds.series('exec', key)!.subarray(feeds.firstBar, feeds.endBar),
  );
}

test('a point sees the same bits alone as in any grid', () => {
  fc.assert(
    fc.property(sweeps, candlesWithGaps, fc.nat(), (sweep, candles: Candles, pick) => {
      const grid = createGrid(sweep);
      const point = pick % grid.size;
      const alone = { ...sweep, card: grid.cardAt(point), axes: [] };
      const inGrid = seenBy(libraryOf(sweep, [candles]), sweep, point);
      const single = seenBy(libraryOf(alone, [candles]), alone, 0);
      expect(inGrid.map((column, n) => sameBits(column, single[n]))).toEqual(
        single.map(() => true),
      );
    }),
    { numRuns: 100 },
  );
});
