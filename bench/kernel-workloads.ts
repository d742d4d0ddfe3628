import { required } from '../src/assert.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { parseCard } from '../src/card/parse.ts';
import type { IdeaCard } from '../src/card/schema.ts';
import { MultiTFFeedStore } from '../src/feed/multi-tf.ts';
import type { Axis } from '../src/grid/axis.ts';
import { VisitOrder } from '../src/grid/visit-order.ts';
import { BLOCK_POINTS_MAX } from '../src/limits.ts';
import { indicator } from '../src/indicators/registry.ts';
import { feedsFromArrays } from '../test/support/backtests.ts';
import type { PlainLoopInputs } from './peers/plain-loop.ts';
import type { PeerWorkload } from './peers/python-peers.ts';

/** The workloads that kernel.bench.ts times: points in the order of a sweep's threads, and for C. */
export interface WorkloadSize {
  readonly bars: number;
  readonly w3Bars: number;
  /** Every n-th point of each workload is run. */
  readonly thinning: number;
}

const FEE_BPS = 5.5;
const TARGET_PCT = 4;

export interface WorkloadPoint {
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
  readonly plain: PlainLoopInputs;
}

export interface Workload {
  readonly bars: number;
  readonly window: { readonly startMs: number; readonly endMs: number };
  readonly points: readonly WorkloadPoint[];
  /** The same points for other libraries. */
  readonly forPeers: PeerWorkload;
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
export const AXES = {
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

export function workload(name: keyof typeof AXES, size: WorkloadSize): Workload {
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
  const settings = inVisitOrder(all, [
    axis('tf_configs', fasts),
    axis('tf_configs', slows),
    axis('risk_model', stops),
    axis('risk_model', targets),
  ]).filter((_, i) => i % size.thinning === 0);
  const range = { start, end: bars, fee: FEE_BPS / 10_000 };
  const points = settings.map(({ fast, slow, stop, target }) => ({
    card: stop === 0 ? card : withExits(card, stop, target),
    feeds: market.feedsOf(fast, slow),
    plain: {
      ...market.prices,
      ...range,
      fast: market.ema(fast),
      slow: market.ema(slow),
      stopPct: stop,
      targetPct: target,
    },
  }));
  const forPeers = {
    ...market.prices,
    ...range,
    ema: (length: number) => market.ema(length),
    cash: card.account.starting_equity_usdt,
    points: settings.map(({ fast, slow, stop, target }) => ({
      fast,
      slow,
      stopPct: stop,
      targetPct: stop === 0 ? 0 : target,
    })),
  };
  return { bars: bars - start, window: market.window, points, forPeers };
}

/** As a sweep's threads run them, in blocks of neighbours. */
function inVisitOrder<T>(points: readonly T[], axes: readonly Axis[]): readonly T[] {
  const order = new VisitOrder(axes);
  const blocks = Math.ceil(points.length / BLOCK_POINTS_MAX);
  return Array.from({ length: blocks }, (_, b) => {
    const first = b * BLOCK_POINTS_MAX;
    const last = Math.min(points.length, first + BLOCK_POINTS_MAX);
    return order.arrange(Array.from({ length: last - first }, (__, i) => first + i));
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
