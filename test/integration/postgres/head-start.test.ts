import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { prepareSweep } from '../../../src/cli/prepared-sweep.ts';
import { auditRows, isIntact } from '../../../src/executor/audit-rows.ts';
import { buildFeeds, mapFeeds, type BuiltFeed } from '../../../src/executor/feeds.ts';
import { HeadStart } from '../../../src/executor/head-start.ts';
import { runSweepLocal, type LocalOptions } from '../../../src/executor/local.ts';
import { planSweep } from '../../../src/executor/plan-sweep.ts';
import { startSweep } from '../../../src/executor/start-sweep.ts';
import { startThreads, type Threads } from '../../../src/executor/start-threads.ts';
import { shareContext, type ThreadPool } from '../../../src/executor/thread-pool.ts';
import { createGrid } from '../../../src/grid/create-grid.ts';
import { resolveSweep, type Sweep } from '../../../src/grid/sweep.ts';
import type { SweepRow } from '../../../src/store/sweeps.ts';
import { crossCard } from '../../support/cards.ts';
import { testDatabase } from '../../support/database.ts';
import { storeFortyDays } from '../../support/sweep-home.ts';
import { sweepRows } from '../../support/sweep-rows.ts';

const database = testDatabase();
const { config, sql } = database;
const SIZE = 280;
const sweep = sweepOf('head');
let feeds: readonly BuiltFeed[];
let threads: Threads;
let expected: readonly string[];
const watch = { pending: 0, ranges: [] as { from: number; reached: number }[] };

beforeAll(async () => {
  await storeFortyDays(config);
  feeds = await buildFeeds(config, await planSweep(config, sweep));
  const started = await startThreads(2);
  threads = { ...started, pool: watched(started.pool) };
  expected = await rowsOf(await run({}));
});
afterAll(() => threads[Symbol.asyncDispose]());
beforeEach(() => {
  watch.ranges = [];
});

test.each([1, 20, 90, 1_000])(
  'leaves the rows of any other sweep, in batches of %i',
  async (batchSize) => {
    expect(expected).toHaveLength(SIZE);
    const headStart = begin(batchSize);
    await atRest();
    const row = await run({ headStart, batchSize });
    expect(row.status).toBe('completed');
    expect(await rowsOf(row)).toEqual(expected);
    const points = Array.from({ length: SIZE }, (_, point) => point);
    const audit = await auditRows(sql, row, createGrid(row.spec), points);
    expect(audit).toMatchObject({ saved: SIZE, stored: SIZE });
    expect(isIntact(audit)).toBe(true);
  },
);

test('is taken over while its threads are at work', async () => {
  const row = await run({ headStart: begin(90) });
  expect(await rowsOf(row)).toEqual(expected);
});

test('computes a few ranges a thread and then waits', async () => {
  const headStart = begin(5);
  await atRest();
  const batches = headStart.take();
  expect(batches.map(({ start, end }) => [start, end])).toEqual(
    Array.from({ length: 8 }, (_, n) => [n * 5, n * 5 + 5]),
  );
  expect(headStart.cursor.take()).toEqual({ start: 40, end: 45 });
});

test('is not computed again by the sweep', async () => {
  const headStart = begin(70);
  await atRest();
  expect(watch.ranges).toHaveLength(4);
  const row = await run({ headStart });
  expect(watch.ranges).toHaveLength(4);
  expect(await rowsOf(row)).toEqual(expected);
});

test('is given up where rows of the sweep are there already', async () => {
  const stop = new AbortController();
  const stopped = await run({ batchSize: 30, stop: stop.signal, onProgress: () => stop.abort() });
  expect(stopped.status).toBe('stopped');
  const headStart = begin(40);
  await atRest();
  const row = await run({ headStart }, { isFresh: false });
  expect(row.sweepId).toBe(stopped.sweepId);
  expect(await rowsOf(row)).toEqual(expected);
  expect(headStart.take()).toEqual([]);
});

test('is given up where it is of another sweep', async () => {
  const headStart = begin(40, sweepOf('other', 1));
  const row = await run({ headStart });
  expect(await rowsOf(row)).toEqual(expected);
  expect(headStart.take()).toEqual([]);
});

