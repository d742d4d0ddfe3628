import { assert, required } from '../src/assert.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { parseCard } from '../src/card/parse.ts';
import type { IdeaCard } from '../src/card/schema.ts';
import { BacktestBuffers, runBacktest } from '../src/engine/backtest.ts';
import { GROUP_POINTS, SweepKernel } from '../src/engine/kernel/kernel.ts';
import { PROFILES } from '../src/engine/profile.ts';
import { compileStrategy } from '../src/engine/strategy.ts';
import { MultiTFFeedStore } from '../src/feed/multi-tf.ts';
import type { Axis } from '../src/grid/axis.ts';
import { VisitOrder } from '../src/grid/visit-order.ts';
import { sha256 } from '../src/hash.ts';
import { BLOCK_POINTS_MAX } from '../src/limits.ts';
import { indicator } from '../src/indicators/registry.ts';
import { writeMetrics } from '../src/metrics/metrics.ts';
import { METRIC_COLUMNS } from '../src/metrics/registry.ts';
import { feedsFromArrays } from '../test/support/backtests.ts';
import { compare, time, type Bench, type Figure } from './harness.ts';
import { compilePlainLoop, type PlainLoop, type PlainLoopInputs } from './peers/plain-loop.ts';

interface Size {
  readonly bars: number;
  readonly w3Bars: number;
  /** Every n-th point of each workload is run. */
  readonly thinning: number;
  readonly iterations: number;
}

/**
 * The kernel on one core with all metrics of profile `standard`, in turn with a plain C loop that
 * has four. W1: EMA cross, 200 points. W2: with 4 % target and ten stops, 2,000 points. W3: fast
 * 2..101 × slow 105..600/5 over 200,000 bars, every tenth fast. Equal results come first: the bar
 * loop's bits on a sample, the C loop's equity, trades, wins and drawdown on every point. Exits: 100
 * entry settings with 400 pairs of stop and target each, against W2 with nothing shared.
 */
export const bench: Bench<Size> = {
  name: 'kernel',
  small: { bars: 3_000, w3Bars: 4_000, thinning: 67, iterations: 1 },
  large: { bars: 104_816, w3Bars: 200_000, thinning: 1, iterations: 9 },
  run(size) {
    const plain = compilePlainLoop();
    const hashes: string[] = [];
    const figures = (['W1', 'W2', 'W3'] as const).flatMap((name) => {
      const work = workload(name, size);
      hashes.push(checkResults(work, plain));
      return measure(name, work, plain, size.iterations);
    });
    const exits = workload('exits', size);
    hashes.push(checkResults(exits, undefined));
    return {
      figures: [...figures, ...measureExits(exits, workload('W2', size))],
      hash: sha256(hashes.join(' ')),
    };
  },
};

// --- internal ---

const FEE_BPS = 5.5;
const TARGET_PCT = 4;

interface Point {
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
  readonly plain: PlainLoopInputs;
}

interface Workload {
  readonly bars: number;
  readonly window: { readonly startMs: number; readonly endMs: number };
  readonly points: readonly Point[];
}

function cardText(hasStop: boolean): string {
  const cross = (operator: string): string =>
    `{ indicator_key: fast, operator: ${operator}, value: slow, is_indicator_comparison: true }`;
  const risk = `
risk_model:
  stop_loss: { type: percent, value: 2 }
  take_profit: { type: percent, value: ${TARGET_PCT} }
  sizing: { model: percent_notional, value: 100, max_leverage: 1 }`;
  return `
id: kernel-bench
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 1, min_trade_notional_usdt: 0,
           slippage_bps: 0, fee_model: { taker_bps: ${FEE_BPS} } }
symbol_universe: [TESTUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: fast, params: { length: 10 } }
      - { indicator_type: ema, output_key: slow, params: { length: 50 } }
signal_rules:
  entry_rules: [{ direction: long, conditions: [${cross('cross_above')}] }]
  exit_rules: [{ direction: long, conditions: [${cross('cross_below')}] }]
${hasStop ? risk : ''}`;
}

function range(start: number, stop: number, step: number): number[] {
  return Array.from({ length: Math.floor((stop - start) / step) + 1 }, (_, i) => start + i * step);
}

/** Axes of a workload; stop 0 stands for neither stop nor target. Percent. */
const AXES = {
  W1: { fasts: range(5, 50, 5), slows: range(60, 250, 10), stops: [0], targets: [TARGET_PCT] },
  W2: {
    fasts: range(5, 50, 5),
    slows: range(60, 250, 10),
    stops: range(0.5, 5, 0.5),
    targets: [TARGET_PCT],
  },
  W3: { fasts: range(2, 101, 10), slows: range(105, 600, 5), stops: [0], targets: [TARGET_PCT] },
  exits: {
    fasts: range(5, 50, 5),
    slows: range(60, 250, 20),
    stops: range(0.25, 5, 0.25),
    targets: range(0.5, 10, 0.5),
  },
};

