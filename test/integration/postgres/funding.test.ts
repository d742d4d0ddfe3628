import { describe, expect, test } from 'vitest';
import { openCandleDb } from '../../../src/candles/db.ts';
import { importFunding } from '../../../src/candles/funding.ts';
import { parseCard } from '../../../src/card/parse.ts';
import { planSweep } from '../../../src/executor/plan-sweep.ts';
import { runSweep } from '../../../src/executor/run-sweep.ts';
import { verifySweep } from '../../../src/executor/verify-sweep.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../../../src/grid/sweep.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { crossCard } from '../../support/cards.ts';
import { testDatabase } from '../../support/database.ts';
import { storeCandles } from '../../support/sweep-home.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HOUR_MS = 3_600_000;
const database = testDatabase();
const { config, sql } = database;
const card = crossCard(`
  window: { start: 2023-02-01, end: 2023-02-15 }
  axes:
    fast: { path: exec.fast.length, values: [5, 10] }
`);

describe('stored funding rates', () => {
  test('are applied when they cover the window, and are part of the identity', async () => {
    const startMs = Date.UTC(2023, 0, 20);
    const bars = 288 * 30;
    await storeCandles(
      config,
      synthesizeCandles({ symbol: 'BTCUSDT', timeframe: '5m', bars, seed: 3, startMs }),
    );
    const sweep = sweepOf();
    const without = await planSweep(config, sweep);
    expect(await netFunding(sweep)).toEqual([0, 0]);

    await importRates('2023-02-01', 10);
    const partly = await planSweep(config, sweep);
    expect(partly.warnings.map(({ code }) => code)).toEqual(['FUNDING_NOT_COVERED']);
    expect(partly.identity).toBe(without.identity);

    await importRates('2023-02-01', 14 * 3);
    const covered = await planSweep(config, sweep);
    expect(covered.warnings).toEqual([]);
    expect(covered.identity).not.toBe(without.identity);
    const net = await netFunding(sweep);
    expect(net.every((value) => value !== 0)).toBe(true);
  });
});

test('a window that the candles fill only in part is a warning', async () => {
  const startMs = Date.UTC(2023, 0, 20);
  const candles = synthesizeCandles({
    symbol: 'ETHUSDT',
    timeframe: '5m',
    bars: 288 * 20,
    seed: 4,
    startMs,
  });
  await storeCandles(config, candles);
  const set = ['symbol_universe=ETHUSDT'];
  const whole = await planSweep(config, sweepOf({ set, window: '2023-02-01..2023-02-09' }));
  expect(whole.warnings).toEqual([]);
  const { warnings } = await planSweep(config, sweepOf({ set, window: '2023-02-01..2023-02-15' }));
  expect(warnings).toMatchObject([{ code: 'CANDLES_MISSING', path: 'sweep.window' }]);
  expect(warnings[0]?.message).toMatch(
    /^1728 of \d+ bars of ETHUSDT 5m are missing .* to 2023-02-15; .* at 2023-02-08 23:55$/,
  );
});

function sweepOf(overrides: SweepOverrides = {}): Sweep {
  return resolveSweep(parseCard(card), overrides, Date.UTC(2023, 5, 1));
}

async function importRates(firstDay: string, count: number): Promise<void> {
  const firstMs = Date.parse(`${firstDay}T00:00:00Z`);
  const lines = Array.from(
    { length: count },
    (_, index) => `${new Date(firstMs + index * 8 * HOUR_MS).toISOString()},0.0001`,
  );
  const file = join(config.home, 'BTCUSDT-funding.csv');
  writeFileSync(file, ['timestamp,funding_rate', ...lines].join('\n'));
  await using db = await openCandleDb(config.candlesPath, { readOnly: false });
  await importFunding(db, [file], { symbol: 'BTCUSDT' });
}

/** Of every point; the kernel has run them, and the bar loop must agree. */
async function netFunding(sweep: Sweep): Promise<number[]> {
  await using store = await database.openStore();
  const { row } = await runSweep(config, store, sweep, { threads: 1, isFresh: true });
  const { different } = await verifySweep(config, sql, row, { sample: 2, seed: 1 });
  expect(different).toEqual([]);
  const rows = await sql<{ net: number }[]>`
    select net_funding_usdt as net from results where sweep_id = ${row.sweepId} order by point_index`;
  return rows.map(({ net }) => net);
}
