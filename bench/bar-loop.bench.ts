import { assert } from '../src/assert.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { parseCard } from '../src/card/parse.ts';
import type { IdeaCard } from '../src/card/schema.ts';
import { BacktestBuffers, runBacktest, type BacktestResult } from '../src/engine/backtest.ts';
import { PROFILES } from '../src/engine/profile.ts';
import { compileStrategy, ruleStrategy, type Strategy } from '../src/engine/strategy.ts';
import type { MultiTFFeedStore } from '../src/feed/multi-tf.ts';
import { sha256 } from '../src/hash.ts';
import { indicator } from '../src/indicators/registry.ts';
import { METRIC_COLUMNS } from '../src/metrics/registry.ts';
import { writeMetrics } from '../src/metrics/metrics.ts';
import { feedsFromArrays } from '../test/support/backtests.ts';
import { time, type Bench, type Figure } from './harness.ts';

interface Size {
  readonly bars: number;
  readonly iterations: number;
}

/**
 * The seed contract: the bar loop over typed arrays against the path that it replaces, where every
 * bar makes a row object (`df.iloc[i]`) and a snapshot object with a dictionary of the features
 * (`_build_snapshot`); and, without a bound, against plain row objects without the dictionary.
 * Exchange, sizing and account are the same code in all of them, and so must be the results.
 */
export const bench: Bench<Size> = {
  small: { bars: 2_000, iterations: 1 },
  large: { bars: 105_120, iterations: 5 },
  run({ bars, iterations }) {
    const { card } = parseCard(CARD);
    const market = buildMarket(bars);
    const context: Context = { card, market, buffers: new BacktestBuffers() };
    const row = new Float64Array(METRIC_COLUMNS.length);
    const loops: readonly Loop[] = [
      { label: 'typed arrays', make: () => compileStrategy(card, market.feeds) },
      { label: 'RuntimeSnapshotView, bar by bar', make: () => ruleStrategy(card) },
      { label: 'row + snapshot dictionary', make: () => dictionaryStrategy(card, market.rows) },
      { label: 'plain row objects', make: () => rowStrategy(market.rows) },
    ];
    const hashes = loops.map(({ make }) => hashOf(runOnce(context, make())));
    assert(new Set(hashes).size === 1, 'bar-loop: the four loops give different results');
    const medians = loops.map(({ make }) => {
      const work = () => void runOnce(context, make());
      return time(iterations, work).medianMs;
    });
    const result = runOnce(context, compileStrategy(card, market.feeds));
    const metricsMs = time(iterations, () => void writeMetrics(result, row)).medianMs;
    return {
      figures: [
        ...loops.map(({ label }, i) => speed(label, bars, medians[i] ?? 0)),
        ratio('dictionary / typed arrays', medians[2], medians[0]),
        ratio('plain rows / typed arrays', medians[3], medians[0]),
        { label: 'all metrics', value: (metricsMs * 1e6) / bars, unit: 'ns/bar' },
        { label: 'trades', value: result.trades.count, unit: '' },
        ...memoryFigures(bars),
      ],
      hash: hashes[0] ?? '',
    };
  },
};

// --- internal ---

interface Loop {
  readonly label: string;
  readonly make: () => Strategy;
}

interface Market {
  readonly feeds: MultiTFFeedStore;
  readonly rows: readonly Row[];
}

interface Context {
  readonly card: IdeaCard;
  readonly market: Market;
  readonly buffers: BacktestBuffers;
}

type Row = Record<string, number>;

const WARMUP_BARS = 300;
const FIRST_OPEN_MS = Date.UTC(2023, 0, 1);

/** Twenty features, as the seed design counts; the rules read three of them. */
const FEATURES: readonly (readonly [key: string, type: string, length: number])[] = [
  ['fast', 'ema', 10],
  ['slow', 'ema', 50],
  ['atr', 'atr', 14],
  ...[7, 21, 34, 55, 89, 144].map((length) => [`ema_${length}`, 'ema', length] as const),
  ...[10, 20, 50, 100].map((length) => [`sma_${length}`, 'sma', length] as const),
  ...[7, 14, 21, 28].map((length) => [`rsi_${length}`, 'rsi', length] as const),
  ...[7, 21, 28].map((length) => [`atr_${length}`, 'atr', length] as const),
];

const CARD = `
id: bar-loop
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 3, min_trade_notional_usdt: 10,
           slippage_bps: 2, fee_model: { taker_bps: 5.5 } }
symbol_universe: [TESTUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: fast, params: { length: 10 } }
      - { indicator_type: ema, output_key: slow, params: { length: 50 } }
      - { indicator_type: atr, output_key: atr, params: { length: 14 } }
signal_rules:
  entry_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_above, value: slow, is_indicator_comparison: true }]
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]
risk_model:
  stop_loss: { type: atr_multiple, value: 4, atr_key: atr }
  take_profit: { type: rr_ratio, value: 3 }
  sizing: { model: percent_equity, value: 1, max_leverage: 3 }
`;

