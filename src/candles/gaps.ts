import { SweepError } from '../errors.ts';
import { isTimeframe, timeframeMs, type Timeframe } from '../time.ts';
import type { CandleDb } from './db.ts';
import { latticeOffsetMs } from './lattice.ts';
import { listSeries, unknownSeries, type SeriesSummary } from './query.ts';
import { timeZoneFindings } from './time-zone.ts';

/**
 * What is doubtful in stored candles. Findings are facts about the data, not errors: a real history
 * has outages. Backtests treat rows as consecutive bars whatever their distance.
 */
export type FindingKind =
  /** Missing bars between two stored ones. */
  | 'gap'
  /** One open time stored more than once (only in tables without their primary key). */
  | 'duplicate'
  /** NULL or NaN, price not above 0, high below low, open or close, negative volume. */
  | 'bad_bar'
  /** Consecutive bars without volume and without movement, as an exchange writes in an outage. */
  | 'flat_spell'
  /** Open times off the timeframe's lattice in UTC. */
  | 'misaligned'
  /** Signs that times are local, not UTC. */
  | 'time_zone'
  /** A timeframe this program does not know. */
  | 'unknown_timeframe';

export interface Finding {
  readonly symbol: string;
  readonly timeframe: string;
  readonly kind: FindingKind;
  /** First and last open time concerned; for a gap those of the missing bars. */
  readonly startMs: number;
  readonly lastMs: number;
  readonly bars: number;
  readonly detail: string;
}

/** Shorter flat spells happen in quiet markets. */
export const FLAT_SPELL_BARS_MIN = 3;

export interface CheckOptions {
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly nowMs: number;
}

/**
 * Checks every stored series, or those of one symbol and timeframe, in the order of time.
 * @throws SweepError SYMBOL_UNKNOWN when nothing is stored under the names given.
 */
export async function checkCandles(db: CandleDb, options: CheckOptions): Promise<Finding[]> {
  const series = await selectSeries(db, options);
  const findings: Finding[] = [];
  for (const one of series) findings.push(...(await checkSeries(db, one)));
  findings.push(...(await timeZoneFindings(db, series, options.nowMs)));
  return findings;
}

/** The stored series that the flags name; all when they name none. */
export async function selectSeries(
  db: CandleDb,
  { symbol, timeframe }: Pick<CheckOptions, 'symbol' | 'timeframe'>,
): Promise<SeriesSummary[]> {
  if (timeframe !== undefined && !isTimeframe(timeframe)) {
    throw new SweepError('USAGE', `--timeframe "${timeframe}" is not known`);
  }
  const stored = await listSeries(db);
  const wanted = stored.filter(
    (series) =>
      (symbol === undefined || series.symbol === symbol.toUpperCase()) &&
      (timeframe === undefined || series.timeframe === timeframe),
  );
  const isNamed = symbol !== undefined || timeframe !== undefined;
  if (wanted.length === 0 && isNamed)
    throw await unknownSeries(db, symbol ?? 'any symbol', timeframe);
  return wanted;
}

// --- internal ---

async function checkSeries(db: CandleDb, series: SeriesSummary): Promise<Finding[]> {
  const { symbol, timeframe } = series;
  const place = { symbol, timeframe };
  if (!isTimeframe(timeframe)) {
    const { firstMs: startMs, lastMs, bars } = series;
    const detail = `timeframe ${timeframe} is not known; its bars are not used`;
    return [{ ...place, kind: 'unknown_timeframe', startMs, lastMs, bars, detail }];
  }
  const found = [
    ...(await findGaps(db, symbol, timeframe)),
    ...(await findSpans(db, place, { kind: 'duplicate', sql: DUPLICATES })),
    ...(await findSpans(db, place, { kind: 'bad_bar', sql: BAD_BARS })),
    ...(await findSpans(db, place, { kind: 'flat_spell', sql: FLAT_SPELLS })),
    ...(await findMisaligned(db, symbol, timeframe)),
  ];
  return found.toSorted((a, b) => a.startMs - b.startMs);
}

