import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCandleDb } from '../src/candles/db.ts';
import { insertCandles } from '../src/candles/insert.ts';
import { aggregateCandles } from '../src/candles/resample.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { loadConfig, type Config } from '../src/config.ts';
import { formatInstant } from '../src/time.ts';
import { runMeasured, type MeasuredProcess } from './measured-process.ts';

export interface CliHome extends Disposable {
  readonly config: Config;
  /** Path of the card W3. */
  readonly card: string;
  /** `A..B`, what the candles cover behind the warm-up. */
  readonly window: string;
  /** `ideasweep …` in a process of its own. */
  cli(args: readonly string[], options?: { interruptAfterMs?: number }): Promise<MeasuredProcess>;
}

/** A home with synthetic candles (5m, 15m, 1h), `bars` of 5m in the window, and the card W3. */
export async function cliHome(bars: number): Promise<CliHome> {
  const home = mkdtempSync(join(tmpdir(), 'ideasweep-bench-'));
  const config = loadConfig({}, { home });
  await writeCandles(config, bars);
  const startMs = START_MS + WARMUP_BARS * BAR_MS;
  const [start, end] = [formatInstant(startMs), formatInstant(startMs + bars * BAR_MS)];
  const card = join(home, 'w3.yml');
  writeFileSync(card, cardText(`{ start: "${start}", end: "${end}" }`));
  return {
    config,
    card,
    window: `${start}..${end}`,
    cli: (args, options = {}) =>
      runMeasured(['src/cli/ideasweep.js', ...args], { home, ...options }),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Axes as flags: `name` → `2..101`. */
export function axisFlags(axes: Readonly<Record<string, string>>): string[] {
  return Object.entries(axes).flatMap(([name, text]) => ['--axis', `${name}=${text}`]);
}

// --- internal ---

const START_MS = Date.UTC(2022, 0, 1);
const BAR_MS = 300_000;
const WARMUP_BARS = 4_320;

async function writeCandles({ candlesPath }: Config, bars: number): Promise<void> {
  const candles = synthesizeCandles({
    symbol: 'DEMOUSDT',
    timeframe: '5m',
    bars: bars + WARMUP_BARS,
    seed: 1,
    startMs: START_MS,
  });
  await using db = await openCandleDb(candlesPath, { readOnly: false });
  await insertCandles(db, candles);
  for (const timeframe of ['15m', '1h'] as const) {
    await insertCandles(db, aggregateCandles(candles, timeframe).candles);
  }
}

function cardText(window: string): string {
  return `
id: w3
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 1, min_trade_notional_usdt: 10,
           slippage_bps: 0, fee_model: { taker_bps: 5.5 } }
symbol_universe: [DEMOUSDT]
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
risk_model:
  sizing: { model: percent_notional, value: 100, max_leverage: 1 }
sweep:
  name: w3
  window: ${window}
  axes:
    fast: { path: exec.fast.length, values: [10] }
    slow: { path: exec.slow.length, values: [100] }
    size: { path: risk_model.sizing.value, values: [100] }
`;
}
