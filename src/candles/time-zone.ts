import { DAY_MS, isTimeframe, timeframeMs } from '../time.ts';
import type { CandleDb } from './db.ts';
import type { Finding } from './gaps.ts';
import type { SeriesSummary } from './query.ts';

/**
 * Signs that stored times are local, not UTC. A shift by whole hours leaves every bar on the lattice,
 * so it cannot be seen in one series alone, but in three places: bars that close in the future, a
 * missing hour on the nights when clocks are put forward, and two timeframes of one symbol that agree
 * only when one of them is shifted.
 */
export async function timeZoneFindings(
  db: CandleDb,
  series: readonly SeriesSummary[],
  nowMs: number,
): Promise<Finding[]> {
  const known = series.filter((one) => isTimeframe(one.timeframe));
  const findings = known.flatMap((one) => futureFinding(one, nowMs));
  for (const one of known) findings.push(...(await clockChangeFindings(db, one)));
  for (const [lower, higher] of comparablePairs(known)) {
    findings.push(...(await shiftFindings(db, lower, higher)));
  }
  return findings;
}

/** Nights (00:00 UTC of the Sunday) on which Europe or North America put clocks forward. */
export function clockChangeDays(year: number): number[] {
  const sundays = Array.from({ length: 31 }, (_, day) => Date.UTC(year, 2, day + 1)).filter(
    (ms) => new Date(ms).getUTCDay() === 0,
  );
  return [sundays[1], sundays.at(-1)].filter((ms) => ms !== undefined);
}

// --- internal ---

const HOUR_MS = 3_600_000;
/** Bars that two timeframes must share before they are compared. */
const SHARED_BARS_MIN = 24;
/** Longer bars that are compared, and shorter ones read for it. */
const COMPARED_BARS = 500;
const COMPARED_ROWS_MAX = 500_000;
/** Time zones go from −12 to +14 hours. */
const SHIFT_HOURS_MAX = 14;

function futureFinding(series: SeriesSummary, nowMs: number): Finding[] {
  const { symbol, timeframe, lastMs } = series;
  const length = isTimeframe(timeframe) ? timeframeMs(timeframe) : 0;
  if (lastMs + length <= nowMs) return [];
  const hours = Math.ceil((lastMs + length - nowMs) / HOUR_MS);
  const detail = `the last bar closes ${hours} h in the future`;
  return [{ symbol, timeframe, kind: 'time_zone', startMs: lastMs, lastMs, bars: 1, detail }];
}

/** A gap of exactly one hour that begins at 01:00, 02:00 or 03:00 on such a night. */
async function clockChangeFindings(db: CandleDb, series: SeriesSummary): Promise<Finding[]> {
  const { symbol, timeframe } = series;
  const step = isTimeframe(timeframe) ? timeframeMs(timeframe) : 0;
  if (step === 0 || step > HOUR_MS) return [];
  const gaps = await db.rows<{ startMs: number }>(
    `SELECT before + $step AS "startMs" FROM (
       SELECT epoch_ms(timestamp) AS after, lag(epoch_ms(timestamp)) OVER (ORDER BY timestamp) AS before
       FROM ohlcv_live WHERE symbol = $symbol AND timeframe = $timeframe)
     WHERE after - before = $step + ${HOUR_MS} ORDER BY after`,
    { symbol, timeframe, step },
  );
  return gaps
    .filter(({ startMs }) => isClockChange(startMs))
    .map(({ startMs }) => ({
      symbol,
      timeframe,
      kind: 'time_zone' as const,
      startMs,
      lastMs: startMs + HOUR_MS - step,
      bars: HOUR_MS / step,
      detail: 'the hour that clocks skip is missing: local times?',
    }));
}

function isClockChange(ms: number): boolean {
  const day = Math.floor(ms / DAY_MS) * DAY_MS;
  const hour = (ms - day) / HOUR_MS;
  return clockChangeDays(new Date(ms).getUTCFullYear()).includes(day) && [1, 2, 3].includes(hour);
}

