import { closest, distance } from 'fastest-levenshtein';
import { required } from '../assert.ts';
import { SweepError } from '../errors.ts';
import { isTimeframe, TIMEFRAMES, timeframeMs, type Timeframe } from '../time.ts';
import type { CandleDb, SqlValues } from './db.ts';

/** Columns of one series, ascending by open time. Times are epoch ms, UTC. */
export interface Candles {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly tsOpen: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly length: number;
}

/** Half-open on bar open time. */
export interface CandleRange {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly startMs: number;
  readonly endMs: number;
}

export interface SeriesSummary {
  readonly symbol: string;
  readonly timeframe: string;
  readonly bars: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Places where the next bar is further away than one timeframe. */
  readonly gaps: number;
}

/** Stored candles that open in [startMs, endMs); no rows gives arrays of length 0. */
export async function readCandles(db: CandleDb, range: CandleRange): Promise<Candles> {
  const symbol = range.symbol.toUpperCase();
  const columns = await byOpenTime(
    db,
    `SELECT epoch_ms(timestamp)::DOUBLE, open, high, low, close, volume FROM ohlcv_live
     WHERE symbol = $symbol AND timeframe = $timeframe
       AND timestamp >= make_timestamp($startUs::BIGINT) AND timestamp < make_timestamp($endUs::BIGINT)`,
    { symbol, timeframe: range.timeframe, ...microseconds(range) },
  );
  const [tsOpen, open, high, low, close, volume] = columns.map((c) => required(c, 'six columns'));
  return candlesOf(symbol, range.timeframe, { tsOpen, open, high, low, close, volume });
}

/** Open times of every stored bar of a series, ascending, epoch ms; empty when there is none. */
export async function readOpenTimes(
  db: CandleDb,
  symbol: string,
  timeframe: Timeframe,
): Promise<Float64Array> {
  const [tsOpen] = await byOpenTime(
    db,
    `SELECT epoch_ms(timestamp)::DOUBLE FROM ohlcv_live
     WHERE symbol = $symbol AND timeframe = $timeframe`,
    { symbol: symbol.toUpperCase(), timeframe },
  );
  return required(tsOpen, 'one column');
}

/** What is stored: one entry per symbol and timeframe, shortest timeframe first. */
export async function listSeries(db: CandleDb): Promise<SeriesSummary[]> {
  const lengths = Object.entries(TIMEFRAMES).map(([name, { ms }]) => `('${name}', ${ms})`);
  const rows = await db.rows<SeriesSummary>(
    `WITH lengths(timeframe, ms) AS (VALUES ${lengths.join(', ')}),
     steps AS (
       SELECT symbol, timeframe, epoch_ms(timestamp) AS ts,
              ts - lag(ts) OVER (PARTITION BY symbol, timeframe ORDER BY timestamp) AS step
       FROM ohlcv_live)
     SELECT symbol, timeframe, count(*) AS bars, min(ts) AS "firstMs", max(ts) AS "lastMs",
            count(*) FILTER (WHERE step > ms) AS gaps
     FROM steps LEFT JOIN lengths USING (timeframe)
     GROUP BY symbol, timeframe, ms ORDER BY symbol, ms NULLS LAST, timeframe`,
  );
  return rows;
}

/**
 * The error for a series that is not stored: says what is, and names a close symbol.
 */
export async function unknownSeries(
  db: CandleDb,
  symbol: string,
  timeframe?: string,
): Promise<SweepError> {
  const stored = await listSeries(db);
  const wanted = timeframe === undefined ? symbol : `${symbol} ${timeframe}`;
  return new SweepError('SYMBOL_UNKNOWN', `no candles of ${wanted} are stored`, {
    hint: unknownSeriesHint(stored, symbol.toUpperCase()),
    facts: { symbol, ...(timeframe === undefined ? {} : { timeframe }) },
  });
}

/** Puts columns together; all must have one length. */
export function candlesOf(
  symbol: string,
  timeframe: Timeframe,
  columns: {
    readonly [K in 'tsOpen' | 'open' | 'high' | 'low' | 'close' | 'volume']:
      | Float64Array
      | undefined;
  },
): Candles {
  const column = (name: keyof typeof columns) => required(columns[name], `column ${name}`);
  return {
    symbol,
    timeframe,
    tsOpen: column('tsOpen'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
    length: column('tsOpen').length,
  };
}

/** Range bounds for make_timestamp, inside what DuckDB can hold. */
export function microseconds(range: { readonly startMs: number; readonly endMs: number }): {
  startUs: number;
  endUs: number;
} {
  const bounded = (ms: number) => Math.min(Math.max(ms, -YEAR_10000_MS), YEAR_10000_MS) * 1000;
  return { startUs: bounded(range.startMs), endUs: bounded(range.endMs) };
}

// --- internal ---

const YEAR_10000_MS = 253_402_300_800_000;

/**
 * The columns of a query, ascending by the first, the open time. DuckDB gives rows as they were stored, which is
 * in order where a series was imported from its beginning on; to sort 200,000 of them again takes about
 * 20 ms of processor time.
 */
async function byOpenTime(db: CandleDb, sql: string, values: SqlValues): Promise<Float64Array[]> {
  const columns = await db.doubles(sql, values);
  const tsOpen = required(columns[0], 'open times');
  const isAscending = tsOpen.every((ms, row) => row === 0 || ms >= (tsOpen[row - 1] as number));
  return isAscending ? columns : await db.doubles(`${sql} ORDER BY timestamp`, values);
}

function unknownSeriesHint(stored: readonly SeriesSummary[], symbol: string): string {
  const symbols = [...new Set(stored.map((series) => series.symbol))];
  if (symbols.length === 0) {
    return 'Nothing is stored yet: `ideasweep data import FILE…` or `ideasweep data synth` first.';
  }
  if (symbols.includes(symbol)) {
    const timeframes = stored.filter((s) => s.symbol === symbol).map((s) => s.timeframe);
    const known = timeframes
      .filter(isTimeframe)
      .toSorted((a, b) => timeframeMs(a) - timeframeMs(b));
    return `Stored of ${symbol}: ${timeframes.join(', ')}. Longer ones come from \`ideasweep data resample --symbol ${symbol} --from ${known[0] ?? '5m'} --to …\`.`;
  }
  const near = closest(symbol, symbols);
  const isNear = distance(symbol, near) <= Math.max(2, Math.floor(symbol.length / 3));
  const list = symbols.slice(0, 8).join(', ') + (symbols.length > 8 ? ', …' : '');
  return isNear ? `Did you mean ${near}?` : `Stored symbols: ${list}.`;
}
