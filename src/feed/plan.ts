import type { Axis } from '../grid/axis.ts';
import type { Sweep } from '../grid/sweep.ts';
import type { SweepError } from '../errors.ts';
import { hashJson, sha256 } from '../hash.ts';
import { FEED_FILE_BYTES_MAX, FEED_PLAN_BYTES_MAX } from '../limits.ts';
import type { Timeframe } from '../time.ts';
import { tooLarge } from './axis-product.ts';
import { firstAtOrAfter } from './feed-store.ts';
import { loadedRows, timeframesOf, type LoadedRows, type StoredSeries } from './loaded-rows.ts';
import { FEED_FORMAT_VERSION, type FundingSeries } from './manifest.ts';
import { symbolsOf, type ColumnNeed } from './needs.ts';
import type { SeriesSpec } from './series.ts';

/**
 * A feed plan says what one feed file holds, before any candle is read: rows, columns, and a hash
 * of everything that decides its bytes. Pure: facts about the stored candles come in.
 */
export interface FeedPlan {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly profile: Sweep['profile'];
  readonly precision: Sweep['precision'];
  /** Half-open range of open times to read, epoch ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** Stored bars in that range. */
  readonly bars: number;
  /** First row of the window. */
  readonly windowStartRow: number;
  readonly columns: readonly ColumnPlan[];
  readonly candleDigest: string;
  readonly funding?: FundingSeries;
  /** SHA-256 of the inputs; its first 16 digits are in the file's name. */
  readonly hash: string;
  readonly fileName: string;
  /** Bytes of the columns; the file has a few kilobytes more. */
  readonly bytes: number;
}

export interface ColumnPlan {
  readonly id: string;
  readonly series: SeriesSpec;
  /** '' for an indicator with one output. */
  readonly output: string;
  /** Row where the series begins. */
  readonly firstRow: number;
  /** Rows between the series' begin and the window start. */
  readonly warmupBars: number;
}

/** What a plan must know of the stored candles of one symbol and timeframe. */
export interface CandleFacts extends StoredSeries {
  /** Digests per UTC month; those of other months than the plan's are ignored. */
  readonly monthDigests: readonly { readonly month: string; readonly digest: string }[];
  /** Funding rates that cover the whole window: all or nothing (`standard`). */
  readonly funding?: FundingSeries;
}

export interface PlanInput {
  readonly sweep: Sweep;
  readonly facts: readonly CandleFacts[];
  /** Tests lower the limits; those of limits.ts where absent. */
  readonly limits?: { readonly fileBytesMax: number; readonly planBytesMax: number };
}

/** Symbols and timeframes that a sweep reads: which facts to fetch before planning. */
export function feedNeeds(sweep: Sweep): { symbol: string; timeframe: Timeframe }[] {
  const timeframes = timeframesOf(sweep);
  return symbolsOf(sweep).flatMap((symbol) =>
    timeframes.map((timeframe) => ({ symbol, timeframe })),
  );
}

/**
 * The half-open ranges of open times that a sweep's feeds hold, so that a caller can digest just
 * those candles: a digest of other rows would change a sweep's identity for no reason.
 * @throws SweepError as `planFeeds`, but for GRID_TOO_LARGE.
 */
export function feedRanges(sweep: Sweep, stored: readonly StoredSeries[]): FeedRange[] {
  return loadedRows(sweep, stored).map(({ facts, startMs, endMs }) => ({
    symbol: facts.symbol,
    timeframe: facts.timeframe,
    startMs,
    endMs,
  }));
}

export type FeedRange = Pick<FeedPlan, 'symbol' | 'timeframe' | 'startMs' | 'endMs'>;

/**
 * The feed files of a sweep: per symbol and timeframe one file, or several groups of columns where
 * one would exceed the limit of a file. Each distinct series of the grid is in exactly one of them.
 * @throws SweepError SYMBOL_UNKNOWN, WINDOW_EMPTY, WARMUP_NOT_COVERED, GRID_TOO_LARGE.
 */
export function planFeeds(input: PlanInput): FeedPlan[] {
  const { sweep, facts, limits } = input;
  const loaded = loadedRows(sweep, facts);
  const total = loaded.reduce((sum, rows) => sum + totalBytes(rows, sweep), 0);
  if (total > (limits?.planBytesMax ?? FEED_PLAN_BYTES_MAX)) throw planTooLarge(loaded, total);
  return loaded.flatMap((rows) =>
    plansOf(rows, sweep, limits?.fileBytesMax ?? defaultFileBytes(rows)),
  );
}

/** Bytes of one row of the columns that every feed file has: four times and five prices. */
export const BASE_ROW_BYTES = 9 * 8;

// --- internal ---

type PlannedRows = LoadedRows<CandleFacts>;