/** Per symbol, each timeframe with the next longer one that it divides. */
function comparablePairs(
  series: readonly SeriesSummary[],
): (readonly [lower: SeriesSummary, higher: SeriesSummary])[] {
  const lengthOf = ({ timeframe }: SeriesSummary) =>
    isTimeframe(timeframe) ? timeframeMs(timeframe) : 0;
  return series.flatMap((lower) => {
    const higher = series
      .filter((one) => one.symbol === lower.symbol && lengthOf(one) > lengthOf(lower))
      .filter((one) => lengthOf(one) % lengthOf(lower) === 0)
      .toSorted((a, b) => lengthOf(a) - lengthOf(b))[0];
    return higher === undefined ? [] : [[lower, higher] as const];
  });
}

/**
 * A longer bar opens at the price at which the shorter one with the same open time opens. Compared
 * over the last COMPARED_BARS longer bars, so that the cost does not grow with the history.
 */
async function shiftFindings(
  db: CandleDb,
  lower: SeriesSummary,
  higher: SeriesSummary,
): Promise<Finding[]> {
  const endMs = Math.min(lower.lastMs, higher.lastMs);
  const longBars = await readOpens(db, higher, {
    startMs: higher.firstMs,
    endMs,
    limit: COMPARED_BARS,
  });
  const firstMs = Math.min(...longBars.keys()) - SHIFT_HOURS_MAX * HOUR_MS;
  const range = {
    startMs: firstMs,
    endMs: endMs + SHIFT_HOURS_MAX * HOUR_MS,
    limit: COMPARED_ROWS_MAX,
  };
  const shortBars = longBars.size === 0 ? longBars : await readOpens(db, lower, range);
  const asStored = agreement(longBars, shortBars, 0);
  let best = { hours: 0, share: asStored };
  for (let hours = -SHIFT_HOURS_MAX; hours <= SHIFT_HOURS_MAX; hours++) {
    const share = agreement(longBars, shortBars, hours * HOUR_MS);
    if (share > best.share) best = { hours, share };
  }
  if (best.hours === 0 || best.share < 0.9 || asStored > 0.5) return [];
  const { symbol, timeframe, firstMs: startMs, lastMs, bars } = lower;
  const detail = `fits ${higher.timeframe} only when shifted by ${-best.hours} h: one of them is in local time`;
  return [{ symbol, timeframe, kind: 'time_zone', startMs, lastMs, bars, detail }];
}

/** Share of the longer bars whose open equals that of the shorter bar `shiftMs` later. */
function agreement(
  longBars: ReadonlyMap<number, number>,
  shortBars: ReadonlyMap<number, number>,
  shiftMs: number,
): number {
  let shared = 0;
  let equal = 0;
  for (const [ms, open] of longBars) {
    const other = shortBars.get(ms + shiftMs);
    if (other === undefined) continue;
    shared += 1;
    if (Math.abs(other - open) <= 1e-9 * open) equal += 1;
  }
  return shared < SHARED_BARS_MIN ? 0 : equal / shared;
}

/** Open price by open time, of the last `limit` bars in the range (both ends included). */
async function readOpens(
  db: CandleDb,
  { symbol, timeframe }: SeriesSummary,
  { startMs, endMs, limit }: { startMs: number; endMs: number; limit: number },
): Promise<Map<number, number>> {
  const [times, opens] = await db.doubles(
    `SELECT epoch_ms(timestamp)::DOUBLE, open FROM ohlcv_live
     WHERE symbol = $symbol AND timeframe = $timeframe
       AND timestamp >= make_timestamp($startUs::BIGINT) AND timestamp <= make_timestamp($endUs::BIGINT)
     ORDER BY timestamp DESC LIMIT $limit`,
    { symbol, timeframe, startUs: startMs * 1000, endUs: endMs * 1000, limit },
  );
  const found = new Map<number, number>();
  times?.forEach((ms, i) => found.set(ms, opens?.[i] ?? Number.NaN));
  return found;
}
