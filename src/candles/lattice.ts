import { DAY_MS, timeframeMs, type Timeframe } from '../time.ts';

/**
 * Bars open on a lattice in UTC: multiples of the timeframe since the epoch. Weeks open on Monday,
 * and the epoch was a Thursday, so their lattice starts at 1970-01-05.
 */
export function latticeOffsetMs(timeframe: Timeframe): number {
  return timeframe === '1w' ? 4 * DAY_MS : 0;
}

/** Open time of the bar that holds the instant `ms`. */
export function bucketOpenMs(ms: number, timeframe: Timeframe): number {
  const length = timeframeMs(timeframe);
  const offset = latticeOffsetMs(timeframe);
  return Math.floor((ms - offset) / length) * length + offset;
}