test('is saved as far as a stop lets it, and the rest is run later', async () => {
  const headStart = begin(40);
  await atRest();
  const stop = new AbortController();
  const options = { headStart, stop: stop.signal, onProgress: () => stop.abort() };
  const stopped = await run(options);
  expect(stopped.status).toBe('stopped');
  const saved = await rowsOf(stopped);
  expect(saved.length).toBeGreaterThan(0);
  expect(saved.length).toBeLessThan(SIZE);
  const row = await run({}, { isFresh: false });
  expect(row.sweepId).toBe(stopped.sweepId);
  expect(await rowsOf(row)).toEqual(expected);
});

test('has threads hand back soon when it is given up', async () => {
  // Threads do not know it yet, and look up after 32 points.
  const unknown = sweepOf('dropped');
  begin(SIZE, unknown)[Symbol.dispose]();
  await atRest();
  expect(watch.ranges).toHaveLength(1);
  expect(watch.ranges[0]?.reached).toBeLessThan(SIZE);
  begin(SIZE, unknown);
  await atRest();
  expect(watch.ranges[1]?.reached).toBe(SIZE);
});

test('is aborted as the sweep is', async () => {
  const abort = new AbortController();
  const headStart = begin(SIZE);
  abort.abort();
  const row = await run({ headStart, abort: abort.signal });
  expect(row.status).toBe('stopped');
  expect(await rowsOf(await run({}, { isFresh: false }))).toEqual(expected);
});

/** Whether a sweep gets a head start while its store is being opened, or is there. */
async function getsHeadStart(of: Sweep, opened: Promise<unknown>): Promise<boolean> {
  await using prepared = prepareSweep(config, of, {
    executor: 'local',
    batchSize: undefined,
    opened,
  });
  using headStart = await prepared.headStart;
  return headStart !== undefined;
}

test('is there only where the store is not, and strategies are left to the sweep', async () => {
  const never = new Promise<never>(() => {});
  expect(await getsHeadStart(sweep, never)).toBe(true);
  expect(await getsHeadStart(sweep, Promise.resolve())).toBe(false);
  const strategy = { file: 'my.ts', code: 'export default () => () => 0;', hash: 'c0de' };
  expect(await getsHeadStart({ ...sweep, strategy }, never)).toBe(false);
});

test('is known by what the sweep is, whatever the order of its members', () => {
  const mapped = mapFeeds(config, feeds);
  const idOf = (of: Sweep, files = mapped) => shareContext(of, createGrid(of), files).contextId;
  const members = Object.fromEntries(Object.entries(sweep).toReversed()) as unknown as Sweep;
  expect(idOf(members)).toBe(idOf(sweep));
  expect(idOf({ ...sweep, name: 'other' })).not.toBe(idOf(sweep));
  expect(idOf(sweep, [])).not.toBe(idOf(sweep));
});

function sweepOf(name: string, stop = 1.5): Sweep {
  const text = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 18, step: 1 } }
    slow: { path: exec.slow.length, range: { start: 30, stop: 68, step: 2 } }
    stop: { path: risk_model.stop_loss.value, values: [${stop}] }
`);
  return resolveSweep(parseCard(text), { name }, Date.UTC(2023, 2, 20));
}

function begin(batchSize: number, of = sweep): HeadStart {
  return new HeadStart(config, threads.pool, { sweep: of, grid: createGrid(of), feeds, batchSize });
}

/** Until every range that was begun is there; the next one begins in the same turn as the last ends. */
async function atRest(): Promise<void> {
  do await sleep(1);
  while (watch.pending > 0);
}

/** A pool that notes the ranges that it has run. */
function watched(pool: ThreadPool): ThreadPool {
  const run: ThreadPool['run'] = async (context, request) => {
    watch.pending += 1;
    const range = await pool.run(context, request).finally(() => (watch.pending -= 1));
    const { from, reached } = range;
    watch.ranges.push({ from, reached });
    return range;
  };
  return new Proxy(pool, {
    get: (target, key) => {
      if (key === 'run') return run;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

async function run(
  options: Omit<LocalOptions, 'threads'>,
  { isFresh = true }: { isFresh?: boolean } = {},
): Promise<SweepRow> {
  await using store = await database.openStore();
  const plan = await planSweep(config, sweep);
  const { row } = await startSweep(store, plan, { executor: 'local', isFresh });
  return await runSweepLocal(config, store, row, { threads, ...options });
}

function rowsOf({ sweepId }: SweepRow): Promise<string[]> {
  return sweepRows(sql, sweepId);
}
