import type { Config } from '../config.ts';
import { ENGINE_VERSION } from '../engine/profile.ts';
import { SweepError, type CardIssue } from '../errors.ts';
import { planFeeds, type FeedPlan } from '../feed/plan.ts';
import { createGrid } from '../grid/create-grid.ts';
import type { Grid } from '../grid/grid.ts';
import { sweepIdentity } from '../grid/identity.ts';
import type { Sweep } from '../grid/sweep.ts';
import { findTraps } from '../grid/traps.ts';
import { hashJson } from '../hash.ts';
import { readSweepCandles } from './candle-facts.ts';
import type { KeptCandles } from './kept-candles.ts';

/** Everything known about a sweep before a single bar is simulated. */
export interface SweepPlan {
  readonly sweep: Sweep;
  readonly grid: Grid;
  readonly feedPlans: readonly FeedPlan[];
  readonly candles: KeptCandles;
  readonly candleDigest: string;
  readonly identity: string;
  readonly points: PlannedPoints;
  readonly warnings: readonly CardIssue[];
}

export interface PlannedPoints {
  /** The whole product of the axes. */
  readonly total: number;
  /** What the constraints let through; refused points are among them. */
  readonly admitted: number;
  readonly refused: number;
  readonly isEstimated: boolean;
}

/**
 * Counts the grid, finds the candles and plans the feeds. Opens the candle database read-only and
 * closes it before it returns: DuckDB locks its file to one process.
 * @throws SweepError GRID_EMPTY, SYMBOL_UNKNOWN, WINDOW_EMPTY, WARMUP_NOT_COVERED, GRID_TOO_LARGE.
 */
export async function planSweep(config: Config, sweep: Sweep): Promise<SweepPlan> {
  const grid = createGrid(sweep);
  const points = countPoints(grid);
  const { facts, candles, warnings } = await readSweepCandles(config, sweep);
  const feedPlans = planFeeds({ sweep, facts });
  const digests = new Set(feedPlans.map((plan) => plan.candleDigest));
  const candleDigest = hashJson([...digests].toSorted());
  const identity = sweepIdentity(sweep, { engineVersion: ENGINE_VERSION, candleDigest });
  return {
    sweep,
    grid,
    feedPlans,
    candles,
    candleDigest,
    identity,
    points,
    warnings: [...findTraps(sweep, grid), ...warnings],
  };
}

// --- internal ---

function countPoints(grid: Grid): PlannedPoints {
  const { count, isEstimated } = grid.countAdmitted();
  if (count === 0 && !isEstimated) {
    throw new SweepError(
      'GRID_EMPTY',
      `the constraints reject all ${grid.size} points of the grid`,
      {
        hint: 'Loosen a constraint, or widen an axis.',
      },
    );
  }
  const refused = grid.countRefused();
  return { total: grid.size, admitted: count, refused, isEstimated };
}
