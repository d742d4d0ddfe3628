import type { Candles } from '../../src/candles/query.ts';
import type { IdeaCard } from '../../src/card/schema.ts';
import {
  runBacktest,
  type BacktestOptions,
  type BacktestResult,
} from '../../src/engine/backtest.ts';
import { PROFILES } from '../../src/engine/profile.ts';
import { compileStrategy, type Strategy } from '../../src/engine/strategy.ts';
import type { FeedArrays, FloatColumn } from '../../src/feed/feed-store.ts';
import { FeedStore } from '../../src/feed/feed-store.ts';
import type { FundingSeries } from '../../src/feed/manifest.ts';
import { MultiTFFeedStore, type RoleFeed } from '../../src/feed/multi-tf.ts';
import { lastClosedBars } from '../../src/feed/visible-bars.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import { timeframeMs, type Timeframe } from '../../src/time.ts';
import { libraryOf, sweepOf } from './feeds.ts';

/** Backtests for tests: from a card's text over candles, or from bare arrays without a plan. */
export interface CardRun {
  readonly cardText: string;
  readonly candles: readonly Candles[];
  readonly sweep?: Partial<Sweep>;
  readonly options?: Partial<BacktestOptions>;
}

/** Plan, feeds, binding, rules and loop, as `backtest` runs a card. */
export function runCard({ cardText, candles, sweep: patch = {}, options }: CardRun): {
  result: BacktestResult;
  feeds: MultiTFFeedStore;
  sweep: Sweep;
} {
  const sweep = sweepOf(cardText, patch);
  const feeds = libraryOf(sweep, candles).bind(sweep.card);
  const result = runBacktest(feeds, compileStrategy(sweep.card, feeds), {
    card: sweep.card,
    rules: PROFILES[sweep.profile],
    windowStartMs: sweep.window.startMs,
    windowEndMs: sweep.window.endMs,
    ...options,
  });
  return { result, feeds, sweep };
}

/** Prices of one role and its indicator series, NaN where there is no value. */
export interface RoleArrays {
  readonly timeframe: Timeframe;
  readonly tsOpen: ArrayLike<number>;
  readonly open: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly close: ArrayLike<number>;
  readonly indicators?: Readonly<Record<string, ArrayLike<number>>>;
  readonly funding?: FundingSeries;
}

export interface ArraysRun {
  readonly exec: RoleArrays;
  readonly mtf?: RoleArrays;
  readonly htf?: RoleArrays;
  /** Exec rows; default: all of them. */
  readonly windowStartBar?: number;
  readonly endBar?: number;
}

/** The feeds of one point from bare arrays; higher bars are visible as in profile `standard`. */
export function feedsFromArrays(run: ArraysRun): MultiTFFeedStore {
  const exec = roleFeed(run.exec, undefined);
  return new MultiTFFeedStore({
    exec,
    mtf: run.mtf && roleFeed(run.mtf, exec.store.tsClose),
    htf: run.htf && roleFeed(run.htf, exec.store.tsClose),
    windowStartBar: run.windowStartBar ?? 0,
    endBar: run.endBar ?? exec.store.length,
  });
}

/** Runs `strategy` over `feeds`; the window spans the feed's own bars. */
export function runArrays(
  feeds: MultiTFFeedStore,
  card: IdeaCard,
  options: Partial<BacktestOptions> & { readonly strategy?: Strategy } = {},
): BacktestResult {
  const { store } = feeds.exec;
  return runBacktest(feeds, options.strategy ?? compileStrategy(card, feeds), {
    card,
    rules: PROFILES.standard,
    windowStartMs: store.tsOpen[feeds.windowStartBar] ?? 0,
    windowEndMs: store.tsClose[feeds.endBar - 1] ?? 0,
    ...options,
  });
}

function roleFeed(role: RoleArrays, execClose: Float64Array | undefined): RoleFeed {
  const { funding } = role;
  const tsOpen = Float64Array.from(role.tsOpen);
  const ms = timeframeMs(role.timeframe);
  const columns = new Map<string, FloatColumn>(
    Object.entries(role.indicators ?? {}).map(([key, values]) => [key, Float64Array.from(values)]),
  );
  const arrays: FeedArrays = {
    tsOpen,
    tsClose: tsOpen.map((time) => time + ms),
    open: Float64Array.from(role.open),
    high: Float64Array.from(role.high),
    low: Float64Array.from(role.low),
    close: Float64Array.from(role.close),
    volume: new Float64Array(tsOpen.length).fill(1),
    columns,
  };
  const store = new FeedStore(
    {
      format_version: 2,
      hash: '',
      symbol: 'TESTUSDT',
      timeframe: role.timeframe,
      start_ms: tsOpen[0] ?? 0,
      end_ms: (tsOpen.at(-1) ?? 0) + ms,
      bars: tsOpen.length,
      precision: 'float64',
      profile: 'standard',
      candle_digest: '',
      body_start: 0,
      columns: [],
      ...(funding ? { funding } : {}),
    },
    arrays,
  );
  return {
    store,
    indicators: columns,
    firstValid: new Map(),
    visible: execClose && lastClosedBars(execClose, store.tsClose),
    firstBar: 0,
  };
}
