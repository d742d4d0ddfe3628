import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { NoPilot, Pilot } from '../executor/pilot.ts';
import type { SweepPlan } from '../executor/plan-sweep.ts';
import { kernelSupport, type KernelSupport } from '../engine/kernel/support.ts';
import { adaptBatchSize } from '../grid/batch.ts';
import { BATCH_FLOOR_MS } from '../limits.ts';
import { dataDirOf } from '../services/postgres-cluster.ts';

/** What a sweep will cost: a point by its pilot, what is around the points by what was measured. */

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
  /** Why the time is not from a pilot; absent where it is. */
  readonly withoutPilot?: string;
}

/** Time, memory and rows of a planned sweep as `run` would do it in this home, on its threads. */
export function estimateSweep(
  config: Config,
  plan: SweepPlan,
  pilot: Pilot | NoPilot,
): SweepEstimate {
  const { threads } = config;
  const { points, feedPlans, sweep } = plan;
  const runnable = Math.max(0, points.admitted - points.refused);
  const bars = barsOf(plan);
  const kernel = kernelSupport(sweep.card, sweep);
  const costs = 'reason' in pilot ? guess(kernel, bars) : pilot;
  const { slowness } = costs;
  const planMs = PLAN_MS * slowness + feedsMs(config, plan, costs);
  const beforeMs = PROCESS_MS * slowness + Math.max(serverMs(config) * slowness, planMs);
  const pointsMs = pointsTime({ runnable, rows: points.admitted }, costs, threads);
  const afterMs = (points.admitted * RANK_MS + END_MS) * slowness;
  const seconds = (beforeMs + pointsMs + afterMs) / 1000;
  const margin = (pointsMs * costs.spread + beforeMs * SPREAD_AROUND) / 1000;
  const batchPoints = adaptBatchSize({
    remaining: points.total,
    slots: threads,
    msPerPoint: costs.msPerPoint,
    floorMs: BATCH_FLOOR_MS,
  });
  const feedBytes = feedPlans.reduce((sum, feed) => sum + feed.bytes, 0);
  return {
    seconds,
    secondsLow: seconds - margin,
    secondsHigh: seconds + margin * HIGH_SIDE,
    memoryBytes: feedBytes + threads * (THREAD_BYTES + bars * 8 * SERIES_PER_THREAD),
    resultBytes: points.admitted * ROW_BYTES,
    batches: Math.max(1, Math.ceil(points.total / batchPoints)),
    kernel,
    ...('reason' in pilot ? { withoutPilot: pilot.reason } : {}),
  };
}

/** How many times the bar loop takes of the kernel's time. */
export function loopSlowdown(): number {
  return Math.round(LOOP_BAR_NS / KERNEL_BAR_NS);
}

// --- internal ---

/** Nanoseconds per bar and point, one thread, all metrics, where no pilot ran (`npm run bench batch`, `bar-loop`). */
const KERNEL_BAR_NS = 1;
const LOOP_BAR_NS = 60;
const SPREAD_OF_GUESS = 0.6;

/**
 * On the machine that `slowness` is 1 on, by `npm run bench cli-run`: Node and modules; planning; ending,
 * with the server stopped.
 */
const PROCESS_MS = 350;
const PLAN_MS = 150;
const END_MS = 200;
/** A server that is there, that must be started, whose cluster must be made first. */
const SERVER_MS = { given: 50, stopped: 250, absent: 600 };
/** Threads load their modules and compile the kernel while the first points run. */
const THREADS_MS = 250;
const SPREAD_AROUND = 0.3;
/** Machines are disturbed more often than they are quicker than measured. */
const HIGH_SIDE = 1.3;

/** Checksum and write of a feed's byte. */
const FEED_BYTE_MS = 1.2e-6;
/** What a row costs all cores together: handed over, encoded, stored (`npm run bench copy`). */
const ROW_MS = 0.01;
const RANK_MS = 0.002_5;
/** Threads that do not disturb each other still share memory bandwidth (`npm run bench kernel`). */
const BANDWIDTH_SHARE = 0.92;

/** A thread's own heap, and arrays of the window's length it works in. */
const THREAD_BYTES = 40e6;
const SERIES_PER_THREAD = 4;
/** One row of `results` with its index entries (design §7). */
const ROW_BYTES = 700;

type Costs = Pick<
  Pilot,
  'msPerPoint' | 'spread' | 'threadEfficiency' | 'slowness' | 'msPerCell' | 'msPerCandle'
>;

function guess(kernel: KernelSupport, bars: number): Costs {
  const barNs = kernel.isSupported ? KERNEL_BAR_NS : LOOP_BAR_NS;
  return {
    msPerPoint: (bars * barNs) / 1e6 + 0.02,
    spread: SPREAD_OF_GUESS,
    threadEfficiency: 1,
    slowness: 1,
    msPerCell: 1e-5,
    msPerCandle: 3e-4,
  };
}

/** Bars of the window in the card's own timeframe. */
function barsOf({ feedPlans, sweep }: SweepPlan): number {
  const exec = feedPlans.filter((feed) => feed.timeframe === sweep.card.tf_configs.exec.tf);
  return Math.max(0, ...exec.map((feed) => feed.bars - feed.windowStartRow));
}

function serverMs(config: Config): number {
  if (config.databaseUrl !== undefined) return SERVER_MS.given;
  const hasCluster = existsSync(join(dataDirOf(config.postgresDir), 'PG_VERSION'));
  return hasCluster ? SERVER_MS.stopped : SERVER_MS.absent;
}

/** Feeds that are there are only checked. */
function feedsMs(config: Config, { feedPlans }: SweepPlan, costs: Costs): number {
  const missing = feedPlans.filter((feed) => !existsSync(join(config.feedsDir, feed.fileName)));
  return missing.reduce((sum, { bars, columns, bytes }) => {
    const computeMs = bars * (columns.length * costs.msPerCell + costs.msPerCandle);
    return sum + computeMs + bytes * FEED_BYTE_MS * costs.slowness;
  }, 0);
}

/** Threads compute, and all cores share what computing and saving take together. */
function pointsTime(
  { runnable, rows }: { readonly runnable: number; readonly rows: number },
  { msPerPoint, threadEfficiency, slowness }: Costs,
  threads: number,
): number {
  const cores = availableParallelism();
  const efficiency = threadEfficiency * (threads > 1 ? BANDWIDTH_SHARE : 1);
  const computeMs = (runnable * msPerPoint) / (Math.min(threads, cores) * efficiency);
  const allMs = (runnable * msPerPoint + rows * ROW_MS * slowness) / (cores * efficiency);
  return THREADS_MS * slowness + Math.max(computeMs, allMs);
}
