import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { spin, type SpinStart } from './spin.ts';

/**
 * What a thread computes while all `threads` do, as a fraction of what one computes alone, measured
 * now: two logical cores may be one, and others may use the machine. A quarter of a second.
 */
export async function measureThreadEfficiency(threads: number): Promise<number> {
  if (threads === 1) return 1;
  const aloneMs = spin();
  const counters = new Int32Array(new SharedArrayBuffer(8));
  const times = new Float64Array(new SharedArrayBuffer(8 * threads));
  const ended = Array.from({ length: threads }, (_, index) => {
    const workerData: SpinStart = { counters, times, index };
    return once(new Worker(new URL('./spin.ts', import.meta.url), { workerData }), 'exit');
  });
  while (Atomics.load(counters, 0) < threads) await sleep(1);
  Atomics.store(counters, 1, 1);
  Atomics.notify(counters, 1);
  await Promise.all(ended);
  const meanMs = times.reduce((sum, ms) => sum + ms, 0) / threads;
  return Math.max(1 / threads, Math.min(1, aloneMs / meanMs));
}
