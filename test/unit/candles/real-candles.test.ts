import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { digestMonths } from '../../../src/candles/digest.ts';
import { importFunding, readFunding } from '../../../src/candles/funding.ts';
import { checkCandles } from '../../../src/candles/gaps.ts';
import { importCandles } from '../../../src/candles/ingest.ts';
import { listSeries, readCandles } from '../../../src/candles/query.ts';
import { resampleCandles } from '../../../src/candles/resample.ts';
import { candleHome, failureOf } from '../../support/candle-files.ts';

// Real candles lie beside the project and never in it; without them these tests are skipped.
const DATA = '../shared/data';
const spot = (name: string) => `${DATA}/binance-spot/${name}.parquet`;
const NOW_MS = Date.UTC(2026, 10, 23);

describe.skipIf(!existsSync(`${DATA}/binance-spot`))('real candles (../shared/data)', () => {
  test('a year of 5m is imported whole, and its outage is found', async () => {
    await using home = await candleHome();
    const [report] = await importCandles(home.db, [spot('BTCUSDT-5m')]);
    expect(report).toMatchObject({ rows: 104_816, added: 104_816, duplicates: 0, warnings: [] });
    const findings = await checkCandles(home.db, { nowMs: NOW_MS });
    expect(findings).toMatchObject([
      {
        kind: 'flat_spell',
        bars: 14,
        startMs: Date.UTC(2023, 2, 24, 11, 30),
        lastMs: Date.UTC(2023, 2, 24, 12, 35),
      },
      {
        kind: 'gap',
        bars: 16,
        startMs: Date.UTC(2023, 2, 24, 12, 40),
        lastMs: Date.UTC(2023, 2, 24, 13, 55),
      },
    ]);
    const range = { symbol: 'BTCUSDT', timeframe: '5m', startMs: 0, endMs: Infinity } as const;
    const digests = digestMonths(await readCandles(home.db, range));
    expect(digests).toHaveLength(12);
    expect(digests[0]).toEqual({
      month: '2023-01',
      rows: 8928,
      digest: 'e8d9aad79121ea48db13095be929c1f76521ad94bfa2805d0d741cc4415205f6',
    });
  });

  test("resampled 5m bars equal the exchange's own 15m and 1h bars to the last bit", async () => {
    await using home = await candleHome();
    await importCandles(home.db, ['BTCUSDT-5m', 'BTCUSDT-15m', 'BTCUSDT-1h'].map(spot));
    const job = { symbol: 'BTCUSDT', from: '5m', to: ['15m', '1h'] } as const;
    expect(await resampleCandles(home.db, job)).toMatchObject([
      { complete: 34_938, added: 0, unchanged: 34_938, replaced: 0, incomplete: 1 },
      { complete: 8734, added: 0, unchanged: 8734, replaced: 0, incomplete: 1 },
    ]);
  });

  test('six years of 1h have the 28 gaps of 128 hours that they are known for', async () => {
    await using home = await candleHome();
    await importCandles(home.db, [`${DATA}/binance-spot-long/BTCUSDT-1h.parquet`]);
    expect(await listSeries(home.db)).toMatchObject([{ bars: 58_419, gaps: 28 }]);
    const findings = await checkCandles(home.db, { nowMs: NOW_MS });
    const missing = findings.reduce((sum, finding) => sum + finding.bars, 0);
    expect([findings.length, missing]).toEqual([28, 128]);
  });

  test('mark prices are refused, funding rates are imported', async () => {
    await using home = await candleHome();
    const mark = `${DATA}/binance-perp/BTCUSDT-8h-mark.parquet`;
    expect((await failureOf(importCandles(home.db, [mark]))).message).toContain('no volume column');
    const files = [
      'binance-perp/BTCUSDT-funding',
      'binance-perp-funding/BTCUSDT-funding-2023-2025',
    ];
    const reports = await importFunding(
      home.db,
      files.map((file) => `${DATA}/${file}.parquet`),
    );
    expect(reports).toMatchObject([{ added: 266 }, { added: 1885, unchanged: 266 }]);
    const range = { symbol: 'BTCUSDT', startMs: 0, endMs: Infinity };
    expect((await readFunding(home.db, range)).rate.length).toBe(2151);
  });
});
