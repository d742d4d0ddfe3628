import { SweepKernel } from '../engine/kernel/kernel.ts';
import { kernelSupport } from '../engine/kernel/support.ts';
import { FeedLibrary } from '../feed/feed-library.ts';
import type { FeedStore } from '../feed/feed-store.ts';
import { openMappedFeed, type MappedFeed } from '../feed/mapped-feed.ts';
import { compileRequire, type MetricLookup } from '../grid/require.ts';
import type { Grid } from '../grid/grid.ts';
import type { Sweep } from '../grid/sweep.ts';
import { VisitOrder } from '../grid/visit-order.ts';
import { loadStrategy, type StrategyMaker } from './load-strategy.ts';

/** What a thread needs to run any point of a sweep; rebuilt from the stored spec and the feed files. */
export interface SweepContext {
  readonly sweep: Sweep;
  readonly grid: Grid;
  readonly library: FeedLibrary;
  readonly isEligible: (metrics: MetricLookup) => boolean;
  /** The fast path, where the card is one it takes; its results are the bar loop's. */
  readonly kernel: SweepKernel | undefined;
  /** How the points of a block are best run by it. */
  readonly order: VisitOrder;
  /** Points that a thread runs before it looks up; it learns how many are quick. */
  readonly pace: { blockPoints: number };
  /** Absent where the card's rules decide. */
  readonly makeStrategy: StrategyMaker | undefined;
}

/** A context over feeds that this process has mapped already (threads view the same pages). */
export function createContext(
  sweep: Sweep,
  grid: Grid,
  feeds: readonly MappedFeed[],
): Promise<SweepContext> {
  return contextOver(sweep, grid, feeds.map(openMappedFeed));
}

/** The first block of the kernel: nobody knows yet what a point costs. */
const FIRST_BLOCK_POINTS = 32;

/** A context over open feeds. */
export async function contextOver(
  sweep: Sweep,
  grid: Grid,
  stores: readonly FeedStore[],
): Promise<SweepContext> {
  const isKernelTaken = kernelSupport(sweep.card, sweep).isSupported;
  return {
    sweep,
    grid,
    library: new FeedLibrary(stores, sweep),
    isEligible: compileRequire(sweep.require),
    kernel: isKernelTaken ? new SweepKernel(sweep.window) : undefined,
    order: new VisitOrder(sweep.axes),
    pace: { blockPoints: isKernelTaken ? FIRST_BLOCK_POINTS : 1 },
    makeStrategy: sweep.strategy && (await loadStrategy(sweep.strategy)),
  };
}