/** Every file has times and prices again, which should be a small part of it. */
const BASE_SHARE_MAX = 1 / 12;

function defaultFileBytes(rows: PlannedRows): number {
  return Math.max(FEED_FILE_BYTES_MAX, (barsOf(rows) * BASE_ROW_BYTES) / BASE_SHARE_MAX);
}

function columnBytes(rows: PlannedRows, sweep: Sweep): number {
  return barsOf(rows) * (sweep.precision === 'float32' ? 4 : 8);
}

function totalBytes(rows: PlannedRows, sweep: Sweep): number {
  return barsOf(rows) * BASE_ROW_BYTES + rows.columns.length * columnBytes(rows, sweep);
}

function barsOf({ range }: PlannedRows): number {
  return range.end - range.first;
}

function planTooLarge(loaded: readonly PlannedRows[], bytes: number): SweepError {
  const perAxis = new Map<Axis, number>();
  for (const rows of loaded) {
    for (const { axes } of rows.columns) {
      for (const axis of axes) perAxis.set(axis, (perAxis.get(axis) ?? 0) + 1);
    }
  }
  const most = maxOf([...perAxis.values()]);
  const blamed = [...perAxis.keys()].filter((axis) => perAxis.get(axis) === most);
  return tooLarge(blamed, `${(bytes / 2 ** 30).toFixed(1)} GiB`);
}

/**
 * Cuts the columns into as few files as the limit asks for, of about equal size. Outputs of one series stay
 * together, because they are computed together.
 */
function plansOf(rows: PlannedRows, sweep: Sweep, fileBytesMax: number): FeedPlan[] {
  const room = fileBytesMax - barsOf(rows) * BASE_ROW_BYTES;
  const perFileMax = Math.max(1, Math.floor(room / columnBytes(rows, sweep)));
  const files = Math.max(1, Math.ceil(rows.columns.length / perFileMax));
  const perFile = Math.ceil(rows.columns.length / files);
  const groups: ColumnNeed[][] = [[]];
  const seriesGroups = Object.values(
    Object.groupBy(rows.columns, ({ series, startMs }) => `${series.id}@${startMs}`),
  );
  for (const columns of seriesGroups) {
    const last = groups.at(-1) as ColumnNeed[];
    if (!columns) continue;
    if (last.length > 0 && last.length + columns.length > perFile) groups.push([...columns]);
    else last.push(...columns);
  }
  return groups.map((columns) => planOf(rows, sweep, columns));
}

function planOf(rows: PlannedRows, sweep: Sweep, needs: readonly ColumnNeed[]): FeedPlan {
  const { facts, range, startMs, endMs } = rows;
  const { symbol, timeframe } = facts;
  const columns = needs.map((need) => columnPlan(need, rows));
  const content = {
    symbol,
    timeframe,
    profile: sweep.profile,
    precision: sweep.precision,
    startMs,
    endMs,
    bars: barsOf(rows),
    windowStartRow: range.windowStart - range.first,
    columns,
    candleDigest: candleDigestOf(facts, startMs, endMs),
    ...(facts.funding ? { funding: facts.funding } : {}),
  };
  const hash = hashJson({ ...content, formatVersion: FEED_FORMAT_VERSION } as never);
  const safeSymbol = symbol.replaceAll(/[^A-Za-z0-9_.]/g, '_');
  return {
    ...content,
    hash,
    fileName: `${safeSymbol}-${timeframe}-${hash.slice(0, 16)}.arrow`,
    bytes: barsOf(rows) * BASE_ROW_BYTES + columns.length * columnBytes(rows, sweep),
  };
}

function columnPlan(need: ColumnNeed, { facts, range }: PlannedRows): ColumnPlan {
  const first =
    need.startMs === undefined
      ? range.windowStart - need.series.seedBars
      : firstAtOrAfter(facts.tsOpen, need.startMs);
  const firstRow = Math.max(0, first - range.first);
  return {
    id: need.id,
    series: need.series.spec,
    output: need.output,
    firstRow,
    warmupBars: range.windowStart - range.first - firstRow,
  };
}

/** Digest of the months that the range touches. */
function candleDigestOf(facts: CandleFacts, startMs: number, endMs: number): string {
  const firstMonth = new Date(startMs).toISOString().slice(0, 7);
  const lastMonth = new Date(endMs - 1).toISOString().slice(0, 7);
  const months = facts.monthDigests.filter(
    ({ month }) => month >= firstMonth && month <= lastMonth,
  );
  const lines = months.map(({ month, digest }) => `${month} ${digest}`);
  if (facts.funding) lines.push(`funding ${hashJson({ ...facts.funding })}`);
  return sha256(`${facts.symbol} ${facts.timeframe}\n${lines.join('\n')}`);
}

function maxOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