function workload(name: keyof typeof AXES, size: Size): Workload {
  const { fasts, slows, stops, targets } = AXES[name];
  const bars = name === 'W3' ? size.w3Bars : size.bars;
  const { card } = parseCard(cardText(stops[0] !== 0));
  const start = Math.max(...slows);
  const market = marketOf(bars, start);
  const all = fasts.flatMap((fast) =>
    slows.flatMap((slow) =>
      stops.flatMap((stop) => targets.map((target) => ({ fast, slow, stop, target }))),
    ),
  );
  const points = inVisitOrder(all, [
    axis('tf_configs', fasts),
    axis('tf_configs', slows),
    axis('risk_model', stops),
    axis('risk_model', targets),
  ])
    .filter((_, i) => i % size.thinning === 0)
    .map(({ fast, slow, stop, target }) => ({
      card: stop === 0 ? card : withExits(card, stop, target),
      feeds: market.feedsOf(fast, slow),
      plain: {
        ...market.prices,
        start,
        end: bars,
        fast: market.ema(fast),
        slow: market.ema(slow),
        fee: FEE_BPS / 10_000,
        stopPct: stop,
        targetPct: target,
      },
    }));
  return { bars: bars - start, window: market.window, points };
}

/** As a sweep's threads run them, in blocks of neighbours. */
function inVisitOrder<T>(points: readonly T[], axes: readonly Axis[]): readonly T[] {
  const order = new VisitOrder(axes);
  const blocks = Math.ceil(points.length / BLOCK_POINTS_MAX);
  return Array.from({ length: blocks }, (_, b) => {
    const first = b * BLOCK_POINTS_MAX;
    const last = Math.min(points.length, first + BLOCK_POINTS_MAX);
    return order.sort(Array.from({ length: last - first }, (__, i) => first + i));
  }).flatMap((block) => block.map((index) => points[index] as T));
}

function axis(section: string, values: readonly number[]): Axis {
  const members = [{ column: 'value', path: [section, 'value'], text: `${section}.value` }];
  return { name: 'value', members, values: values.map((value) => [value]) };
}

interface Market {
  readonly prices: Pick<PlainLoopInputs, 'open' | 'high' | 'low' | 'close'>;
  readonly window: Workload['window'];
  ema(length: number): Float64Array;
  feedsOf(fast: number, slow: number): MultiTFFeedStore;
}

function marketOf(bars: number, start: number): Market {
  const candles = synthesizeCandles({
    symbol: 'TESTUSDT',
    timeframe: '5m',
    bars,
    seed: 7,
    startMs: Date.UTC(2023, 0, 1),
  });
  const { tsOpen, open, high, low, close, volume } = candles;
  const inputs = { source: close, open, high, low, close, volume };
  const emas = new Map<number, Float64Array>();
  const ema = (length: number): Float64Array => {
    const column =
      emas.get(length) ??
      required(indicator('ema').compute(inputs, { length }, 'standard')[''], 'ema has an output');
    emas.set(length, column);
    return column;
  };
  const exec = { timeframe: '5m' as const, tsOpen, open, high, low, close, indicators: {} };
  const base = feedsFromArrays({ exec, windowStartBar: start });
  const feedsOf = (fast: number, slow: number): MultiTFFeedStore =>
    new MultiTFFeedStore({
      exec: {
        ...base.exec,
        indicators: new Map([
          ['fast', ema(fast)],
          ['slow', ema(slow)],
        ]),
      },
      windowStartBar: start,
      endBar: bars,
    });
  const window = { startMs: tsOpen[start] ?? 0, endMs: (tsOpen[bars - 1] ?? 0) + 300_000 };
  return { prices: { open, high, low, close }, window, ema, feedsOf };
}

function withExits(card: IdeaCard, stop: number, target: number): IdeaCard {
  const risk = required(card.risk_model, 'the card has a risk model');
  const stopLoss = { ...required(risk.stop_loss, 'the card has a stop'), value: stop };
  const takeProfit = { ...required(risk.take_profit, 'the card has a target'), value: target };
  return { ...card, risk_model: { ...risk, stop_loss: stopLoss, take_profit: takeProfit } };
}

