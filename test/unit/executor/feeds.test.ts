import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { readSweepCandles } from '../../../src/executor/candle-facts.ts';
import { buildFeeds } from '../../../src/executor/feeds.ts';
import { KeptCandles } from '../../../src/executor/kept-candles.ts';
import { planFeeds, type FeedPlan } from '../../../src/feed/plan.ts';
import { sha256 } from '../../../src/hash.ts';
import { resolveSweep } from '../../../src/grid/sweep.ts';
import { crossCard } from '../../support/cards.ts';
import { storeFortyDays, sweepHome } from '../../support/sweep-home.ts';

const home = sweepHome();
const { config } = home;
/** One series in several files. */
let feedPlans: readonly FeedPlan[];
let candles: KeptCandles;

beforeAll(async () => {
  await storeFortyDays(config);
  const text = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 16, step: 1 } }
`);
  const sweep = resolveSweep(parseCard(text), {}, Date.UTC(2023, 2, 20));
  const read = await readSweepCandles(config, sweep);
  ({ candles } = read);
  const limits = { fileBytesMax: 250_000, planBytesMax: 2 ** 30 };
  feedPlans = planFeeds({ sweep, facts: read.facts, limits });
});
afterAll(() => home[Symbol.dispose]());

const filesBuilt = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(config.feedsDir).map((name) => [
      name,
      sha256(readFileSync(join(config.feedsDir, name))),
    ]),
  );

test('files of one series are the same whether their candles were kept or are read again', async () => {
  expect(feedPlans.length).toBeGreaterThan(3);
  expect(candles.of(feedPlans[0]!)?.length).toBe(feedPlans[0]!.bars);
  await buildFeeds(config, { feedPlans, candles });
  const fromKept = filesBuilt();
  expect(Object.keys(fromKept).toSorted()).toEqual(feedPlans.map((p) => p.fileName).toSorted());
  expect(candles.of(feedPlans[0]!)).toBeUndefined();
  rmSync(config.feedsDir, { recursive: true, force: true });
  await buildFeeds(config, { feedPlans, candles });
  expect(filesBuilt()).toEqual(fromKept);
});

test('where one file cannot be written, those beside it are whole and none is left half', async () => {
  rmSync(config.feedsDir, { recursive: true, force: true });
  const [first, ...others] = feedPlans;
  const broken = { ...first!, bars: first!.bars + 1 };
  const plans = { feedPlans: [broken, ...others], candles: new KeptCandles() };
  await expect(buildFeeds(config, plans)).rejects.toThrow(/candles were read/);
  expect(Object.keys(filesBuilt()).toSorted()).toEqual(others.map((p) => p.fileName).toSorted());
});

test('candles beyond what is kept are not', () => {
  const range = { symbol: 'BTCUSDT', timeframe: '1m', startMs: 0, endMs: 1 } as const;
  const kept = new KeptCandles();
  const rows = new Float64Array(1_000_001);
  const column = { tsOpen: rows, open: rows, high: rows, low: rows, close: rows, volume: rows };
  kept.keep(range, { ...range, ...column, length: rows.length });
  expect(kept.of(range)).toBeUndefined();
});
