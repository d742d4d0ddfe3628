import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCandleDb } from '../src/candles/db.ts';
import { insertCandles } from '../src/candles/insert.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { loadConfig, type Config } from '../src/config.ts';
import { hashJson, type Json } from '../src/hash.ts';
import { openStore } from '../src/store/db.ts';
import { rankResults } from '../src/store/rank.ts';
import { findSweep } from '../src/store/sweeps.ts';
import { formatInstant } from '../src/time.ts';
import type { Bench, Figure } from './harness.ts';
import { runMeasured } from './measured-process.ts';

interface Size {
  readonly bars: number;
  readonly fast: string;
  readonly slow: string;
}

/**
 * `ideasweep run` as a user types it: W3 in a home that has candles and nothing else, so the cluster,
 * the feeds and the ranks are made on the way. When each phase ended is read off what it left behind.
 */
export const bench: Bench<Size> = {
  name: 'cli-run',
  small: { bars: 1_000, fast: '2..4', slow: '105..115:5' },
  large: { bars: 200_000, fast: '2..101', slow: '105..600:5' },
  async run({ bars, fast, slow }) {
    const home = mkdtempSync(join(tmpdir(), 'ideasweep-bench-'));
    try {
      const config = loadConfig({}, { home });
      await writeCandles(config, bars);
      const card = join(home, 'w3.yml');
      writeFileSync(card, cardText(bars));
      const run = await runMeasured(
        ['src/cli/main.ts', 'run', card, '--axis', `fast=${fast}`, '--axis', `slow=${slow}`],
        { home },
      );
      const again = await runMeasured(
        ['src/cli/main.ts', 'run', card, '--axis', `fast=${fast}`, '--axis', `slow=${slow}`],
        { home },
      );
      const { figures, hash } = await readPhases(config, run.startedMs, run.endedMs);
      return {
        figures: [
          ...figures,
          { label: 'whole command', value: (run.endedMs - run.startedMs) / 1_000, unit: 's' },
          { label: 'private memory, peak', value: run.privateBytesMax / 1e6, unit: 'MB' },
          {
            label: 'once more, cluster and feeds there',
            value: (again.endedMs - again.startedMs) / 1_000,
            unit: 's',
          },
        ],
        hash,
      };
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
};

// --- internal ---

const START_MS = Date.UTC(2022, 0, 1);
const BAR_MS = 300_000;
const WARMUP_BARS = 4_320;

async function writeCandles({ candlesPath }: Config, bars: number): Promise<void> {
  const candles = synthesizeCandles({
    symbol: 'SYNTHUSDT',
    timeframe: '5m',
    bars: bars + WARMUP_BARS,
    seed: 1,
    startMs: START_MS,
  });
  await using db = await openCandleDb(candlesPath, { readOnly: false });
  await insertCandles(db, candles);
}

function cardText(bars: number): string {
  const startMs = START_MS + WARMUP_BARS * BAR_MS;
  return `
id: w3
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 1, min_trade_notional_usdt: 10,
           slippage_bps: 0, fee_model: { taker_bps: 5.5 } }
symbol_universe: [SYNTHUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: fast, params: { length: 10 } }
      - { indicator_type: ema, output_key: slow, params: { length: 100 } }
signal_rules:
  entry_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_above, value: slow, is_indicator_comparison: true }]
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]
sweep:
  name: w3
  window: { start: "${formatInstant(startMs)}", end: "${formatInstant(startMs + bars * BAR_MS)}" }
  axes:
    fast: { path: exec.fast.length, values: [10] }
    slow: { path: exec.slow.length, values: [100] }
`;
}

interface Times {
  readonly createdMs: number;
  readonly startedMs: number;
  readonly claimedMs: number;
  readonly savedMs: number;
}

/** What the first of the two runs left behind. */
async function readPhases(
  config: Config,
  startMs: number,
  endMs: number,
): Promise<{ figures: Figure[]; hash: string }> {
  const clusterMs = statSync(join(config.postgresDir, 'password')).mtimeMs;
  await using store = await openStore(config);
  const [times] = await store.sql<Times[]>`
    select extract(epoch from created_at)::float8 * 1000 as "createdMs",
      extract(epoch from started_at)::float8 * 1000 as "startedMs",
      (select extract(epoch from min(claimed_at))::float8 * 1000 from batches b
        where b.sweep_id = s.sweep_id) as "claimedMs",
      (select extract(epoch from max(updated_at))::float8 * 1000 from batches b
        where b.sweep_id = s.sweep_id) as "savedMs"
    from sweeps s order by sweep_id limit 1`;
  if (!times) throw new Error('the run left no sweep');
  const row = await findSweep(store.sql, 'last');
  const feedMs = Math.max(
    ...row.feeds.map((feed) => statSync(join(config.feedsDir, feed.fileName)).ctimeMs),
  );
  // Counted from the start of the process: the server starts while the plan is made and feeds are built.
  const traces: readonly (readonly [string, number])[] = [
    ['modules and card read, at', clusterMs],
    ['feeds written, at', feedMs],
    ['server up, sweep planned and created, at', times.createdMs],
    ['feeds checked and mapped, at', times.startedMs],
    ['first batch begun, at', times.claimedMs],
    ['last batch saved, at', times.savedMs],
    ['ranked, printed, server stopped, at', endMs],
  ];
  const figures = traces.map(([label, atMs]) => ({ label, value: atMs - startMs, unit: 'ms' }));
  const top = await rankResults(store.sql, { sweep: row, top: 20 });
  return {
    figures,
    hash: hashJson(top.map(({ pointIndex, metrics }) => ({ pointIndex, metrics })) as Json),
  };
}
