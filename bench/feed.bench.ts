import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestMonths } from '../src/candles/digest.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { parseCard } from '../src/card/parse.ts';
import type { IdeaCard } from '../src/card/schema.ts';
import { buildFeatureFrame } from '../src/feed/feature-frame.ts';
import { FeedLibrary } from '../src/feed/feed-library.ts';
import type { MultiTFFeedStore } from '../src/feed/multi-tf.ts';
import { planFeeds, type FeedPlan } from '../src/feed/plan.ts';
import { openMappedFeed } from '../src/feed/mapped-feed.ts';
import { mapFeed } from '../src/feed/read.ts';
import { RuntimeSnapshotView } from '../src/feed/snapshot-view.ts';
import { writeFeed } from '../src/feed/write.ts';
import type { Sweep } from '../src/grid/sweep.ts';
import { hashJson } from '../src/hash.ts';
import { indicator } from '../src/indicators/registry.ts';
import { time, timeAsync, type Bench } from './harness.ts';

interface Size {
  readonly bars: number;
  readonly iterations: number;
}

/** Twenty indicators, every output: what the seed contract bounds at 100 ms for 100,000 bars. */
const INDICATOR_TYPES =
  'ema sma rsi atr macd bbands stoch adx cci mfi obv supertrend willr roc kc donchian mom dm midprice ohlc4'.split(
    ' ',
  );

const START_MS = Date.UTC(2023, 0, 1);
const BAR_MS = 300_000;
const BIND_ROUNDS = 2_000;

/** Feed build from candle arrays, file write, open with every byte checked, bind, view access. */
export const bench: Bench<Size> = {
  small: { bars: 2_000, iterations: 1 },
  large: { bars: 100_000, iterations: 9 },
  async run({ bars, iterations }) {
    const dir = mkdtempSync(join(tmpdir(), 'ideasweep-bench-feed-'));
    try {
      return await measure(dir, bars, iterations);
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
};

// --- internal ---

async function measure(dir: string, bars: number, iterations: number) {
  const candles = synthesizeCandles({
    symbol: 'BTCUSDT',
    timeframe: '5m',
    bars,
    seed: 1,
    startMs: START_MS,
  });
  const sweep = sweepOverAll(bars);
  const facts = [{ ...candles, monthDigests: digestMonths(candles) }];
  const plan = planFeeds({ sweep, facts })[0] as FeedPlan;

  const features = time(iterations, () => {
    for (const column of buildFeatureFrame(plan, candles).columns()) keep(column);
  });
  const cpuMs = cpuTimeOf(iterations, () => {
    for (const column of buildFeatureFrame(plan, candles).columns()) keep(column);
  });
  let path = '';
  const write = await timeAsync(iterations, async () => {
    ({ path } = await writeFeed(dir, plan, candles));
  });
  // A feed is mapped once per process and inode, so each round opens a file of its own.
  const paths = await Promise.all(
    Array.from({ length: iterations + 1 }, async (_, n) => {
      return (await writeFeed(join(dir, String(n)), plan, candles)).path;
    }),
  );
  const open = time(iterations, () => {
    keep(openMappedFeed(mapFeed(paths.pop() as string)));
  });
  const store = openMappedFeed(mapFeed(path));
  const library = new FeedLibrary([store], sweep);
  // Two that share no object: one after itself is known.
  const cards = [structuredClone(sweep.card), structuredClone(sweep.card)];
  const bind = time(iterations, () => {
    for (let n = 0; n < BIND_ROUNDS; n += 1) keep(library.bind(cards[n % 2] as IdeaCard));
  });
  const feeds = library.bind(sweep.card);
  const view = time(iterations, () => keep(walk(feeds)));
  return {
    figures: [
      {
        label: `features, ${INDICATOR_TYPES.length} indicators`,
        value: features.minMs,
        unit: 'ms',
      },
      { label: 'features, median', value: features.medianMs, unit: 'ms' },
      { label: 'features, processor time', value: cpuMs, unit: 'ms' },
      { label: 'columns', value: plan.columns.length, unit: '' },
      { label: 'file', value: statSync(path).size / 1e6, unit: 'MB' },
      { label: 'build and write', value: write.medianMs, unit: 'ms' },
      { label: 'open, every byte checked', value: open.medianMs, unit: 'ms' },
      { label: 'bind a point', value: (bind.medianMs * 1_000) / BIND_ROUNDS, unit: 'µs' },
      { label: 'view, per access', value: (view.medianMs * 1e6) / (bars * 4), unit: 'ns' },
    ],
    hash: hashJson([plan.hash, walk(feeds)]),
  };
}

/** Processor time of this process per round, collector threads included: steadier when the machine is busy. */
function cpuTimeOf(iterations: number, work: () => void): number {
  const before = process.cpuUsage();
  for (let n = 0; n < iterations; n += 1) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / iterations;
}

/** Four accesses a bar: move, price, price back, indicator. */
function walk(feeds: MultiTFFeedStore): number {
  const view = new RuntimeSnapshotView(feeds);
  let sum = 0;
  for (let bar = feeds.windowStartBar; bar < feeds.endBar; bar += 1) {
    view.moveTo(bar);
    const value = view.exec.close - view.exec.price('close', 1) + view.exec.indicator('ema0');
    if (!Number.isNaN(value)) sum += value;
  }
  return sum;
}

/** A sweep of one point whose rules read every output of every indicator. */
function sweepOverAll(bars: number): Sweep {
  const specs = INDICATOR_TYPES.map((type, n) => ({ type, key: `${type}${n}` }));
  const keys = specs.flatMap(({ type, key }) => {
    const { outputs } = indicator(type);
    return outputs.length === 0 ? [key] : outputs.map((output) => `${key}_${output}`);
  });
  const { card } = parseCard(`
id: bench
version: '1'
account: { starting_equity_usdt: 1000, max_leverage: 1, min_trade_notional_usdt: 10, fee_model: { taker_bps: 6 } }
symbol_universe: [BTCUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
${specs.map(({ type, key }) => `      - { indicator_type: ${type}, output_key: ${key} }`).join('\n')}
signal_rules:
  entry_rules:
    - direction: long
      conditions:
${keys.map((key) => `        - { indicator_key: ${key}, operator: gt, value: 0 }`).join('\n')}
risk_model: null
`);
  return {
    name: 'bench',
    card,
    profile: 'standard',
    window: { startMs: START_MS, endMs: START_MS + bars * BAR_MS },
    axes: [],
    constraints: [],
    require: [],
    objective: { metric: 'sharpe', direction: 'maximize' },
    precision: 'float64',
    allowShortWarmup: true,
  };
}

let kept: unknown;

/** Keeps a result alive, so that no engine drops the work that made it. */
function keep(value: unknown): void {
  kept = value;
}

/** Read by nobody; exported so that `kept` is written for a reason. */
export function lastKept(): unknown {
  return kept;
}
