import { required } from '../assert.ts';
import { SweepError } from '../errors.ts';
import { DAY_MS, formatShort, type Window } from '../time.ts';
import type { StoredSeries } from './loaded-rows.ts';
import type { Series } from './series.ts';

/** One symbol and timeframe with too few stored bars before the window. */
export interface WarmupShortage {
  readonly stored: StoredSeries;
  /** The series with the longest warm-up. */
  readonly series: Series;
  /** Bars stored before the window. */
  readonly storedBars: number;
  readonly window: Window;
}

/**
 * Says which series lacks candles and from which day on the window can start for all of them.
 * @throws SweepError WARMUP_NOT_COVERED when there is any shortage.
 */
export function assertWarmupCovered(shortages: readonly WarmupShortage[]): void {
  if (shortages.length === 0) return;
  const days = shortages.map(firstPossibleDay);
  const lines = shortages.map(
    ({ stored, series, storedBars }) =>
      `${stored.symbol} ${stored.timeframe}: ${storedBars} of ${series.seedBars} warm-up bars of ${series.id}`,
  );
  const day = days.includes(undefined) ? undefined : Math.max(...(days as number[]));
  const { startMs } = required(shortages[0], 'a shortage').window;
  throw new SweepError(
    'WARMUP_NOT_COVERED',
    `too few candles are stored before ${formatShort(startMs)} (${lines.join('; ')}); ` +
      (day === undefined
        ? 'the stored candles are fewer than the warm-up, so no window can start'
        : `the window can start on ${formatShort(day)} at the earliest`),
    {
      hint: 'Import earlier candles, move the window, or pass --allow-short-warmup.',
      facts: day === undefined ? {} : { firstDay: formatShort(day) },
    },
  );
}

// --- internal ---

/** First UTC midnight with the warm-up stored before it; undefined when too few are stored at all. */
function firstPossibleDay({
  stored: { tsOpen },
  series: { seedBars },
}: WarmupShortage): number | undefined {
  const lastSeed = tsOpen[seedBars - 1];
  if (lastSeed === undefined || seedBars >= tsOpen.length) return undefined;
  return Math.ceil((lastSeed + 1) / DAY_MS) * DAY_MS;
}
