import { buildFeeds, mapFeeds } from '../src/executor/feeds.ts';
import { planSweep } from '../src/executor/plan-sweep.ts';
import { shareContext, ThreadPool } from '../src/executor/thread-pool.ts';
import { benchHome } from './sweep-home.ts';

/** A year of 5m bars and points without end, or something tiny for the unit tier. */
const AXES = {
  fast: '{ start: 5, stop: 50, step: 1 }',
  slow: '{ start: 60, stop: 250, step: 5 }',
};

export interface KernelLoad extends AsyncDisposable {
  /** Points that the threads have run so far. */
  points(): number;
}

/** Keeps `threads` threads busy with the kernel until it is disposed of; nothing is saved. */
export async function kernelLoad(threads: number, bars: number): Promise<KernelLoad> {
  using home = await benchHome(bars, AXES);
  const plan = await planSweep(home.config, home.sweep);
  const feeds = mapFeeds(home.config, await buildFeeds(home.config, plan));
  const shared = shareContext(home.sweep, plan.grid, feeds);
  const pool = new ThreadPool(threads);
  const stopFlag = new SharedArrayBuffer(4);
  let points = 0;
  const keepBusy = async (): Promise<void> => {
    while (Atomics.load(new Int32Array(stopFlag), 0) === 0) {
      const request = { from: 0, to: plan.grid.size, budgetMs: 2_000, stopFlag };
      points += (await pool.run(shared, request)).pointIndex.length;
    }
  };
  const lanes = Array.from({ length: threads }, keepBusy);
  return {
    points: () => points,
    async [Symbol.asyncDispose]() {
      Atomics.store(new Int32Array(stopFlag), 0, 1);
      await Promise.all(lanes);
      await pool[Symbol.asyncDispose]();
    },
  };
}