/** Compares every point with C and a sample with the bar loop; a hash of the kernel's rows. */
function checkResults({ points, window }: Workload, plain: PlainLoop | undefined): string {
  const kernel = new SweepKernel(window);
  const row = new Float64Array(METRIC_COLUMNS.length);
  const looped = new Float64Array(METRIC_COLUMNS.length);
  const four = new Float64Array(4);
  let hash = '';
  for (const [i, { card, feeds, plain: inputs }] of points.entries()) {
    assert(kernel.run([{ card, feeds, out: row }])[0], 'kernel bench: the kernel declined a point');
    if (i % (points.length > 10_000 ? 1_000 : 50) === 0) {
      runLoop({ card, feeds, window, row: looped });
      const isEqual = row.every((value, k) => Object.is(value, looped[k]));
      assert(isEqual, 'kernel bench: kernel and bar loop differ');
      hash = sha256(hash + sha256(new Uint8Array(row.buffer)));
    }
    if (plain === undefined) continue;
    plain(inputs, four);
    const wanted = ['final_equity', 'total_trades', 'win_count', 'max_drawdown_pct'] as const;
    for (const [k, name] of wanted.entries()) {
      const [a, b] = [four[k] as number, row[METRIC_COLUMNS.indexOf(name)] as number];
      assert(
        Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)),
        `kernel bench: C's ${name} differs`,
      );
    }
  }
  return hash;
}

function runLoop(run: {
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
  readonly window: Workload['window'];
  readonly row: Float64Array;
}): void {
  const { card, feeds, window, row } = run;
  const result = runBacktest(feeds, compileStrategy(card, feeds), {
    card,
    rules: PROFILES.standard,
    windowStartMs: window.startMs,
    windowEndMs: window.endMs,
    buffers: LOOP_BUFFERS,
  });
  writeMetrics(result, row);
}

const LOOP_BUFFERS = new BacktestBuffers();

function measure(
  name: string,
  { points, bars, window }: Workload,
  plain: PlainLoop | undefined,
  iterations: number,
): Figure[] {
  const kernel = new SweepKernel(window);
  const row = new Float64Array(METRIC_COLUMNS.length);
  const four = new Float64Array(4);
  const group = points.map(({ card, feeds }) => ({ card, feeds, out: row }));
  const runKernel = (): void => {
    for (let n = 0; n < group.length; n += GROUP_POINTS) {
      kernel.run(group.slice(n, n + GROUP_POINTS));
    }
  };
  const runPlain = (): void => {
    for (const { plain: inputs } of points) plain?.(inputs, four);
  };
  const speed = (label: string, ms: number, count: number): Figure => ({
    label: `${name} ${label}`,
    value: (count * bars) / ms / 1_000,
    unit: 'M/s',
  });
  const few = points.filter((_, i) => i % 20 === 0);
  const loopMs = time(iterations, () => {
    for (const { card, feeds } of few) runLoop({ card, feeds, window, row });
  }).medianMs;
  const { a, b, ratio } = compare(iterations, runKernel, runPlain);
  const loopRatio = (loopMs * points.length) / few.length / a.medianMs;
  const figures = [
    speed('kernel, all metrics', a.medianMs, points.length),
    speed('bar loop, all metrics', loopMs, few.length),
    { label: `${name} kernel / bar loop`, value: loopRatio, unit: 'x' },
  ];
  if (plain === undefined) return figures;
  return [
    ...figures,
    speed('plain C, 4 metrics', b.medianMs, points.length),
    { label: `${name} kernel / plain C`, value: ratio, unit: 'x' },
  ];
}

/** A point of an exit grid beside a point of W2 that shares nothing with the one before it. */
function measureExits(exits: Workload, w2: Workload): Figure[] {
  const row = new Float64Array(METRIC_COLUMNS.length);
  const kernel = new SweepKernel(exits.window);
  const runExits = (): void => {
    for (let n = 0; n < exits.points.length; n += GROUP_POINTS) {
      const group = exits.points.slice(n, n + GROUP_POINTS);
      kernel.run(group.map(({ card, feeds }) => ({ card, feeds, out: row })));
    }
  };
  // No bitset is kept, and neighbours differ in their signals.
  const alone = new SweepKernel(w2.window, { bitBytesMax: 0 });
  const stops = AXES.W2.stops.length;
  const apart = w2.points.filter((_, n) => n % stops === 0);
  const runAlone = (): void => {
    for (const { card, feeds } of apart) alone.run([{ card, feeds, out: row }]);
  };
  const { a, b } = compare(3, runExits, runAlone);
  const [shared, single] = [a.medianMs / exits.points.length, b.medianMs / apart.length];
  return [
    { label: 'exit grid, a point', value: shared * 1_000, unit: 'µs' },
    { label: 'W2 one by one, a point', value: single * 1_000, unit: 'µs' },
    { label: 'W2 one by one / exit grid', value: single / shared, unit: 'x' },
  ];
}
