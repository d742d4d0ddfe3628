import { beforeAll, afterAll, expect, test } from 'vitest';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { parseCard } from '../../../src/card/parse.ts';
import { buildFeeds, mapFeeds, type BuiltFeed } from '../../../src/executor/feeds.ts';
import { planSweep } from '../../../src/executor/plan-sweep.ts';
import { rehearse } from '../../../src/executor/rehearse.ts';
import { combineDigests, EMPTY_DIGEST } from '../../../src/executor/rows-digest.ts';
import { shareContext, ThreadPool } from '../../../src/executor/thread-pool.ts';
import { resolveSweep, type Sweep } from '../../../src/grid/sweep.ts';
import { crossCard } from '../../support/cards.ts';
import { storeCandles, sweepHome } from '../../support/sweep-home.ts';

const home = sweepHome();
const { config } = home;
const SIZE = 280;
let sweep: Sweep;
let feeds: readonly BuiltFeed[];

function sweepOf(profile: string): Sweep {
  const text = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  profile: ${profile}
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 18, step: 1 } }
    slow: { path: exec.slow.length, range: { start: 30, stop: 68, step: 2 } }
`);
  return resolveSweep(parseCard(text), {}, Date.UTC(2023, 2, 20));
}

beforeAll(async () => {
  const series = { symbol: 'BTCUSDT', seed: 7, startMs: Date.UTC(2023, 1, 1) };
  await storeCandles(config, synthesizeCandles({ ...series, timeframe: '5m', bars: 288 * 40 }));
  sweep = sweepOf('standard');
  const plan = await planSweep(config, sweep);
  feeds = await buildFeeds(config, plan.feedPlans);
});
afterAll(() => home[Symbol.dispose]());

/** Of all rows, by the threads of a pool in turn. */
async function digestOf(pool: ThreadPool): Promise<string> {
  const context = shareContext(sweep, mapFeeds(config, feeds));
  let digest = EMPTY_DIGEST;
  for (let from = 0; from < SIZE;) {
    const rows = await pool.run(context, { from, to: Math.min(SIZE, from + 70), budgetMs: 1e9 });
    digest = combineDigests(digest, rows.digest);
    from = rows.reached;
    pool.release(rows);
  }
  return digest;
}

test('leaves the rows of the sweep as they are', async () => {
  await using fresh = new ThreadPool(1);
  const expected = await digestOf(fresh);
  expect(expected).not.toBe(EMPTY_DIGEST);
  await using rehearsed = new ThreadPool(2);
  const stop = new AbortController();
  await rehearse(config, rehearsed, { sweep, size: SIZE, feeds, stop: stop.signal });
  expect(await digestOf(rehearsed)).toBe(expected);
});

/** A pool of two threads, and how far each range that it ran has come. */
function watchedPool(): { pool: ThreadPool; reached: number[] } {
  const pool = new ThreadPool(2);
  const reached: number[] = [];
  const run = pool.run.bind(pool);
  pool.run = async (...task) => {
    const rows = await run(...task);
    reached.push(rows.reached);
    return rows;
  };
  return { pool, reached };
}

test('is done by every thread', async () => {
  const { pool, reached } = watchedPool();
  await using held = pool;
  const stop = new AbortController().signal;
  await rehearse(config, held, { sweep, size: SIZE, feeds, stop });
  expect(reached).toEqual([200, 200]);
});

test('ends early when it is stopped, and does not begin after that', async () => {
  const { pool, reached } = watchedPool();
  await using held = pool;
  const stop = new AbortController();
  const rehearsal = { sweep, size: SIZE, feeds, stop: stop.signal };
  const stopped = rehearse(config, held, rehearsal);
  stop.abort();
  await stopped;
  expect(reached).toHaveLength(2);
  expect(Math.max(...reached)).toBeLessThan(200);
  await rehearse(config, held, rehearsal);
  expect(reached).toHaveLength(2);
});

test('is not done by cards that the kernel does not take', async () => {
  await using pool = new ThreadPool(1);
  pool.run = () => Promise.reject(new Error('ran'));
  const stop = new AbortController().signal;
  const slow = sweepOf('trade');
  await expect(rehearse(config, pool, { sweep, size: SIZE, feeds, stop })).rejects.toThrow('ran');
  await expect(
    rehearse(config, pool, { sweep: slow, size: SIZE, feeds, stop }),
  ).resolves.toBeUndefined();
});

test('is of the sweep that is run after it, whatever the order of its members', () => {
  const mapped = mapFeeds(config, feeds);
  const { contextId } = shareContext(sweep, mapped);
  const members = Object.entries(sweep).toReversed();
  expect(shareContext(Object.fromEntries(members) as unknown as Sweep, mapped).contextId).toBe(
    contextId,
  );
  expect(shareContext({ ...sweep, name: 'other' }, mapped).contextId).not.toBe(contextId);
  expect(shareContext(sweep, []).contextId).not.toBe(contextId);
});
