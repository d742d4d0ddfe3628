import { assert, required } from '../src/assert.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { parseCard } from '../src/card/parse.ts';
import type { IdeaCard } from '../src/card/schema.ts';
import { GROUP_POINTS, SweepKernel, type KernelPoint } from '../src/engine/kernel/kernel.ts';
import { MultiTFFeedStore } from '../src/feed/multi-tf.ts';
import { sha256 } from '../src/hash.ts';
import { indicator } from '../src/indicators/registry.ts';
import { METRIC_COLUMNS } from '../src/metrics/registry.ts';
import { feedsFromArrays } from '../test/support/backtests.ts';
import { time, type Bench } from './harness.ts';

interface Size {
  readonly bars: number;
  readonly points: number;
  readonly iterations: number;
}

/**
 * How the kernel's cost of a point grows, one core: each slope is the difference of two least costs that
 * differ in one thing. Points read columns of their own, so nothing is shared but the market.
 */
export const bench: Bench<Size> = {
  small: { bars: 3_000, points: 4, iterations: 1 },
  large: { bars: 100_000, points: 8, iterations: 99 },
  run({ bars, points, iterations }) {
    const quarter = Math.floor(bars / 4);
    const tiny = Math.floor(bars / 100);
    const measure = (of: Omit<Case, 'points' | 'iterations'>, more = 1) =>
      costOf({ ...of, points: points * more, iterations: Math.ceil(iterations / more) });
    const none = { timeframe: '5m', conditions: 1, every: undefined } as const;
    const whole = measure({ ...none, bars });
    const part = measure({ ...none, bars: quarter });
    const wide = measure({ ...none, bars, conditions: 5 });
    // Many points, so that no branch is foreseen because it was taken before.
    const rare = measure({ ...none, bars, every: 1_000 }, 4);
    const often = measure({ ...none, bars, every: 100 }, 4);
    const short = measure({ ...none, bars: tiny });
    const long = measure({ ...none, bars: quarter, timeframe: '4h' });
    const perTrade = (often.us - rare.us) / (often.trades - rare.trades);
    const all = [whole, part, wide, rare, often, short, long];
    return {
      figures: [
        { label: 'bar', value: ((whole.us - part.us) / (bars - quarter)) * 1_000, unit: 'ns' },
        {
          label: 'bar and further condition',
          value: (wide.us - whole.us) / bars / 4e-3,
          unit: 'ns',
        },
        { label: 'trade', value: perTrade * 1_000, unit: 'ns' },
        {
          label: 'day',
          value: ((long.us - part.us) / (long.days - part.days)) * 1_000,
          unit: 'ns',
        },
        { label: `point of ${tiny} bars`, value: short.us, unit: 'µs' },
        { label: `point of ${bars} bars without a trade`, value: whole.us, unit: 'µs' },
      ],
      hash: sha256(all.map(({ hash }) => hash).join(' ')),
    };
  },
};

// --- internal ---

interface Case {
  readonly bars: number;
  readonly timeframe: '5m' | '4h';
  /** Of the entry rule, each over columns of its own. */
  readonly conditions: number;
  /** Bars from one trade of HELD_BARS to the next; undefined where averages of the close never cross. */
  readonly every: number | undefined;
  readonly points: number;
  readonly iterations: number;
}

interface Cost {
  readonly us: number;
  /** Of a point, on average. */
  readonly trades: number;
  readonly days: number;
  readonly hash: string;
}

const HOUR_MS = 3_600_000;

/** Short, so that what a trade costs is not what its bars cost. */
const HELD_BARS = 40;

/** Every condition is computed for every point, from columns that are there. */
const BUDGET = { bitBytesMax: 0, columnBytesMax: 2 ** 28 };

function costOf(one: Case): Cost {
  const { points, window } = pointsOf(one);
  const kernel = new SweepKernel(window, BUDGET);
  const { minMs } = time(one.iterations, () => {
    for (let n = 0; n < points.length; n += GROUP_POINTS) {
      kernel.run(points.slice(n, n + GROUP_POINTS));
    }
  });
  const tradesAt = METRIC_COLUMNS.indexOf('total_trades');
  const trades = points.reduce((sum, { out }) => sum + (out[tradesAt] as number), 0);
  assert(one.every !== undefined || trades === 0, 'slopes bench: columns apart made a trade');
  return {
    us: (minMs * 1_000) / points.length,
    trades: trades / points.length,
    days: (window.endMs - window.startMs) / (24 * HOUR_MS),
    hash: sha256(points.map(({ out }) => sha256(new Uint8Array(out.buffer))).join(' ')),
  };
}

function pointsOf({ bars, timeframe, conditions, every, points }: Case): {
  points: KernelPoint[];
  window: { startMs: number; endMs: number };
} {
  const startMs = Date.UTC(2023, 0, 1);
  const candles = synthesizeCandles({ symbol: 'TESTUSDT', timeframe, bars, seed: 7, startMs });
  const { tsOpen, open, high, low, close, volume } = candles;
  const base = feedsFromArrays({ exec: { timeframe, tsOpen, open, high, low, close } });
  const inputs = { source: close, open, high, low, close, volume };
  const ema = (length: number): Float64Array =>
    required(indicator('ema').compute(inputs, { length }, 'standard')[''], 'ema has an output');
  const wave = (period: number, phase: number): Float64Array =>
    Float64Array.from({ length: bars }, (_, i) => ((i + phase) % period < HELD_BARS ? 2 : 0));
  const never = new Float64Array(bars).fill(Number.MAX_VALUE ** 0.1);
  const card = cardOf(timeframe, conditions);
  const start = Math.min(bars - 1, 600);
  const windowed = Array.from({ length: points }, (_, n) => {
    const columns = Array.from({ length: conditions }, (__, k): [string, Float64Array][] => [
      [`fast${k}`, every === undefined ? ema(5 + n + k * points) : wave(every, 37 * n)],
      [`slow${k}`, every === undefined ? never : new Float64Array(bars).fill(1)],
    ]).flat();
    const exec = { ...base.exec, indicators: new Map(columns) };
    const feeds = new MultiTFFeedStore({ exec, windowStartBar: start, endBar: bars });
    return { card, feeds, out: new Float64Array(METRIC_COLUMNS.length) };
  });
  const endMs = required(base.exec.store.tsClose.at(-1), 'there are bars');
  return { points: windowed, window: { startMs: tsOpen[start] ?? 0, endMs } };
}

function cardOf(timeframe: string, conditions: number): IdeaCard {
  const cross = (operator: string, k: number): string =>
    `{ indicator_key: fast${k}, operator: ${operator}, value: slow${k}, is_indicator_comparison: true }`;
  const all = Array.from({ length: conditions }, (_, k) => cross('cross_above', k));
  const specs = all.flatMap((_, k) =>
    ['fast', 'slow'].map((key) => `{ indicator_type: ema, output_key: ${key}${k} }`),
  );
  return parseCard(`
id: slopes
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 1, min_trade_notional_usdt: 0,
           slippage_bps: 0, fee_model: { taker_bps: 5.5 } }
symbol_universe: [TESTUSDT]
tf_configs:
  exec: { tf: ${timeframe}, role: exec, feature_specs: [${specs.join(', ')}] }
signal_rules:
  entry_rules: [{ direction: long, conditions: [${all.join(', ')}] }]
  exit_rules: [{ direction: long, conditions: [${cross('cross_below', 0)}] }]`).card;
}
