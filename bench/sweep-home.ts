import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCandleDb } from '../src/candles/db.ts';
import { insertCandles } from '../src/candles/insert.ts';
import { synthesizeCandles } from '../src/candles/synth.ts';
import { parseCard } from '../src/card/parse.ts';
import { loadConfig, type Config } from '../src/config.ts';
import { resolveSweep, type Sweep } from '../src/grid/sweep.ts';
import { formatInstant } from '../src/time.ts';

const START_MS = Date.UTC(2023, 0, 1);
const BAR_MS = 300_000;
const WARMUP_BARS = 4_500;

/** EMA cross, long only, ATR stop and rr target: the card that the end-to-end figures are about. */
function cardText(axes: { fast: string; slow: string }, window: string): string {
  return `
id: bench
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 1, min_trade_notional_usdt: 10,
           slippage_bps: 0, fee_model: { taker_bps: 5.5 } }
symbol_universe: [BENCHUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: fast, params: { length: 10 } }
      - { indicator_type: ema, output_key: slow, params: { length: 100 } }
      - { indicator_type: atr, output_key: atr, params: { length: 14 } }
signal_rules:
  entry_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_above, value: slow, is_indicator_comparison: true }]
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]
risk_model:
  stop_loss: { type: atr_multiple, value: 2, atr_key: atr }
  take_profit: { type: rr_ratio, value: 2 }
  sizing: { model: percent_equity, value: 1, max_leverage: 1 }
sweep:
  name: bench
  window: ${window}
  axes:
    fast: { path: exec.fast.length, range: ${axes.fast} }
    slow: { path: exec.slow.length, range: ${axes.slow} }
`;
}

export interface BenchHome extends Disposable {
  readonly config: Config;
  readonly sweep: Sweep;
}

/** A home with `bars` seeded bars in the window (and the warm-up before it), and a sweep over them. */
export async function benchHome(
  bars: number,
  axes: { readonly fast: string; readonly slow: string },
): Promise<BenchHome> {
  const home = mkdtempSync(join(tmpdir(), 'ideasweep-bench-'));
  const config = loadConfig(process.env, { home });
  const windowStartMs = START_MS + WARMUP_BARS * BAR_MS;
  const candles = synthesizeCandles({
    symbol: 'BENCHUSDT',
    timeframe: '5m',
    bars: bars + WARMUP_BARS,
    seed: 1,
    startMs: START_MS,
  });
  await using db = await openCandleDb(config.candlesPath, { readOnly: false });
  await insertCandles(db, candles);
  const end = formatInstant(windowStartMs + bars * BAR_MS);
  const window = `{ start: "${formatInstant(windowStartMs)}", end: "${end}" }`;
  const sweep = resolveSweep(parseCard(cardText(axes, window)), {}, windowStartMs);
  return { config, sweep, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}
