import { openCandleDb, type CandleDb } from '../candles/db.ts';
import { readFunding } from '../candles/funding.ts';
import { latticeOffsetMs } from '../candles/lattice.ts';
import { digestMonths } from '../candles/digest.ts';
import { readCandles, readOpenTimes, unknownSeries } from '../candles/query.ts';
import { required } from '../assert.ts';
import type { Config } from '../config.ts';
import { PROFILES } from '../engine/profile.ts';
import { SweepError, type CardIssue } from '../errors.ts';
import type { FundingSeries } from '../feed/manifest.ts';
import { firstAtOrAfter } from '../feed/feed-store.ts';
import { feedNeeds, feedRanges, type CandleFacts, type FeedRange } from '../feed/plan.ts';
import type { Sweep } from '../grid/sweep.ts';
import { formatShort, timeframeMs, type Window } from '../time.ts';
import { KeptCandles } from './kept-candles.ts';

/** What planning must know of the candle database, read once and with the database closed again. */
export interface SweepCandles {
  readonly facts: readonly CandleFacts[];
  readonly candles: KeptCandles;
  readonly warnings: readonly CardIssue[];
}

/**
 * Open times, digests of the rows that the sweep loads, and the funding rates of its window. Opens
 * the candle database read-only and closes it: DuckDB locks its file to one process.
 * @throws SweepError SYMBOL_UNKNOWN, WINDOW_EMPTY, WARMUP_NOT_COVERED, CANDLES_LOCKED.
 */
export async function readSweepCandles(config: Config, sweep: Sweep): Promise<SweepCandles> {
  await using db = await openCandleDb(config.candlesPath, { readOnly: true });
  const stored = [];
  for (const { symbol, timeframe } of feedNeeds(sweep)) {
    const tsOpen = await readOpenTimes(db, symbol, timeframe);
    if (tsOpen.length === 0) throw await unknownSeries(db, symbol, timeframe);
    stored.push({ symbol, timeframe, tsOpen });
  }
  const warnings: CardIssue[] = [];
  const facts: CandleFacts[] = [];
  const candles = new KeptCandles();
  for (const range of feedRanges(sweep, stored)) {
    const { symbol, timeframe } = range;
    const series = required(
      stored.find((other) => other.symbol === symbol && other.timeframe === timeframe),
      'ranges are of the stored series',
    );
    warnings.push(...gapWarning(series.tsOpen, range, sweep.window));
    const rows = await readCandles(db, range);
    candles.keep(range, rows);
    const funding = await fundingOf(db, sweep, range, warnings);
    facts.push({ ...series, monthDigests: digestMonths(rows), ...(funding ? { funding } : {}) });
  }
  return { facts, candles, warnings };
}

/** A rate may be this much later than the usual step before it counts as missing. */
const STEP_TOLERANCE = 1.5;
const USUAL_STEP_MS = 8 * 3_600_000;

/**
 * Whether rates cover a window without a hole: no instant of it is further than a step and a half
 * from the settlement before or after it. Perpetuals settle every 8 hours or oftener.
 */
export function coversWindow(tsMs: Float64Array, window: Window): boolean {
  const limitMs = USUAL_STEP_MS * STEP_TOLERANCE;
  let previousMs = window.startMs;
  for (const ms of tsMs) {
    if (ms - previousMs > limitMs) return false;
    previousMs = ms;
  }
  return tsMs.length > 0 && window.endMs - previousMs <= limitMs;
}

// --- internal ---

/** Gaps count nothing, but a window that the candles fill only in part is worth knowing of. */
function gapWarning(tsOpen: Float64Array, range: FeedRange, window: Window): CardIssue[] {
  const { symbol, timeframe, startMs } = range;
  const [length, offset] = [timeframeMs(timeframe), latticeOffsetMs(timeframe)];
  const endMs = Math.min(range.endMs, window.endMs);
  // Bars that have closed by the end: the last one of a higher timeframe may still be open there.
  const spanned =
    Math.floor((endMs - offset) / length) - Math.ceil((Math.max(startMs, 0) - offset) / length);
  const first = firstAtOrAfter(tsOpen, startMs);
  const end = Math.max(first, firstAtOrAfter(tsOpen, endMs - length + 1));
  if (end - first >= spanned) return [];
  const missing = `${spanned - (end - first)} of ${spanned} bars of ${symbol} ${timeframe} are missing`;
  const lastMs = (end > first ? tsOpen[end - 1] : undefined) ?? startMs;
  return [
    {
      path: 'sweep.window',
      code: 'CANDLES_MISSING',
      message: `${missing} from ${formatShort(startMs)} to ${formatShort(endMs)}; the last stored one opens at ${formatShort(lastMs)}`,
      hint: 'Bars are taken one after another, whatever lies between; gaps are listed by: ideasweep data check',
    },
  ];
}

async function fundingOf(
  db: CandleDb,
  sweep: Sweep,
  { symbol, timeframe }: FeedRange,
  warnings: CardIssue[],
): Promise<FundingSeries | undefined> {
  const isExec = timeframe === sweep.card.tf_configs.exec.tf;
  if (!PROFILES[sweep.profile].hasFunding || !isExec) return undefined;
  try {
    const { tsMs, rate } = await readFunding(db, { symbol, ...sweep.window });
    if (tsMs.length === 0) return undefined;
    if (coversWindow(tsMs, sweep.window)) return { ts_ms: [...tsMs], rate: [...rate] };
    warnings.push(partlyCovered(symbol, tsMs));
  } catch (error) {
    // Rates of unknown time zone (D5) must not be used; the sweep runs without them and says so.
    if (!(error instanceof SweepError) || error.code !== 'FUNDING_ZONE_UNKNOWN') throw error;
    const { message, hint } = error;
    const issue = { path: 'sweep.window', code: 'FUNDING_ZONE_UNKNOWN', message };
    warnings.push(hint === undefined ? issue : { ...issue, hint });
  }
  return undefined;
}

function partlyCovered(symbol: string, tsMs: Float64Array): CardIssue {
  const first = formatShort(tsMs[0] ?? 0);
  const last = formatShort(tsMs.at(-1) ?? 0);
  return {
    path: 'sweep.window',
    code: 'FUNDING_NOT_COVERED',
    message: `funding rates of ${symbol} (${first} to ${last} in the window) do not cover it; none are applied`,
    hint: 'Import the missing rates with: ideasweep data import FILE --funding',
  };
}
