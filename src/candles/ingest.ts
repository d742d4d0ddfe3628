import { timeframeMs, type Timeframe } from '../time.ts';
import {
  PARSED,
  refuseBadRows,
  refuseContradictions,
  refuseLongerBars,
  unreadableRows,
} from './bad-rows.ts';
import type { CandleDb } from './db.ts';
import { symbolOf, timeframeOf } from './file-name.ts';
import { differenceError, firstDifference, STAGED, storeStaged } from './insert.ts';
import { openSource, refused, type Source, type SourceSpec } from './source.ts';
import { microsecondsSql, numberSql } from './source-values.ts';

/**
 * Import of candle files. DuckDB reads and compares; a row is judged before anything is written, and
 * all files of one call are one transaction: all are stored, or nothing is.
 */
export interface ImportOptions {
  /** Overrides what the file names say. */
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  /** Stored rows that differ are overwritten instead of refused. */
  readonly replace?: boolean | undefined;
  /** The clock, for a last bar that is still open. Default: now. */
  readonly nowMs?: number | undefined;
}

export interface ImportReport {
  readonly file: string;
  readonly symbol: string;
  /** Absent for funding rates. */
  readonly timeframe?: Timeframe;
  /** Rows in the file. */
  readonly rows: number;
  readonly added: number;
  readonly unchanged: number;
  readonly replaced: number;
  /** Rows equal to an earlier row of the same file. */
  readonly duplicates: number;
  /** 1 when the last bar had not closed yet and was left out. */
  readonly droppedOpen: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly warnings: readonly string[];
}

/**
 * Imports Parquet and CSV files of candles.
 * @throws SweepError IMPORT_REFUSED (file, row, reason), USAGE, NOT_YET; nothing is stored then.
 */
export async function importCandles(
  db: CandleDb,
  files: readonly string[],
  options: ImportOptions = {},
): Promise<ImportReport[]> {
  const series = files.map((file) => ({
    file,
    symbol: symbolOf(file, options.symbol),
    timeframe: timeframeOf(file, options.timeframe),
  }));
  const nowMs = options.nowMs ?? Date.now();
  return db.transaction(async () => {
    const reports: ImportReport[] = [];
    for (const { file, symbol, timeframe } of series) {
      const source = await openSource(db, file, CANDLE_SOURCE);
      const job = { source, symbol, timeframe, nowMs, replace: options.replace ?? false };
      reports.push(await importOne(db, job));
    }
    return reports;
  });
}

/** Header names (best first) and the exchange's header-less 12 columns. */
const CANDLE_SOURCE: SourceSpec = {
  fields: {
    time: {
      aliases: [
        'timestamp',
        'open_time',
        'opentime',
        'ts_open',
        'ts',
        'unix',
        'start_time',
        'time',
        'datetime',
        'date',
        't',
      ],
    },
    open: { aliases: ['open', 'open_price', 'o'] },
    high: { aliases: ['high', 'high_price', 'h'] },
    low: { aliases: ['low', 'low_price', 'l'] },
    close: { aliases: ['close', 'close_price', 'c'] },
    volume: { aliases: ['volume', 'base_volume', 'vol', 'v'] },
    turnover: {
      aliases: ['turnover', 'quote_volume', 'quote_asset_volume', 'quotevolume'],
      isOptional: true,
    },
  },
  headerless: {
    columnCount: 12,
    positions: { time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5, turnover: 7 },
  },
};

// --- internal ---

const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;

interface ImportJob {
  readonly source: Source;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly nowMs: number;
  readonly replace: boolean;
}

async function importOne(db: CandleDb, job: ImportJob): Promise<ImportReport> {
  const { source, symbol, timeframe } = job;
  await parse(db, source);
  const rows = await countRows(db);
  if (rows === 0) throw refused(source.path, 'holds no rows');
  await refuseBadRows(db, source, job);
  await refuseLongerBars(db, source, timeframe);
  await refuseContradictions(db, source, [...PRICES, 'turnover']);
  const staged = await stage(db, job);
  if (!job.replace) await refuseDifferences(db, job);
  const counts = await storeStaged(db, { symbol, timeframe });
  const warnings =
    staged.volume === 0 ? ['every volume is 0: is this a mark or index price file?'] : [];
  return {
    file: source.path,
    symbol,
    timeframe,
    rows,
    ...counts,
    duplicates: rows - staged.rows - staged.dropped,
    droppedOpen: staged.dropped,
    firstMs: staged.firstMs,
    lastMs: staged.lastMs,
    warnings,
  };
}

async function parse(db: CandleDb, source: Source): Promise<void> {
  const numbers = [...PRICES, 'turnover'].map((name) => `${numberSql(source, name)} AS ${name}`);
  const sql = `CREATE OR REPLACE TEMP TABLE ${PARSED} AS
    SELECT row, ${microsecondsSql(source)}::BIGINT AS us, ${numbers.join(', ')}
    FROM ${source.relation}`;
  await db.run(sql, source.values).catch(async (cause: unknown) => {
    throw await unreadableRows(source, cause);
  });
}

async function countRows(db: CandleDb): Promise<number> {
  const [found] = await db.rows<{ rows: number }>(`SELECT count(*) AS rows FROM ${PARSED}`);
  return found?.rows ?? 0;
}

interface Staged {
  readonly rows: number;
  readonly dropped: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly volume: number;
}

/** Good rows, each open time once, without a last bar that is still open. */
async function stage(db: CandleDb, job: ImportJob): Promise<Staged> {
  const closedBeforeUs = (job.nowMs - timeframeMs(job.timeframe)) * 1000;
  await db.run(
    `CREATE OR REPLACE TEMP TABLE ${STAGED} AS
     SELECT min(row) AS row, make_timestamp(us) AS ts,
            ${[...PRICES, 'turnover'].map((c) => `any_value(${c}) AS ${c}`).join(', ')}
     FROM ${PARSED} WHERE us <= $closedBeforeUs GROUP BY us`,
    { closedBeforeUs },
  );
  const [staged] = await db.rows<Staged>(
    `SELECT count(*) AS rows, epoch_ms(min(ts)) AS "firstMs", epoch_ms(max(ts)) AS "lastMs",
            coalesce(max(volume), 0) AS volume,
            (SELECT count(DISTINCT us) FROM ${PARSED} WHERE us > $closedBeforeUs) AS dropped
     FROM ${STAGED}`,
    { closedBeforeUs },
  );
  if (staged === undefined || staged.rows === 0) {
    throw refused(job.source.path, 'holds no closed bar', 'Its only bar is still open.');
  }
  return staged;
}

async function refuseDifferences(db: CandleDb, job: ImportJob): Promise<void> {
  const { source, symbol, timeframe } = job;
  const difference = await firstDifference(db, { symbol, timeframe });
  if (difference === undefined) return;
  throw differenceError(`${source.path}: row ${difference.row}`, { symbol, timeframe }, difference);
}