async function findGaps(db: CandleDb, symbol: string, timeframe: Timeframe): Promise<Finding[]> {
  const step = timeframeMs(timeframe);
  const rows = await db.rows<{ before: number; after: number }>(
    `SELECT * FROM (SELECT epoch_ms(timestamp) AS after,
                           lag(epoch_ms(timestamp)) OVER (ORDER BY timestamp) AS before
                    FROM ohlcv_live WHERE symbol = $symbol AND timeframe = $timeframe)
     WHERE after - before > $step ORDER BY after`,
    { symbol, timeframe, step },
  );
  return rows.map(({ before, after }) => {
    const bars = Math.ceil((after - before) / step) - 1;
    const detail = `${bars} missing`;
    return {
      symbol,
      timeframe,
      kind: 'gap',
      startMs: before + step,
      lastMs: after - step,
      bars,
      detail,
    };
  });
}

/** Runs of consecutive rows (islands) that satisfy a condition; `from`, `last`, `bars`, `detail`. */
const DUPLICATES = `SELECT epoch_ms(timestamp) AS "startMs", epoch_ms(timestamp) AS "lastMs",
    count(*) AS bars, 'stored ' || count(*) || ' times' AS detail
  FROM ohlcv_live WHERE symbol = $symbol AND timeframe = $timeframe
  GROUP BY timestamp HAVING count(*) > 1`;

const BAD_BARS = `SELECT epoch_ms(timestamp) AS "startMs", epoch_ms(timestamp) AS "lastMs", 1 AS bars,
    CASE WHEN NOT coalesce(isfinite(open) AND isfinite(high) AND isfinite(low) AND isfinite(close)
                           AND isfinite(volume), false) THEN 'a value is missing or not finite'
         WHEN least(open, high, low, close) <= 0 THEN 'a price is not above 0'
         WHEN volume < 0 THEN 'volume ' || volume || ' is negative'
         WHEN high < low THEN 'high ' || high || ' is below low ' || low
         WHEN high < greatest(open, close) THEN 'high ' || high || ' is below open or close'
         WHEN low > least(open, close) THEN 'low ' || low || ' is above open or close' END AS detail
  FROM ohlcv_live WHERE symbol = $symbol AND timeframe = $timeframe AND detail IS NOT NULL`;

const FLAT_SPELLS = `SELECT min(ts) AS "startMs", max(ts) AS "lastMs", count(*) AS bars,
    count(*) || ' bars at ' || any_value(close) || ' without volume' AS detail
  FROM (SELECT epoch_ms(timestamp) AS ts, close,
               coalesce(volume = 0 AND open = high AND open = low AND open = close, false) AS is_flat,
               row_number() OVER (ORDER BY timestamp)
                 - row_number() OVER (PARTITION BY is_flat ORDER BY timestamp) AS island
        FROM ohlcv_live WHERE symbol = $symbol AND timeframe = $timeframe)
  WHERE is_flat GROUP BY island HAVING count(*) >= ${FLAT_SPELL_BARS_MIN}`;

async function findSpans(
  db: CandleDb,
  place: { readonly symbol: string; readonly timeframe: string },
  { kind, sql }: { readonly kind: FindingKind; readonly sql: string },
): Promise<Finding[]> {
  const rows = await db.rows<Omit<Finding, 'kind' | 'symbol' | 'timeframe'>>(sql, place);
  return rows.map((row) => ({ ...place, kind, ...row }));
}

async function findMisaligned(
  db: CandleDb,
  symbol: string,
  timeframe: Timeframe,
): Promise<Finding[]> {
  const step = timeframeMs(timeframe);
  const [row] = await db.rows<{ startMs: number; lastMs: number; bars: number; offsets: number }>(
    `SELECT min(ts) AS "startMs", max(ts) AS "lastMs", count(*) AS bars, count(DISTINCT off) AS offsets
     FROM (SELECT epoch_ms(timestamp) AS ts, (ts - $origin::BIGINT) % $step::BIGINT AS off
           FROM ohlcv_live WHERE symbol = $symbol AND timeframe = $timeframe) WHERE off <> 0`,
    { symbol, timeframe, step, origin: latticeOffsetMs(timeframe) },
  );
  if (row === undefined || row.bars === 0) return [];
  const { startMs, lastMs, bars, offsets } = row;
  const offsetMin = ((startMs - latticeOffsetMs(timeframe)) % step) / 60_000;
  const detail =
    offsets === 1
      ? `all ${offsetMin} min off the UTC lattice: local times?`
      : `off the UTC lattice by ${offsets} different amounts`;
  return [{ symbol, timeframe, kind: 'misaligned', startMs, lastMs, bars, detail }];
}