function buildMarket(bars: number): Market {
  const candles = synthesizeCandles({
    symbol: 'TESTUSDT',
    timeframe: '5m',
    bars,
    seed: 7,
    startMs: FIRST_OPEN_MS,
  });
  const { tsOpen, open, high, low, close, volume } = candles;
  const inputs = { source: close, open, high, low, close, volume };
  const indicators = Object.fromEntries(
    FEATURES.map(([key, type, length]) => [
      key,
      indicator(type).compute(inputs, { length }, 'standard')[''] as Float64Array,
    ]),
  );
  const exec = { timeframe: '5m' as const, tsOpen, open, high, low, close, indicators };
  const columns = { timestamp: tsOpen, open, high, low, close, volume, ...indicators };
  return {
    feeds: feedsFromArrays({ exec, windowStartBar: WARMUP_BARS }),
    rows: rowsOf(columns, bars),
  };
}

function rowsOf(columns: Readonly<Record<string, Float64Array>>, bars: number): Row[] {
  const names = Object.keys(columns);
  return Array.from({ length: bars }, (_, bar) => {
    const row: Row = {};
    for (const name of names) row[name] = columns[name]?.[bar] as number;
    return row;
  });
}

function runOnce({ card, market, buffers }: Context, strategy: Strategy): BacktestResult {
  const { feeds } = market;
  return runBacktest(feeds, strategy, {
    card,
    rules: PROFILES.standard,
    windowStartMs: feeds.exec.store.tsOpen[WARMUP_BARS] ?? 0,
    windowEndMs: feeds.exec.store.tsClose.at(-1) ?? 0,
    buffers,
  });
}

interface Snapshot {
  readonly timestamp: number;
  readonly markPrice: number;
  readonly bar: Row;
  readonly features: Readonly<Record<string, number>>;
}

/** Per bar: a row copied out of the table, and a snapshot with the features in a dictionary. */
function dictionaryStrategy(card: IdeaCard, rows: readonly Row[]): Strategy {
  const keys = FEATURES.map(([key]) => key);
  const [entry] = card.signal_rules.entry_rules[0]?.conditions ?? [];
  assert(entry, 'the card has an entry');
  const [left, right] = [entry.indicator_key, String(entry.value)];
  let previous: Snapshot | undefined;
  return {
    decide(view, side) {
      const bar = { ...(rows[view.barIndex] as Row) };
      const features = Object.fromEntries(keys.map((key) => [key, bar[key] as number]));
      const now: Snapshot = {
        timestamp: bar['timestamp'] as number,
        markPrice: bar['close'] as number,
        bar,
        features,
      };
      const before = previous ?? snapshotBefore(rows, view.barIndex);
      previous = now;
      return crossOf(now.features, before.features, { left, right, side });
    },
  };
}

function snapshotBefore(rows: readonly Row[], bar: number): Snapshot {
  const row = rows[bar - 1] as Row;
  return { timestamp: 0, markPrice: row['close'] as number, bar: row, features: row };
}

function crossOf(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
  { left, right, side }: { left: string; right: string; side: -1 | 0 | 1 },
): 0 | 1 | 3 {
  const [a, b] = [now[left] as number, now[right] as number];
  const [a0, b0] = [before[left] as number, before[right] as number];
  if (side === 0) return a > b && a0 <= b0 ? 1 : 0;
  return a < b && a0 >= b0 ? 3 : 0;
}

/** Row objects read as they lie, without copies or dictionaries: what modern V8 makes of them. */
function rowStrategy(rows: readonly Row[]): Strategy {
  return {
    decide(view, side) {
      const now = rows[view.barIndex] as { fast: number; slow: number } & Row;
      const before = rows[view.barIndex - 1] as { fast: number; slow: number } & Row;
      if (side === 0) return now.fast > now.slow && before.fast <= before.slow ? 1 : 0;
      return now.fast < now.slow && before.fast >= before.slow ? 3 : 0;
    },
  };
}

function hashOf({ equity, trades }: BacktestResult): string {
  const bytes = new Uint8Array(equity.buffer, equity.byteOffset, equity.byteLength);
  return sha256(`${trades.count} ${sha256(bytes)}`);
}

function speed(label: string, bars: number, ms: number): Figure {
  return { label, value: bars / ms / 1_000, unit: 'M bars/s' };
}

function ratio(label: string, slow = 0, fast = 0): Figure {
  return { label, value: slow / fast, unit: 'x' };
}

/** Bytes that the columns and the rows of the same table keep alive; needs --expose-gc. */
function memoryFigures(bars: number): Figure[] {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (!collect) return [];
  const heldBy = (make: () => unknown): number => {
    collect();
    collect();
    const before = process.memoryUsage();
    const held = [make()];
    collect();
    collect();
    const after = process.memoryUsage();
    assert(held.length === 1, 'kept alive until measured');
    return after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  };
  const names = [
    ...FEATURES.map(([key]) => key),
    'timestamp',
    'open',
    'high',
    'low',
    'close',
    'volume',
  ];
  const tableOf = () =>
    Object.fromEntries(
      names.map((name, i) => [
        name,
        Float64Array.from({ length: bars }, (_, bar) => (bar + 1) * 1.1 + i * 0.37),
      ]),
    );
  const columns = heldBy(tableOf);
  const table = tableOf();
  const rows = heldBy(() => rowsOf(table, bars));
  return [
    { label: 'memory, typed arrays', value: columns / 2 ** 20, unit: 'MB' },
    { label: 'memory, row objects', value: rows / 2 ** 20, unit: 'MB' },
    { label: 'memory saved', value: 100 * (1 - columns / rows), unit: '%' },
  ];
}
