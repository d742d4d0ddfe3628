import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCandleDb } from '../../src/candles/db.ts';
import { insertCandles } from '../../src/candles/insert.ts';
import type { Candles } from '../../src/candles/query.ts';
import { synthesizeCandles } from '../../src/candles/synth.ts';
import { loadConfig, type Config } from '../../src/config.ts';

/** A home folder of its own for one test, removed with everything in it. */
export interface SweepHome extends Disposable {
  readonly config: Config;
}

export function sweepHome(overrides: Partial<Config> = {}): SweepHome {
  const home = mkdtempSync(join(tmpdir(), 'ideasweep-home-'));
  return {
    config: loadConfig({}, { ...overrides, home }),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

export async function storeCandles(config: Config, ...series: readonly Candles[]): Promise<void> {
  await using db = await openCandleDb(config.candlesPath, { readOnly: false });
  for (const candles of series) await insertCandles(db, candles);
}

/** Forty days of BTCUSDT 5m from 2023-02-01, always the same. */
export async function storeFortyDays(config: Config): Promise<void> {
  const series = { symbol: 'BTCUSDT', seed: 7, startMs: Date.UTC(2023, 1, 1) };
  await storeCandles(config, synthesizeCandles({ ...series, timeframe: '5m', bars: 288 * 40 }));
}

/** Real candles lie beside the project, never in it; tests that want them skip where they are absent. */
export const REAL_CANDLES = join(import.meta.dirname, '../../../shared/data');
export const hasRealCandles = existsSync(REAL_CANDLES);
