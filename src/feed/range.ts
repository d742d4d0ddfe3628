import type { Role } from '../card/keys.ts';
import { timeframeMs, type Timeframe, type Window } from '../time.ts';
import { firstAtOrAfter } from './feed-store.ts';

/** Row numbers of one stored series, as loaded for one role of a sweep or of one point. */
export interface RowRange {
  /** First row of the frame. */
  readonly first: number;
  /** First row with an open time at or after the window start. */
  readonly windowStart: number;
  /** One past the last row. */
  readonly end: number;
}

export interface RangeQuery {
  readonly role: Role;
  readonly tsOpen: Float64Array;
  readonly timeframe: Timeframe;
  /** Close time of the first exec bar of the window. */
  readonly firstExecCloseMs: number;
  readonly window: Window;
  /** Longest warm-up of the role's series, in bars. */
  readonly seedBars: number;
  /** Most bars that a condition of the role looks back. */
  readonly lookbackBars: number;
}

/**
 * `standard`: rows from `seedBars` stored bars before the window, or from where the look-back of
 * the first decision reaches, to the window end (exclusive). A higher timeframe's first decision
 * reads the last bar closed by then, which lies before the window. Rows are counted, not time, so
 * gaps count nothing. With too few stored bars the range begins at row 0; the plan refuses that.
 */
export function standardRange(query: RangeQuery): RowRange {
  const { role, tsOpen, window } = query;
  const windowStart = firstAtOrAfter(tsOpen, window.startMs);
  const end = firstAtOrAfter(tsOpen, window.endMs);
  const firstRead =
    role === 'exec'
      ? windowStart
      : Math.min(windowStart, lastClosedBy(query, query.firstExecCloseMs));
  const first = Math.min(windowStart - query.seedBars, firstRead - query.lookbackBars - 1);
  return { first: Math.max(0, first), windowStart, end };
}

/** `trade`: every row that opens in [data_start, window end], both included (§3.3). */
export function tradeRange(tsOpen: Float64Array, startMs: number, window: Window): RowRange {
  return {
    first: firstAtOrAfter(tsOpen, startMs),
    windowStart: firstAtOrAfter(tsOpen, window.startMs),
    end: firstAtOrAfter(tsOpen, window.endMs + 1),
  };
}

// --- internal ---

/** Last row with tsClose at or before `atMs`, -1 when none has closed. */
function lastClosedBy({ tsOpen, timeframe }: RangeQuery, atMs: number): number {
  return firstAtOrAfter(tsOpen, atMs - timeframeMs(timeframe) + 1) - 1;
}
