import { isMainThread, workerData } from 'node:worker_threads';

/** What a thread of `measureMachine` is given. */
export interface SpinStart {
  /** Threads that are ready, and the word to go. */
  readonly counters: Int32Array<SharedArrayBuffer>;
  /** Where each thread writes its time, ms. */
  readonly times: Float64Array<SharedArrayBuffer>;
  readonly index: number;
}

/** A fixed amount of arithmetic, some times; the median time, ms. */
export function spin(): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const beganMs = performance.now();
    let state = 1;
    for (let n = 0; n < STEPS; n += 1) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    // The sum is used, so that the loop is not left out.
    return performance.now() - beganMs + (state === 0 ? 1e-9 : 0);
  });
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

// --- internal ---

/** The first round is compiled on the way. */
const ROUNDS = 5;
/** About 10 ms. */
const STEPS = 10_000_000;

const start = workerData as Partial<SpinStart> | null;
if (!isMainThread && start?.counters && start.times) {
  Atomics.add(start.counters, 0, 1);
  Atomics.wait(start.counters, 1, 0);
  start.times[start.index ?? 0] = spin();
}
