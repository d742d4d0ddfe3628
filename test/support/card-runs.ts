import { digestMonths } from '../../src/candles/digest.ts';
import type { Candles } from '../../src/candles/query.ts';
import { synthesizeCandles } from '../../src/candles/synth.ts';
import { buildFeatureFrame, storeOfFrame } from '../../src/feed/feature-frame.ts';
import { FeedLibrary } from '../../src/feed/feed-library.ts';
import { feedNeeds, planFeeds, type FeedPlan } from '../../src/feed/plan.ts';
import type { Grid } from '../../src/grid/grid.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import { timeframeMs, type Timeframe, type Window } from '../../src/time.ts';
import { plannedCandles, sliceCandles, START_MS } from './feeds.ts';

/** Cards of any timeframe over candles in memory, as `backtest` and a sweep's threads run them. */
const WARMUP_BARS = 300;
const WINDOW_BARS = 300;
const CANDLE_BARS_MAX = 4000;

/** The first, a middle and the last point that can run. */
export function pointsOf(grid: Grid): number[] {
  const points = new Set<number>();
  for (const from of [0, Math.floor(grid.size / 2), grid.size - 1]) {
    const index = grid.nextAdmitted(from);
    if (index < grid.size && grid.refusal(index) === undefined) points.add(index);
  }
  return [...points];
}

/** Seeded candles of whatever timeframes a sweep's card has; `missing` leaves rows out. */
export function candlesOfSweep(
  sweep: Sweep,
  missing: (row: number) => boolean = () => false,
): Candles[] {
  return feedNeeds(sweep)
    .filter(({ symbol }) => symbol === 'BTCUSDT')
    .map(({ timeframe }) => candlesFor(sweep.card.tf_configs.exec.tf, timeframe))
    .map((candles) => sliceCandles(candles, (row) => !missing(row)));
}

/** Plan and feeds of a sweep over candles in memory. */
export function libraryFor(
  sweep: Sweep,
  candles: readonly Candles[] = candlesOfSweep(sweep),
): FeedLibrary {
  const facts = candles.map((series) => ({ ...series, monthDigests: digestMonths(series) }));
  const stores = planFeeds({ sweep, facts }).map((plan: FeedPlan) =>
    storeOfFrame(buildFeatureFrame(plan, plannedCandles(plan, candles))),
  );
  return new FeedLibrary(stores, sweep);
}

/** A window of 300 bars with 300 before it. */
export function windowFor(exec: Timeframe): Window {
  const startMs = START_MS + WARMUP_BARS * timeframeMs(exec);
  return { startMs, endMs: startMs + WINDOW_BARS * timeframeMs(exec) };
}

/** Candles made so far: a search needs the same ones again and again. */
const made = new Map<string, Candles>();

function candlesFor(exec: Timeframe, timeframe: Timeframe): Candles {
  const span = (WARMUP_BARS + WINDOW_BARS + 1) * timeframeMs(exec);
  const bars = Math.min(CANDLE_BARS_MAX, Math.max(3, Math.ceil(span / timeframeMs(timeframe))));
  const key = `${timeframe} ${bars}`;
  let candles = made.get(key);
  if (!candles) {
    candles = synthesizeCandles({
      symbol: 'BTCUSDT',
      timeframe,
      bars,
      seed: bars,
      startMs: START_MS,
    });
    made.set(key, candles);
  }
  return candles;
}
