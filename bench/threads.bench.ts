import { assert } from '../src/assert.ts';
import { buildFeeds, mapFeeds } from '../src/executor/feeds.ts';
import { planSweep } from '../src/executor/plan-sweep.ts';
import { combineDigests, EMPTY_DIGEST } from '../src/executor/rows-digest.ts';
import { shareContext, ThreadPool, type SharedContext } from '../src/executor/thread-pool.ts';
import type { Bench } from './harness.ts';
import { benchHome } from './sweep-home.ts';

interface Size {
  readonly bars: number;
  readonly fast: string;
  readonly slow: string;
  readonly threads: number;
  readonly iterations: number;
}

/**
 * The same points by one thread of a pool and by several, in turn; nothing is saved. A thread is as
 * fast as the machine lets it: two logical cores of one core, or a busy machine, give less.
 */
export const bench: Bench<Size> = {
  small: {
    bars: 2_000,
    fast: '{ start: 5, stop: 10, step: 1 }',
    slow: '{ start: 60, stop: 70, step: 10 }',
    threads: 2,
    iterations: 1,
  },
  large: {
    bars: 105_120,
    fast: '{ start: 5, stop: 50, step: 1 }',
    slow: '{ start: 60, stop: 255, step: 1 }',
    threads: 2,
    iterations: 7,
  },
  async run({ bars, threads, iterations, ...axes }) {
    using home = await benchHome(bars, axes);
    const plan = await planSweep(home.config, home.sweep);
    const feeds = mapFeeds(home.config, await buildFeeds(home.config, plan));
    const shared = shareContext(home.sweep, plan.grid, feeds);
    await using one = new ThreadPool(1);
    await using many = new ThreadPool(threads);
    const times: [number[], number[]] = [[], []];
    const digests = new Set<string>();
    for (let round = 0; round < WARM_ROUNDS + iterations; round += 1) {
      for (const [side, pool] of [one, many].entries()) {
        const startMs = performance.now();
        digests.add(await runAll(pool, shared, plan.grid.size));
        if (round >= WARM_ROUNDS) times[side]?.push(performance.now() - startMs);
      }
    }
    assert(digests.size === 1, 'threads bench: the rows depend on the threads');
    const [alone, together] = times.map(median) as [number, number];
    return {
      figures: [
        { label: 'points', value: plan.grid.size, unit: '' },
        { label: '1 thread', value: alone, unit: 'ms' },
        { label: `${threads} threads`, value: together, unit: 'ms' },
        { label: `${threads} threads / 1`, value: alone / together, unit: 'x' },
      ],
      hash: [...digests].join(' '),
    };
  },
};

// --- internal ---

/**
 * Rounds that start the threads and compile, each thread for itself: what is called once for 16 points takes
 * the calls of several.
 */
const WARM_ROUNDS = 5;

/** Ranges of a run, so that no thread waits long for the other; a sweep's batches are sized to the same end. */
const RANGES = 16;

/** Runs all points, ranges of equal size, each on the thread that comes for it; the digest of their rows. */
async function runAll(pool: ThreadPool, shared: SharedContext, size: number): Promise<string> {
  const step = Math.ceil(size / RANGES);
  let next = 0;
  let digest = EMPTY_DIGEST;
  const lanes = Array.from({ length: pool.threads }, async () => {
    while (next < size) {
      const to = Math.min(size, next + step);
      let from = next;
      next = to;
      while (from < to) {
        const range = await pool.run(shared, { from, to, budgetMs: Infinity });
        pool.release(range);
        digest = combineDigests(digest, range.digest);
        from = range.reached;
      }
    }
  });
  await Promise.all(lanes);
  return digest;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
