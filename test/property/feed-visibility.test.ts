import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candles } from '../../src/candles/query.ts';
import { buildFeatureFrame, storeOfFrame } from '../../src/feed/feature-frame.ts';
import { FeedLibrary } from '../../src/feed/feed-library.ts';
import { RuntimeSnapshotView } from '../../src/feed/snapshot-view.ts';
import { coincidentBars, lastClosedBars } from '../../src/feed/visible-bars.ts';
import { coincidentBarsSlowly, lastClosedBar } from '../reference/feed/visible-bar.ts';
import { multiTimeframeCard } from '../support/cards.ts';
import { candlesOf, plannedCandles, plansOf, sliceCandles, sweepOf } from '../support/feeds.ts';

const MINUTE = 60_000;

/** Ascending close times of bars of one length, with random gaps. */
const closesOf = (minutes: number, bars: number) =>
  fc
    .array(fc.boolean(), { minLength: bars, maxLength: bars })
    .map((present) =>
      Float64Array.from(present.flatMap((is, n) => (is ? [(n + 1) * minutes * MINUTE] : []))),
    );

test('visible bars equal their slow twins over any gaps in either feed', () => {
  fc.assert(
    fc.property(closesOf(5, 60), closesOf(15, 22), (exec, higher) => {
      expect([...lastClosedBars(exec, higher)]).toEqual(
        [...exec].map((closeMs) => lastClosedBar(closeMs, higher)),
      );
      expect([...coincidentBars(exec, higher)]).toEqual(coincidentBarsSlowly(exec, higher));
    }),
    { numRuns: 300 },
  );
});

const all = [
  candlesOf({ timeframe: '5m', bars: 19 * 288 }),
  candlesOf({ timeframe: '15m', bars: 19 * 96 }),
  candlesOf({ timeframe: '1h', bars: 19 * 24 }),
];

/** Other prices in every bar that has not closed by `nowMs`. */
function otherFuture(candles: Candles, nowMs: number, durationMs: number, factor: number): Candles {
  const altered = sliceCandles(candles, () => true);
  altered.tsOpen.forEach((openMs, row) => {
    if (openMs + durationMs <= nowMs) return;
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
      altered[name][row] = (altered[name][row] as number) * factor;
    }
  });
  return altered;
}

function snapshot(view: RuntimeSnapshotView): number[] {
  return [view.exec, view.mtf!, view.htf!].flatMap((role) =>
    [0, 1, 5].flatMap((back) =>
      [
        'open',
        'high',
        'low',
        'close',
        'volume',
        'rsi',
        'atr',
        'macd_macd',
        'macd_signal',
        'trend',
      ].map((key) => role.value(key, back)),
    ),
  );
}

for (const profile of ['standard', 'trade'] as const) {
  test(`${profile}: what a view shows at a bar is unchanged when every later bar changes`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 * 288 - 1 }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.uniqueArray(fc.integer({ min: 0, max: 19 * 288 - 1 }), { maxLength: 40 }),
        (steps, factor, missing) => {
          const gaps = new Set(missing);
          const candles = [sliceCandles(all[0]!, (row) => !gaps.has(row)), all[1]!, all[2]!];
          const startMs = Date.UTC(2023, 0, 17);
          const sweep = sweepOf(multiTimeframeCard(''), {
            profile,
            window: { startMs, endMs: startMs + 2 * 86_400_000 },
            allowShortWarmup: true,
          });
          const view = (source: readonly Candles[], bar: number) => {
            const stores = plansOf(sweep, source).map((plan) =>
              storeOfFrame(buildFeatureFrame(plan, plannedCandles(plan, source))),
            );
            const feeds = new FeedLibrary(stores, sweep).bind(sweep.card);
            const at = Math.min(feeds.windowStartBar + bar, feeds.endBar - 1);
            const moved = new RuntimeSnapshotView(feeds);
            moved.moveTo(at);
            return moved;
          };
          const now = view(candles, steps);
          const nowMs = now.exec.tsClose;
          const durations = [5, 15, 60].map((minutes) => minutes * MINUTE);
          const altered = candles.map((series, n) =>
            otherFuture(series, nowMs, durations[n] as number, factor),
          );
          expect(snapshot(view(altered, steps))).toEqual(snapshot(now));
        },
      ),
      { numRuns: 40 },
    );
  });
}
