import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { spin, type SpinStart } from './spin.ts';

/** How quick a machine is now: others may use it too. */
export interface MachineSpeed {
  /** What a thread computes while all do, as a fraction of what one computes alone: two logical cores may be one. */
  readonly threadEfficiency: number;
  /** How many times as long one takes alone as on the machine that the costs of `estimate.ts` are of. */
  readonly slowness: number;
}

/** Measured with `threads` threads in a quarter of a second. */
export async function measureMachine(threads: number): Promise<MachineSpeed> {
  const aloneMs = spin();
  const slowness = Math.max(SLOWNESS_MIN, aloneMs / SPIN_MS);
  if (threads === 1) return { threadEfficiency: 1, slowness };
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
  const threadEfficiency = Math.max(1 / threads, Math.min(1, aloneMs / meanMs));
  return { threadEfficiency, slowness };
}

// --- internal ---

/** On an EPYC of family 26. */
const SPIN_MS = 10;
/** Disks and memory are not twice as quick where arithmetic is. */
const SLOWNESS_MIN = 0.5;
