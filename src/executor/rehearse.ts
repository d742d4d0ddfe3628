import type { Config } from '../config.ts';
import { kernelSupport } from '../engine/kernel/support.ts';
import type { Sweep } from '../grid/sweep.ts';
import type { FeedRef } from '../store/sweeps.ts';
import { mapFeeds } from './feeds.ts';
import { shareContext, type ThreadPool } from './thread-pool.ts';

/** A sweep of `size` points whose feeds are built. */
export interface Rehearsal {
  readonly sweep: Sweep;
  readonly size: number;
  readonly feeds: readonly FeedRef[];
  /** Ends it within a few points. */
  readonly stop: AbortSignal;
}

/**
 * Has every thread run the first points of a sweep and throws the rows away, so that code is compiled and
 * columns are read before there is a store to save rows in: 0.3 s of each thread's first batch. Cards
 * that the kernel does not take are left alone: their points are slow, and a strategy of the user's may
 * do more than compute.
 */
export async function rehearse(
  config: Config,
  pool: ThreadPool,
  { sweep, size, feeds, stop }: Rehearsal,
): Promise<void> {
  if (stop.aborted || !kernelSupport(sweep.card, sweep).isSupported) return;
  const context = shareContext(sweep, mapFeeds(config, feeds));
  const stopFlag = new SharedArrayBuffer(4);
  stop.addEventListener('abort', () => void Atomics.store(new Int32Array(stopFlag), 0, 1));
  const request = { from: 0, to: Math.min(size, POINTS), budgetMs: Infinity, stopFlag };
  const runs = Array.from({ length: pool.threads }, () => pool.run(context, request));
  for (const rows of await Promise.all(runs)) pool.release(rows);
}

// --- internal ---

/** What compiles most of it; more would take a core from the server that starts meanwhile. */
const POINTS = 200;
