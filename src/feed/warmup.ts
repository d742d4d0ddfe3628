import { required } from '../assert.ts';
import { SweepError } from '../errors.ts';
import { DAY_MS, formatShort, type Timeframe } from '../time.ts';

/** One symbol and timeframe with too few stored bars before the window. */
export interface WarmupShortage {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Open times of all stored bars. */
  readonly tsOpen: Float64Array;
  readonly windowStartMs: number;
  /** Bars that the longest series needs before the window. */
  readonly seedBars: number;
  readonly storedBars: number;
}

/**
 * Says which series lacks candles and from which day on the window can start for all of them.
 * @throws SweepError WARMUP_NOT_COVERED when there is any shortage.
 */
export function assertWarmupCovered(shortages: readonly WarmupShortage[]): void {
  if (shortages.length === 0) return;
  const days = shortages.map(firstPossibleDay);
  const lines = shortages.map(
    ({ symbol, timeframe, seedBars, storedBars }) =>
      `${symbol} ${timeframe}: ${storedBars} of ${seedBars} warm-up bars`,
  );
  const day = days.includes(undefined) ? undefined : Math.max(...(days as number[]));
  const windowStartMs = required(shortages[0], 'a shortage').windowStartMs;
  throw new SweepError(
    'WARMUP_NOT_COVERED',
    `too few candles are stored before ${formatShort(windowStartMs)} (${lines.join('; ')}); ` +
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

/** First UTC midnight with `seedBars` stored bars before it; undefined when too few are stored at all. */
function firstPossibleDay({ tsOpen, seedBars }: WarmupShortage): number | undefined {
  const lastSeed = tsOpen[seedBars - 1];
  if (lastSeed === undefined || seedBars >= tsOpen.length) return undefined;
  return Math.ceil((lastSeed + 1) / DAY_MS) * DAY_MS;
}
