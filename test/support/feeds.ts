import { digestMonths } from '../../src/candles/digest.ts';
import type { Candles } from '../../src/candles/query.ts';
import { synthesizeCandles } from '../../src/candles/synth.ts';
import { parseCard } from '../../src/card/parse.ts';
import { buildFeatureFrame, storeOfFrame } from '../../src/feed/feature-frame.ts';
import { FeedLibrary } from '../../src/feed/feed-library.ts';
import type { FeedStore } from '../../src/feed/feed-store.ts';
import { openMappedFeed } from '../../src/feed/mapped-feed.ts';
import { planFeeds, type CandleFacts, type FeedPlan } from '../../src/feed/plan.ts';
import { mapFeed, type OpenOptions } from '../../src/feed/read.ts';
import type { Axis, AxisScalar } from '../../src/grid/axis.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import type { Timeframe } from '../../src/time.ts';

/** Candles, sweeps and libraries for tests of feeds: everything in memory, everything seeded. */
export const START_MS = Date.UTC(2023, 0, 1);

export interface CandleShape {
  readonly symbol?: string;
  readonly timeframe: Timeframe;
  readonly bars: number;
  readonly seed?: number;
  /** Rows to leave out, as an exchange's outage does. */
  readonly missing?: (row: number) => boolean;
}

export function candlesOf(shape: CandleShape): Candles {
  const { symbol = 'BTCUSDT', timeframe, bars, seed = 1, missing = () => false } = shape;
  const all = synthesizeCandles({ symbol, timeframe, bars, seed, startMs: START_MS });
  return sliceCandles(all, (row) => !missing(row));
}

/** The candles of the rows that `keeps` lets through. */
export function sliceCandles(candles: Candles, keeps: (row: number) => boolean): Candles {
  const pick = (column: Float64Array) => column.filter((_, row) => keeps(row));
  const tsOpen = pick(candles.tsOpen);
  return {
    symbol: candles.symbol,
    timeframe: candles.timeframe,
    tsOpen,
    open: pick(candles.open),
    high: pick(candles.high),
    low: pick(candles.low),
    close: pick(candles.close),
    volume: pick(candles.volume),
    length: tsOpen.length,
  };
}

export function factsOf(candles: Candles): CandleFacts {
  const { symbol, timeframe, tsOpen } = candles;
  return { symbol, timeframe, tsOpen, monthDigests: digestMonths(candles) };
}

/** A resolved sweep over a card's text; three days from 2023-01-17 unless the patch says otherwise. */
export function sweepOf(cardText: string, patch: Partial<Sweep> = {}): Sweep {
  const { card } = parseCard(cardText);
  const startMs = Date.UTC(2023, 0, 17);
  return {
    name: 'test',
    card,
    profile: 'standard',
    window: { startMs, endMs: startMs + 3 * 86_400_000 },
    axes: [],
    constraints: [],
    require: [],
    objective: { metric: 'sharpe', direction: 'maximize' },
    precision: 'float64',
    allowShortWarmup: false,
    ...patch,
  };
}

/** An axis with one member. */
export function axis(
  name: string,
  path: readonly (string | number)[],
  values: readonly AxisScalar[],
): Axis {
  return {
    name,
    members: [{ column: name, path, text: path.join('.') }],
    values: values.map((value) => [value]),
  };
}

/** Path of a parameter of the n-th feature spec of a role. */
export function paramPath(role: string, spec: number, param: string): (string | number)[] {
  return ['tf_configs', role, 'feature_specs', spec, 'params', param];
}

export function plansOf(sweep: Sweep, candles: readonly Candles[]): FeedPlan[] {
  return planFeeds({ sweep, facts: candles.map(factsOf) });
}

/** The candles that a plan reads, as `readCandles` gives them. */
export function plannedCandles(plan: FeedPlan, candles: readonly Candles[]): Candles {
  const found = candles.find(
    ({ symbol, timeframe }) => symbol === plan.symbol.toUpperCase() && timeframe === plan.timeframe,
  );
  if (!found) throw new Error(`no candles of ${plan.symbol} ${plan.timeframe}`);
  return sliceCandles(found, (row) => {
    const at = found.tsOpen[row] as number;
    return at >= plan.startMs && at < plan.endMs;
  });
}

/** Plan, build and open in memory. */
export function libraryOf(sweep: Sweep, candles: readonly Candles[]): FeedLibrary {
  const stores = plansOf(sweep, candles).map((plan) =>
    storeOfFrame(buildFeatureFrame(plan, plannedCandles(plan, candles))),
  );
  return new FeedLibrary(stores, sweep);
}

/** A feed file, checked and opened. */
export function openFeed(path: string, options?: OpenOptions): FeedStore {
  return openMappedFeed(mapFeed(path, options));
}

/** Equality bit by bit: -0 differs from 0, and NaN equals the same NaN. */
export function sameBits(
  a: Float64Array | Float32Array | undefined,
  b: Float64Array | Float32Array | undefined,
): boolean {
  if (!a || !b) return false;
  const bytesOf = (column: Float64Array | Float32Array) =>
    Buffer.from(column.buffer as ArrayBuffer, column.byteOffset, column.byteLength);
  return a.constructor === b.constructor && bytesOf(a).equals(bytesOf(b));
}
