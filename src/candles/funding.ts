import { SweepError } from '../errors.ts';
import { formatInstant } from '../time.ts';
import { badRows, PARSED, refuseContradictions, unreadableRows } from './bad-rows.ts';
import type { CandleDb, SqlValues } from './db.ts';
import { digestColumnsByMonth, type MonthDigest } from './digest.ts';
import { symbolOf } from './file-name.ts';
import type { ImportReport } from './ingest.ts';
import { microseconds } from './query.ts';
import { openSource, refused, type Source, type SourceSpec } from './source.ts';
import { microsecondsSql, numberSql, rawCell } from './source-values.ts';

/**
 * Funding rates: settlement time (UTC, whole minutes; exchanges write some milliseconds more) and the
 * rate as a fraction per settlement. TRADE stores the same table in the local time of the machine
 * that synced it (D5), so rates that this program did not import are not used without a time zone.
 */
export interface FundingRates {
  readonly tsMs: Float64Array;
  readonly rate: Float64Array;
}

export interface FundingRange {
  readonly symbol: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Zone of rates that TRADE synced, `Europe/Berlin`. */
  readonly timeZone?: string | undefined;
}

export interface FundingImportOptions {
  readonly symbol?: string | undefined;
  /** Zone of times without an offset; default UTC. */
  readonly timeZone?: string | undefined;
  readonly replace?: boolean | undefined;
}

/**
 * Stored rates in [startMs, endMs), ascending; empty when there are none.
 * @throws SweepError FUNDING_ZONE_UNKNOWN when the symbol's rates were synced by TRADE and no zone is
 * given; USAGE for an unknown zone.
 */
export async function readFunding(db: CandleDb, range: FundingRange): Promise<FundingRates> {
  const symbol = range.symbol.toUpperCase();
  const none = { tsMs: new Float64Array(0), rate: new Float64Array(0) };
  if (!(await hasTable(db, 'funding_rates_live'))) return none;
  const zone = await storedZone(db, symbol, range.timeZone);
  const instant = zone === undefined ? 'timestamp' : `timezone($zone, timestamp)`;
  const [tsMs, rate] = await db.doubles(
    `SELECT epoch_ms(${instant})::DOUBLE AS ms, funding_rate FROM funding_rates_live
     WHERE symbol = $symbol AND ms >= $startUs / 1000 AND ms < $endUs / 1000 ORDER BY ms`,
    { symbol, ...microseconds(range), ...(zone === undefined ? {} : { zone }) },
  );
  return tsMs === undefined || rate === undefined ? none : { tsMs, rate };
}

/** Digests of the stored rates in the range, one per UTC month that has any (design §12.1). */
export async function fundingDigests(db: CandleDb, range: FundingRange): Promise<MonthDigest[]> {
  const { tsMs, rate } = await readFunding(db, range);
  return digestColumnsByMonth(tsMs, [rate]);
}

/**
 * Imports Parquet and CSV files of funding rates; all files or none, as candles.
 * @throws SweepError IMPORT_REFUSED, USAGE, NOT_YET, FUNDING_ZONE_UNKNOWN.
 */
export async function importFunding(
  db: CandleDb,
  files: readonly string[],
  options: FundingImportOptions = {},
): Promise<ImportReport[]> {
  await refuseUnknownZone(db, options.timeZone);
  const symbols = files.map((file) => symbolOf(file, options.symbol));
  return db.transaction(async () => {
    const reports: ImportReport[] = [];
    for (const [index, file] of files.entries()) {
      const source = await openSource(db, file, FUNDING_SOURCE);
      reports.push(await importOne(db, source, { ...options, symbol: symbols[index] ?? '' }));
    }
    return reports;
  });
}

