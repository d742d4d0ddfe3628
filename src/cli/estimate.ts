import type { SweepPlan } from '../executor/plan-sweep.ts';
import { kernelSupport, type KernelSupport } from '../engine/kernel/support.ts';
import { adaptBatchSize } from '../grid/batch.ts';

/** What a sweep will cost, from what was measured; the plan says "about". */

export interface SweepEstimate {
  readonly seconds: number;
  readonly secondsLow: number;
  readonly secondsHigh: number;
  /** Mapped feeds plus what the threads work in. */
  readonly memoryBytes: number;
  readonly resultBytes: number;
  readonly batches: number;
  /** Whether the fast path takes the card, or what keeps it out. */
  readonly kernel: KernelSupport;
}

/** Time, memory and rows of a planned sweep on `threads` threads of this machine. */
export function estimateSweep(plan: SweepPlan, threads: number): SweepEstimate {
  const { points, feedPlans, sweep } = plan;
  const runnable = Math.max(0, points.admitted - points.refused);
  const exec = feedPlans.filter((feed) => feed.timeframe === sweep.card.tf_configs.exec.tf);
  const bars = Math.max(0, ...exec.map((feed) => feed.bars - feed.windowStartRow));
  const hasFunding = feedPlans.some((feed) => feed.funding !== undefined);
  const kernel = kernelSupport(sweep.card, sweep, { hasFunding });
  const barNs = kernel.isSupported ? KERNEL_BAR_NS : LOOP_BAR_NS;
  const msPerPoint = (bars * barNs + POINT_NS) / 1e6;
  const feedBytes = feedPlans.reduce((sum, feed) => sum + feed.bytes, 0);
  const buildMs = (feedBytes / BUILD_BYTES_PER_SECOND) * 1000;
  const seconds = (START_MS + buildMs + (runnable * msPerPoint) / threads) / 1000;
  const batchPoints = adaptBatchSize({ remaining: points.total, slots: threads, msPerPoint });
  return {
    seconds,
    secondsLow: seconds * 0.6,
    secondsHigh: seconds * 1.8,
    memoryBytes: feedBytes + threads * (THREAD_BYTES + bars * 8 * SERIES_PER_THREAD),
    resultBytes: points.admitted * ROW_BYTES,
    batches: Math.max(1, Math.ceil(points.total / batchPoints)),
    kernel,
  };
}

/** How many times the bar loop takes of the kernel's time. */
export function loopSlowdown(): number {
  return Math.round(LOOP_BAR_NS / KERNEL_BAR_NS);
}

// --- internal ---

/** Nanoseconds per bar and point, one thread, all metrics (`npm run bench batch`, `bar-loop`). */
const KERNEL_BAR_NS = 5;
const LOOP_BAR_NS = 60;
/** Binding, compiling and writing a point whatever its length. */
const POINT_NS = 300_000;
/** Threads start, database opens. */
const START_MS = 600;
const BUILD_BYTES_PER_SECOND = 150e6;
/** A thread's own heap, and arrays of the window's length it works in. */
const THREAD_BYTES = 40e6;
const SERIES_PER_THREAD = 4;
/** One row of `results` with its index entries (design §7). */
const ROW_BYTES = 700;
