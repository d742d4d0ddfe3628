import type { Role } from '../card/keys.ts';
import { SweepError } from '../errors.ts';
import type { Sweep } from '../grid/sweep.ts';
import { formatShort, timeframeMs, type Timeframe } from '../time.ts';
import { firstAtOrAfter } from './feed-store.ts';
import { needsOf, type ColumnNeed, type GridNeeds } from './needs.ts';
import { standardRange, tradeRange, type RowRange } from './range.ts';
import { rolesOf, type Series } from './series.ts';
import { assertWarmupCovered, type WarmupShortage } from './warmup.ts';

/** Stored candles of one symbol and timeframe: enough to know which rows a sweep loads. */
export interface StoredSeries {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Open times of all stored bars, ascending, epoch ms. */
  readonly tsOpen: Float64Array;
}

/** Everything of one symbol and timeframe, before it is cut into files. Rows are stored rows. */
export interface LoadedRows<Facts> {
  readonly facts: Facts;
  readonly range: RowRange;
  readonly columns: readonly ColumnNeed[];
  readonly startMs: number;
  readonly endMs: number;
  readonly shortage: WarmupShortage | undefined;
}

/** Timeframes of the card's roles, each once, exec's first. */
export function timeframesOf(sweep: Sweep): Timeframe[] {
  const configs = rolesOf(sweep.card).map((role) => sweep.card.tf_configs[role]);
  return [...new Set(configs.flatMap((config) => config?.tf ?? []))];
}

/**
 * What a sweep loads of each symbol and timeframe.
 * @throws SweepError SYMBOL_UNKNOWN, WINDOW_EMPTY, WARMUP_NOT_COVERED.
 */
export function loadedRows<Facts extends StoredSeries>(
  sweep: Sweep,
  facts: readonly Facts[],
): LoadedRows<Facts>[] {
  const needs = needsOf(sweep);
  const loaded = needs.symbols.flatMap((symbol) => rowsOfSymbol({ sweep, needs, facts }, symbol));
  const shortages = loaded.flatMap((rows) => rows.shortage ?? []);
  if (!sweep.allowShortWarmup) assertWarmupCovered(shortages);
  return loaded;
}

// --- internal ---

interface SymbolInput<Facts> {
  readonly sweep: Sweep;
  readonly needs: GridNeeds;
  readonly facts: readonly Facts[];
}

function rowsOfSymbol<Facts extends StoredSeries>(
  { sweep, needs, facts }: SymbolInput<Facts>,
  symbol: string,
): LoadedRows<Facts>[] {
  const exec = factsOf(facts, symbol, sweep.card.tf_configs.exec.tf);
  const isTrade = sweep.profile === 'trade';
  const start = firstAtOrAfter(exec.tsOpen, sweep.window.startMs);
  const end = firstAtOrAfter(exec.tsOpen, sweep.window.endMs + (isTrade ? 1 : 0));
  if (start >= end) throw windowEmpty(exec, sweep);
  const firstExecCloseMs = (exec.tsOpen[start] as number) + timeframeMs(exec.timeframe);
  return timeframesOf(sweep).map((timeframe) => {
    const stored = factsOf(facts, symbol, timeframe);
    assertReachesWindow(stored, sweep);
    const roles = rolesOf(sweep.card).filter(
      (role) => sweep.card.tf_configs[role]?.tf === timeframe,
    );
    return rowsOfTimeframe({ sweep, needs, facts: stored, roles, firstExecCloseMs });
  });
}

interface TimeframeInput<Facts> {
  readonly sweep: Sweep;
  readonly needs: GridNeeds;
  readonly facts: Facts;
  readonly roles: readonly Role[];
  readonly firstExecCloseMs: number;
}

function rowsOfTimeframe<Facts extends StoredSeries>(
  input: TimeframeInput<Facts>,
): LoadedRows<Facts> {
  const { sweep, needs, facts, roles, firstExecCloseMs } = input;
  const columns = new Map<string, ColumnNeed>();
  for (const role of roles) {
    for (const [id, column] of needs.roles.get(role)?.columns ?? []) columns.set(id, column);
  }
  const { tsOpen, timeframe } = facts;
  const longest = longestWarmup(columns.values());
  const seedBars = longest?.seedBars ?? 0;
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
  if (range.first >= range.end) throw windowEmpty(facts, sweep);
  return {
    facts,
    range,
    columns: [...columns.values()],
    startMs: tsOpen[range.first] as number,
    endMs: sweep.window.endMs + (needs.earliestStartMs === undefined ? 0 : 1),
    shortage:
      longest && needs.earliestStartMs === undefined && range.windowStart < seedBars
        ? { stored: facts, series: longest, storedBars: range.windowStart, window: sweep.window }
        : undefined,
  };
}

function longestWarmup(columns: Iterable<ColumnNeed>): Series | undefined {
  let longest: Series | undefined;
  for (const { series } of columns) {
    if (!longest || series.seedBars > longest.seedBars) longest = series;
  }
  return longest;
}

function factsOf<Facts extends StoredSeries>(
  facts: readonly Facts[],
  symbol: string,
  timeframe: Timeframe,
): Facts {
  const found = facts.find((fact) => fact.symbol === symbol && fact.timeframe === timeframe);
  if (found && found.tsOpen.length > 0) return found;
  throw new SweepError('SYMBOL_UNKNOWN', `no ${timeframe} candles of ${symbol} are stored`, {
    hint: `See \`ideasweep data list\`; bring them in with \`ideasweep data import\`${timeframe === '1m' ? '' : ' or `data resample`'}.`,
    facts: { symbol, timeframe },
  });
}

function windowEmpty({ symbol, timeframe, tsOpen }: StoredSeries, { window }: Sweep): SweepError {
  const first = formatShort(tsOpen[0] as number);
  const last = formatShort(tsOpen.at(-1) as number);
  return new SweepError(
    'WINDOW_EMPTY',
    `no ${timeframe} candle of ${symbol} lies in the window ${formatShort(window.startMs)} .. ${formatShort(window.endMs)}`,
    { hint: `Stored candles open from ${first} to ${last}.`, facts: { symbol, timeframe } },
  );
}

/** A higher timeframe may have no bar that opens in a short window, but it must not have ended long before. */
function assertReachesWindow(facts: StoredSeries, sweep: Sweep): void {
  const span = 2 * timeframeMs(facts.timeframe);
  const start = firstAtOrAfter(facts.tsOpen, sweep.window.startMs - span + 1);
  const end = firstAtOrAfter(facts.tsOpen, sweep.window.endMs + 1);
  if (start >= end) throw windowEmpty(facts, sweep);
}