export interface FundingSummary {
  readonly symbol: string;
  readonly rates: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Stored funding rates per symbol; times as stored. */
export async function listFunding(db: CandleDb): Promise<FundingSummary[]> {
  if (!(await hasTable(db, 'funding_rates_live'))) return [];
  return db.rows<FundingSummary>(
    `SELECT symbol, count(*) AS rates, epoch_ms(min(timestamp)) AS "firstMs",
            epoch_ms(max(timestamp)) AS "lastMs"
     FROM funding_rates_live GROUP BY symbol ORDER BY symbol`,
  );
}

// --- internal ---

const FUNDING_SOURCE: SourceSpec = {
  fields: {
    time: {
      aliases: [
        'timestamp',
        'calc_time',
        'funding_time',
        'fundingtime',
        'time',
        'datetime',
        'date',
      ],
    },
    rate: { aliases: ['funding_rate', 'fundingrate', 'last_funding_rate', 'rate'] },
    hours: { aliases: ['funding_interval_hours', 'funding_rate_interval_hours'], isOptional: true },
  },
};

/** Exchanges cap a settlement at a few percent; a larger "fraction" is a percentage or an error. */
const RATE_MAX = 0.5;
const MINUTE_US = 60_000_000;

interface FundingJob extends FundingImportOptions {
  readonly symbol: string;
}

async function importOne(db: CandleDb, source: Source, job: FundingJob): Promise<ImportReport> {
  await parse(db, source, job.timeZone);
  await refuseBadRates(db, source);
  await refuseContradictions(db, source, ['rate']);
  await claimSymbol(db, job);
  const values = { symbol: job.symbol };
  const joined = `(SELECT us, min(row) AS row, any_value(rate) AS rate, any_value(hours) AS hours,
      make_timestamp(us) AS ts FROM ${PARSED} GROUP BY us) s
    LEFT JOIN funding_rates_live o ON o.symbol = $symbol AND o.timestamp = s.ts`;
  if (!job.replace) await refuseOtherRates(db, source, { joined, values });
  const [counts] = await db.rows<Counts>(
    `SELECT (SELECT count(*) FROM ${PARSED}) AS rows, count(*) AS times, count(o.timestamp) AS known,
            count(*) FILTER (WHERE o.timestamp IS NOT NULL AND s.rate IS DISTINCT FROM o.funding_rate)
              AS differing, min(us) / 1000 AS "firstMs", max(us) / 1000 AS "lastMs"
     FROM ${joined}`,
    values,
  );
  if (counts === undefined || counts.rows === 0) throw refused(source.path, 'holds no rows');
  await storeRates(db, joined, values);
  return {
    file: source.path,
    symbol: job.symbol,
    rows: counts.rows,
    added: counts.times - counts.known,
    unchanged: counts.known - counts.differing,
    replaced: counts.differing,
    duplicates: counts.rows - counts.times,
    droppedOpen: 0,
    firstMs: counts.firstMs,
    lastMs: counts.lastMs,
    warnings: [],
  };
}

interface Counts {
  readonly rows: number;
  readonly times: number;
  readonly known: number;
  readonly differing: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

async function parse(db: CandleDb, source: Source, timeZone: string | undefined): Promise<void> {
  const zone = timeZone === undefined ? {} : { zone: timeZone };
  const sql = `CREATE OR REPLACE TEMP TABLE ${PARSED} AS
    SELECT row, us // ${MINUTE_US} * ${MINUTE_US} AS us, rate, hours FROM (
      SELECT row, ${microsecondsSql(source, timeZone !== undefined)}::BIGINT AS us,
             ${numberSql(source, 'rate')} AS rate,
             coalesce(${numberSql(source, 'hours')}, 8)::INTEGER AS hours
      FROM ${source.relation})`;
  // A zone that no time of the file needs would be an unused value, which DuckDB refuses.
  const values = sql.includes('$zone') ? { ...source.values, ...zone } : source.values;
  await db.run(sql, values).catch(async (cause: unknown) => {
    throw await unreadableRows(source, cause);
  });
}

async function refuseBadRates(db: CandleDb, source: Source): Promise<void> {
  const bad = await db.rows<{ row: number; us: number | null; rate: number | null; total: number }>(
    `SELECT row, us, rate, count(*) OVER () AS total FROM ${PARSED}
     WHERE us IS NULL OR us < 631152000000000 OR rate IS NULL OR NOT isfinite(rate)
        OR abs(rate) >= ${RATE_MAX} ORDER BY row LIMIT 1`,
  );
  const [first] = bad;
  if (first === undefined) return;
  const field = first.us === null || first.us < 631_152_000_000_000 ? 'time' : 'rate';
  const cell = await rawCell(db, source, field, first.row);
  const isLarge = field === 'rate' && first.rate !== null && Math.abs(first.rate) >= RATE_MAX;
  const what = isLarge ? 'not a fraction per settlement' : `not a ${field}`;
  const message = `${field} "${cell}" is ${what}`;
  const hint = isLarge ? 'Rates are fractions: 0.0001 is 0.01 %.' : undefined;
  throw await badRows(source, [{ row: first.row, message }], { total: first.total, hint });
}

async function refuseOtherRates(
  db: CandleDb,
  source: Source,
  { joined, values }: { readonly joined: string; readonly values: SqlValues },
): Promise<void> {
  const [other] = await db.rows<{ row: number; us: number; rate: number; stored: number }>(
    `SELECT s.row, s.us, s.rate, o.funding_rate AS stored FROM ${joined}
     WHERE o.timestamp IS NOT NULL AND s.rate IS DISTINCT FROM o.funding_rate ORDER BY s.row LIMIT 1`,
    values,
  );
  if (other === undefined) return;
  const time = formatInstant(other.us / 1000);
  throw refused(
    source.path,
    `row ${other.row} (${time}) differs from the stored funding rate: ${other.rate}, stored is ${other.stored}`,
    'Nothing was imported. --replace overwrites stored rates.',
  );
}

async function storeRates(db: CandleDb, joined: string, values: SqlValues): Promise<void> {
  await db.run(
    `UPDATE funding_rates_live AS f SET funding_rate = s.rate FROM (
       SELECT make_timestamp(us) AS ts, any_value(rate) AS rate FROM ${PARSED} GROUP BY us) s
     WHERE f.symbol = $symbol AND f.timestamp = s.ts AND f.funding_rate IS DISTINCT FROM s.rate`,
    values,
  );
  await db.run(
    `INSERT INTO funding_rates_live (symbol, timestamp, funding_rate, funding_rate_interval_hours)
     SELECT $symbol, s.ts, s.rate, s.hours FROM ${joined} WHERE o.timestamp IS NULL ORDER BY s.ts`,
    values,
  );
}

/** Marks the symbol's rates as UTC; rates that TRADE synced are replaced whole or not at all. */
async function claimSymbol(db: CandleDb, { symbol, replace }: FundingJob): Promise<void> {
  if (await isForeign(db, symbol)) {
    if (!replace) {
      throw new SweepError(
        'FUNDING_ZONE_UNKNOWN',
        `funding rates of ${symbol} are stored that this program did not import`,
        { hint: 'They may be in local time. --replace removes them and stores the files instead.' },
      );
    }
    await db.run(`DELETE FROM funding_rates_live WHERE symbol = $symbol`, { symbol });
  }
  await db.run(`INSERT OR IGNORE INTO ideasweep_funding_utc VALUES ($symbol)`, { symbol });
}

/** The zone that stored times are in: undefined is UTC. */
async function storedZone(
  db: CandleDb,
  symbol: string,
  timeZone: string | undefined,
): Promise<string | undefined> {
  if (!(await isForeign(db, symbol))) return undefined;
  await refuseUnknownZone(db, timeZone);
  if (timeZone !== undefined) return timeZone;
  throw new SweepError(
    'FUNDING_ZONE_UNKNOWN',
    `funding rates of ${symbol} were not imported by this program and may be in local time`,
    { hint: 'Import them again with `ideasweep data import FILE --funding`, or name their zone.' },
  );
}

async function isForeign(db: CandleDb, symbol: string): Promise<boolean> {
  const known = (await hasTable(db, 'ideasweep_funding_utc'))
    ? `AND symbol NOT IN (SELECT symbol FROM ideasweep_funding_utc)`
    : '';
  const rows = await db.rows(
    `SELECT 1 AS found FROM funding_rates_live WHERE symbol = $symbol ${known} LIMIT 1`,
    { symbol },
  );
  return rows.length > 0;
}

async function hasTable(db: CandleDb, table: string): Promise<boolean> {
  const rows = await db.rows(
    `SELECT 1 AS found FROM duckdb_tables() WHERE table_name = $table AND NOT temporary`,
    { table },
  );
  return rows.length > 0;
}

async function refuseUnknownZone(db: CandleDb, timeZone: string | undefined): Promise<void> {
  if (timeZone === undefined) return;
  const rows = await db.rows(`SELECT 1 AS found FROM pg_timezone_names() WHERE name = $timeZone`, {
    timeZone,
  });
  if (rows.length > 0) return;
  throw new SweepError('USAGE', `--funding-timezone "${timeZone}" is not a time zone`, {
    hint: 'Names as in Europe/Berlin, America/New_York or UTC.',
  });
}
