import { SweepError } from '../errors.ts';
import { hashJson, sha256 } from '../hash.ts';
import { FEED_FILE_BYTES_MAX, FEED_PLAN_BYTES_MAX } from '../limits.ts';
import type { Role } from '../card/schema.ts';
import type { Grid } from '../grid/grid.ts';
import type { Axis } from '../grid/axis.ts';
import type { Sweep } from '../grid/sweep.ts';
import { formatShort, timeframeMs, type Timeframe } from '../time.ts';
import { tooLarge } from './axis-product.ts';
import { firstAtOrAfter } from './feed-store.ts';
import { FEED_FORMAT_VERSION } from './manifest.ts';
import { needsOf, symbolsOf, type ColumnNeed, type GridNeeds } from './needs.ts';
import { standardRange, tradeRange, type RowRange } from './range.ts';
import { rolesOf, type SeriesSpec } from './series.ts';
import { assertWarmupCovered, type WarmupShortage } from './warmup.ts';

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
export interface CandleFacts {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Open times of all stored bars, ascending, epoch ms. */
  readonly tsOpen: Float64Array;
  /** Digests per UTC month; those of other months than the plan's are ignored. */
  readonly monthDigests: readonly { readonly month: string; readonly digest: string }[];
}

export interface PlanInput {
  readonly sweep: Sweep;
  readonly grid: Grid;
  readonly facts: readonly CandleFacts[];
  /** Tests lower the limits; default limits.ts. */
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
 * The feed files of a sweep: per symbol and timeframe one file, or several groups of columns where
 * one would exceed the limit of a file. Each distinct series of the grid is in exactly one of them.
 * @throws SweepError SYMBOL_UNKNOWN, WINDOW_EMPTY, WARMUP_NOT_COVERED, GRID_TOO_LARGE.
 */
export function planFeeds(input: PlanInput): FeedPlan[] {
  const { sweep, limits = DEFAULT_LIMITS } = input;
  const needs = needsOf(sweep);
  const frames = needs.symbols.flatMap((symbol) => framesOf(input, needs, symbol));
  const shortages = frames.flatMap((frame) => frame.shortage ?? []);
  if (!sweep.allowShortWarmup && sweep.profile === 'standard') assertWarmupCovered(shortages);
  const total = frames.reduce((sum, frame) => sum + frameBytes(frame, sweep), 0);
  if (total > limits.planBytesMax) throw planTooLarge(frames, total);
  return frames.flatMap((frame) => plansOf(frame, sweep, limits.fileBytesMax));
}

/** Bytes of one row of the columns that every feed file has: four times and five prices. */
export const BASE_ROW_BYTES = 9 * 8;

// --- internal ---

const DEFAULT_LIMITS = { fileBytesMax: FEED_FILE_BYTES_MAX, planBytesMax: FEED_PLAN_BYTES_MAX };

/** Everything of one symbol and timeframe, before it is cut into files. Rows are stored rows. */
interface Frame {
  readonly facts: CandleFacts;
  readonly range: RowRange;
  readonly columns: readonly ColumnNeed[];
  readonly startMs: number;
  readonly endMs: number;
  readonly shortage: WarmupShortage | undefined;
}

function timeframesOf(sweep: Sweep): Timeframe[] {
  const configs = rolesOf(sweep.card).map((role) => sweep.card.tf_configs[role]);
  return [...new Set(configs.flatMap((config) => config?.tf ?? []))];
}

function framesOf(input: PlanInput, needs: GridNeeds, symbol: string): Frame[] {
  const { sweep } = input;
  const exec = factsOf(input, symbol, sweep.card.tf_configs.exec.tf);
  const isTrade = sweep.profile === 'trade';
  const start = firstAtOrAfter(exec.tsOpen, sweep.window.startMs);
  const end = firstAtOrAfter(exec.tsOpen, sweep.window.endMs + (isTrade ? 1 : 0));
  if (start >= end) throw windowEmpty(exec, sweep);
  const firstExecCloseMs = (exec.tsOpen[start] as number) + timeframeMs(exec.timeframe);
  return timeframesOf(sweep).map((timeframe) => {
    const facts = factsOf(input, symbol, timeframe);
    assertReachesWindow(facts, sweep);
    const roles = rolesOf(sweep.card).filter(
      (role) => sweep.card.tf_configs[role]?.tf === timeframe,
    );
    return frameOf({ sweep, needs, facts, roles, firstExecCloseMs });
  });
}

interface FrameInput {
  readonly sweep: Sweep;
  readonly needs: GridNeeds;
  readonly facts: CandleFacts;
  readonly roles: readonly Role[];
  readonly firstExecCloseMs: number;
}

function frameOf({ sweep, needs, facts, roles, firstExecCloseMs }: FrameInput): Frame {
  const columns = new Map<string, ColumnNeed>();
  for (const role of roles) {
    for (const [id, column] of needs.roles.get(role)?.columns ?? []) columns.set(id, column);
  }
  const { tsOpen, timeframe } = facts;
  const seedBars = maxOf([...columns.values()].map((column) => column.series.seedBars));
  const ranges =
    needs.earliestStartMs === undefined
      ? roles.map((role) =>
          standardRange({
            role,
            tsOpen,
            timeframe,
            firstExecCloseMs,
            window: sweep.window,
            seedBars,
            lookbackBars: needs.roles.get(role)?.lookbackBars ?? 0,
          }),
        )
      : [tradeRange(tsOpen, needs.earliestStartMs, sweep.window)];
  const range = {
    ...(ranges[0] as RowRange),
    first: Math.min(...ranges.map(({ first }) => first)),
  };
  const isShort = needs.earliestStartMs === undefined && range.windowStart < seedBars;
  const { symbol } = facts;
  return {
    facts,
    range,
    columns: [...columns.values()],
    startMs: tsOpen[range.first] as number,
    endMs: sweep.window.endMs + (needs.earliestStartMs === undefined ? 0 : 1),
    shortage: isShort
      ? {
          symbol,
          timeframe,
          tsOpen,
          seedBars,
          storedBars: range.windowStart,
          windowStartMs: sweep.window.startMs,
        }
      : undefined,
  };
}

function factsOf({ facts }: PlanInput, symbol: string, timeframe: Timeframe): CandleFacts {
  const found = facts.find((fact) => fact.symbol === symbol && fact.timeframe === timeframe);
  if (found && found.tsOpen.length > 0) return found;
  throw new SweepError('SYMBOL_UNKNOWN', `no ${timeframe} candles of ${symbol} are stored`, {
    hint: `See \`ideasweep data list\`; bring them in with \`ideasweep data import\`${timeframe === '1m' ? '' : ' or `data resample`'}.`,
    facts: { symbol, timeframe },
  });
}

function windowEmpty({ symbol, timeframe, tsOpen }: CandleFacts, { window }: Sweep): SweepError {
  const first = formatShort(tsOpen[0] as number);
  const last = formatShort(tsOpen.at(-1) as number);
  return new SweepError(
    'WINDOW_EMPTY',
    `no ${timeframe} candle of ${symbol} lies in the window ${formatShort(window.startMs)} .. ${formatShort(window.endMs)}`,
    { hint: `Stored candles open from ${first} to ${last}.`, facts: { symbol, timeframe } },
  );
}

/** A higher timeframe may have no bar that opens in a short window, but it must not have ended long before. */
function assertReachesWindow(facts: CandleFacts, sweep: Sweep): void {
  const span = 2 * timeframeMs(facts.timeframe);
  const start = firstAtOrAfter(facts.tsOpen, sweep.window.startMs - span + 1);
  const end = firstAtOrAfter(facts.tsOpen, sweep.window.endMs + 1);
  if (start >= end) throw windowEmpty(facts, sweep);
}

function columnBytes(frame: Frame, sweep: Sweep): number {
  return barsOf(frame) * (sweep.precision === 'float32' ? 4 : 8);
}

function frameBytes(frame: Frame, sweep: Sweep): number {
  return barsOf(frame) * BASE_ROW_BYTES + frame.columns.length * columnBytes(frame, sweep);
}

function barsOf({ range }: Frame): number {
  return range.end - range.first;
}

function planTooLarge(frames: readonly Frame[], bytes: number): SweepError {
  const perAxis = new Map<Axis, number>();
  for (const frame of frames) {
    for (const { axes } of frame.columns) {
      for (const axis of axes) perAxis.set(axis, (perAxis.get(axis) ?? 0) + 1);
    }
  }
  const most = maxOf([...perAxis.values()]);
  const blamed = [...perAxis.keys()].filter((axis) => perAxis.get(axis) === most);
  return tooLarge(blamed, `${(bytes / 2 ** 30).toFixed(1)} GiB`);
}

/** Cuts a frame into files. Outputs of one series stay together, because they are computed together. */
function plansOf(frame: Frame, sweep: Sweep, fileBytesMax: number): FeedPlan[] {
  const room = fileBytesMax - barsOf(frame) * BASE_ROW_BYTES;
  const perFile = Math.max(1, Math.floor(room / columnBytes(frame, sweep)));
  const groups: ColumnNeed[][] = [[]];
  const seriesGroups = Object.values(
    Object.groupBy(frame.columns, ({ series, startMs }) => `${series.id}@${startMs}`),
  );
  for (const columns of seriesGroups) {
    const last = groups.at(-1) as ColumnNeed[];
    if (!columns) continue;
    if (last.length > 0 && last.length + columns.length > perFile) groups.push([...columns]);
    else last.push(...columns);
  }
  return groups.map((columns) => planOf(frame, sweep, columns));
}

function planOf(frame: Frame, sweep: Sweep, needs: readonly ColumnNeed[]): FeedPlan {
  const { facts, range, startMs, endMs } = frame;
  const { symbol, timeframe } = facts;
  const columns = needs.map((need) => columnPlan(need, frame));
  const content = {
    symbol,
    timeframe,
    profile: sweep.profile,
    precision: sweep.precision,
    startMs,
    endMs,
    bars: barsOf(frame),
    windowStartRow: range.windowStart - range.first,
    columns,
    candleDigest: candleDigestOf(facts, startMs, endMs),
  };
  const hash = hashJson({ ...content, formatVersion: FEED_FORMAT_VERSION } as never);
  const safeSymbol = symbol.replaceAll(/[^A-Za-z0-9_.]/g, '_');
  return {
    ...content,
    hash,
    fileName: `${safeSymbol}-${timeframe}-${hash.slice(0, 16)}.arrow`,
    bytes: barsOf(frame) * BASE_ROW_BYTES + columns.length * columnBytes(frame, sweep),
  };
}

function columnPlan(need: ColumnNeed, { facts, range }: Frame): ColumnPlan {
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
  return sha256(`${facts.symbol} ${facts.timeframe}\n${lines.join('\n')}`);
}

function maxOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
