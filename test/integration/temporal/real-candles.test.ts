import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCandleDb } from '../../../src/candles/db.ts';
import { importCandles } from '../../../src/candles/ingest.ts';
import { crossCard, multiTimeframeCard } from '../../support/cards.ts';
import { hasRealCandles, REAL_CANDLES } from '../../support/sweep-home.ts';
import { spawnCli, temporalHome } from '../../support/temporal-home.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

/** The issue's own sweep: 40 × 40 × 5 points over a year of 5m bars. */
const CROSS = crossCard(`
  window: { start: 2023-01-15, end: 2024-01-01 }
  axes:
    fast: { path: exec.fast.length, range: { start: 2, stop: 80, step: 2 } }
    slow: { path: exec.slow.length, range: { start: 85, stop: 280, step: 5 } }
    stop: { path: risk_model.stop_loss.value, range: { start: 1, stop: 3, step: 0.5 } }
`);
const MULTI = multiTimeframeCard(`
  window: { start: 2023-02-01, end: 2024-01-01 }
  axes:
    rsi: { path: exec.rsi.length, values: [7, 14, 21] }
    fast: { path: mtf.macd.fast, values: [8, 12] }
    trend: { path: htf.trend.length, values: [20, 50, 80] }
`);

/** With a Temporal address in the environment, `run` would take it for the executor. */
const LOCAL = ['--executor', 'local', '--fresh'];

const isReady = hasRealCandles && temporalAddress() !== undefined;
const reason = hasRealCandles ? temporalSkipReason() : ' (skipped: ../shared/data is absent)';

// Whole years and thousands of transactions: minutes on a busy machine.
describe.skipIf(!isReady)(`real candles of 2023${reason}`, { timeout: 900_000 }, () => {
  const home = temporalHome({ candles: 'none' });

  beforeAll(async () => {
    await using db = await openCandleDb(home.config.candlesPath, { readOnly: false });
    const folder = join(REAL_CANDLES, 'binance-spot');
    await importCandles(
      db,
      ['5m', '15m', '1h'].map((timeframe) => join(folder, `BTCUSDT-${timeframe}.parquet`)),
    );
  });

  test.each([
    ['an EMA cross, 40 × 40 × 5', CROSS, 8_000],
    ['three timeframes', MULTI, 18],
  ])('ranks the same bytes locally and through Temporal: %s', async (_name, card, points) => {
    const local = await rankAfter(['run', cardFile(card), '--executor', 'local', '--fresh']);
    await using worker = spawnCli(home, 'worker', '--role', 'all');
    await worker.untilPrinted('ready');
    const temporal = await rankAfter(['run', cardFile(card), '--executor', 'temporal', '--fresh']);
    expect(JSON.parse(local)).toHaveLength(points);
    expect(temporal === local).toBe(true);
    expect(await worker.kill('SIGTERM')).toBe(0);
  });

  test('ranks the same bytes with 1 and 2 threads and batches of 1, 7 and 1000', async () => {
    const file = cardFile(CROSS);
    const month = ['--window', '2023-02-01..2023-03-01', '--axis', 'fast=8..80:8', ...LOCAL];
    const expected = await rankAfter(['run', file, ...month, '--threads', '2']);
    expect(JSON.parse(expected)).toHaveLength(2_000);
    for (const options of [
      ['--threads', '1'],
      ['--threads', '2', '--batch-size', '1'],
      ['--threads', '2', '--batch-size', '7'],
      ['--threads', '1', '--batch-size', '1000'],
    ]) {
      expect((await rankAfter(['run', file, ...month, ...options])) === expected).toBe(true);
    }
  });

  test('resumes after the command was killed and ends equal to an undisturbed run', async () => {
    const wide = ['--window', '2023-02-01..2023-06-01', '--threads', '1', '--executor', 'local'];
    const run = ['run', cardFile(CROSS), ...wide];
    const expected = await rankAfter([...run, '--fresh']);
    await using killed = spawnCli(home, ...run, '--fresh', '--batch-size', '50');
    const { sql } = home.database;
    const [last] = await sql`select max(sweep_id) as id from sweeps`;
    for (let saved = 0; saved === 0;) {
      const [row] = await sql<{ n: number }[]>`
        select count(*)::int as n from results where sweep_id > ${last?.['id']}`;
      saved = row?.n ?? 0;
    }
    await killed.kill('SIGKILL');
    const [partial] = await sql`select max(sweep_id) as id from sweeps`;
    expect(partial?.['id']).not.toBe(last?.['id']);
    expect(await rankAfter(run)).toBe(expected);
    const [resumed] = await sql`select max(sweep_id) as id from sweeps`;
    expect(resumed?.['id']).toBe(partial?.['id']);
  });

  function cardFile(text: string): string {
    const name = /^id: (.*)$/m.exec(text)?.[1] ?? 'card';
    const file = join(home.config.home, `${name}.yml`);
    writeFileSync(file, text);
    return file;
  }

  /** Runs a sweep as a command and returns what `rank last --json` prints of it. */
  async function rankAfter(args: readonly string[]): Promise<string> {
    await command(...args);
    return command('rank', 'last', '--top', '100000', '--json');
  }

  async function command(...args: string[]): Promise<string> {
    await using process = spawnCli(home, ...args);
    const code = await process.exitCode();
    expect(`${code} ${code === 0 ? '' : process.stderr}`).toBe('0 ');
    return process.stdout;
  }
});
