import {
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBDoubleVector,
  type DuckDBValue,
} from '@duckdb/node-api';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SweepError } from '../errors.ts';
import { hasHomeFolder, makeHomeFolder } from '../home.ts';

/**
 * The candle database: one DuckDB file in TRADE's own schema. DuckDB locks its file: one process
 * may write, or many may read. So it is opened for the length of one task and closed again.
 */

export type SqlValues = Record<string, DuckDBValue>;

/** Extensions are never fetched from the network; the cache lets one process open a file twice. */
const SETTINGS = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };

/** Rows of one DuckDB vector, the most a data chunk can hold. */
const CHUNK_ROWS = 2048;

/**
 * Opens the candle database; a writer creates file and tables where they are missing. A reader of a
 * file that is not there gets an empty database.
 * @throws SweepError CANDLES_LOCKED when another process holds the file, CANDLES_UNREADABLE when it
 * is no DuckDB file, USAGE when IDEASWEEP_HOME cannot be used.
 */
export async function openCandleDb(
  path: string,
  { readOnly }: { readonly readOnly: boolean },
): Promise<CandleDb> {
  const file = resolve(path);
  if (!readOnly) makeHomeFolder(dirname(file));
  const isAbsent = readOnly && !(hasHomeFolder(dirname(file)) && existsSync(file));
  const instance = await openInstance(file, isAbsent ? 'absent' : readOnly ? 'read' : 'write');
  const connection = await instance.connect();
  // Text without an offset is UTC, whatever the machine's zone.
  await connection.run(`SET TimeZone = 'UTC'`);
  const db = new CandleDb(file, instance, connection);
  if (!readOnly || isAbsent) await db.run(SCHEMA_SQL());
  return db;
}

/** An open candle database. `await using db = await openCandleDb(…)` closes it. */
export class CandleDb implements AsyncDisposable {
  readonly path: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  constructor(path: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.path = path;
    this.#instance = instance;
    this.#connection = connection;
  }

  /** Runs statements for their effect. Values are bound by name: `$symbol`. */
  async run(sql: string, values?: SqlValues): Promise<void> {
    await this.#connection.run(sql, values);
  }

  /** Rows as objects; 64-bit integers become numbers (counts and epochs fit a double). */
  async rows<Row extends object>(sql: string, values?: SqlValues): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(sql, values);
    return reader.getRowObjectsJS().map((row) => {
      const entries = Object.entries(row).map(([key, value]) => [key, plainNumber(value)]);
      return Object.fromEntries(entries) as Row;
    });
  }

  /**
   * A query whose columns are all DOUBLE, as typed arrays; NULL becomes NaN.
   * 105,120 rows × 6 columns: 25 ms.
   */
  async doubles(sql: string, values?: SqlValues): Promise<Float64Array[]> {
    const result = await this.#connection.run(sql, values);
    const columns = Array.from(
      { length: result.columnCount },
      () => new Float64Array(result.rowCount),
    );
    let row = 0;
    for (let i = 0; i < result.chunkCount; i++) {
      const chunk = result.getChunk(i);
      columns.forEach((column, k) => copyVector(chunk, k, column.subarray(row)));
      row += chunk.rowCount;
    }
    return columns;
  }

  /** Appends columns of doubles to a temporary table of as many DOUBLE columns. */
  async appendDoubles(table: string, columns: readonly Float64Array[]): Promise<void> {
    const appender = await this.#connection.createAppender(table, null, 'temp');
    const types = columns.map(() => DOUBLE);
    const length = columns[0]?.length ?? 0;
    for (let start = 0; start < length; start += CHUNK_ROWS) {
      const end = Math.min(start + CHUNK_ROWS, length);
      const chunk = DuckDBDataChunk.create(types, end - start);
      columns.forEach((column, k) => fillVector(chunk, k, column.subarray(start, end)));
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  /** Commits when `work` returns, rolls everything back when it throws. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN TRANSACTION');
    try {
      const result = await work();
      await this.run('COMMIT');
      return result;
    } catch (error) {
      // DuckDB may have aborted the transaction itself; the first error is the one to report.
      await this.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

// --- internal ---

const SCHEMA_SQL = () => readFileSync(new URL('schema.sql', import.meta.url), 'utf8');

async function openInstance(
  file: string,
  mode: 'absent' | 'read' | 'write',
): Promise<DuckDBInstance> {
  if (mode === 'absent') return DuckDBInstance.create(':memory:', SETTINGS);
  const access = { ...SETTINGS, access_mode: mode === 'read' ? 'READ_ONLY' : 'READ_WRITE' };
  try {
    return await DuckDBInstance.fromCache(file, access);
  } catch (error) {
    throw openFailure(file, error);
  }
}

function openFailure(file: string, cause: unknown): SweepError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/lock|different configuration|already (open|attached)/i.test(text)) {
    const holder = /PID (\d+)/.exec(text)?.[1];
    const who = holder === undefined ? 'another task' : `process ${holder}`;
    return new SweepError('CANDLES_LOCKED', `${who} holds the candle database ${file}`, {
      hint: 'DuckDB lets one process write or many read. Wait until the other one ends, then try again.',
      cause,
    });
  }
  return new SweepError('CANDLES_UNREADABLE', `cannot open the candle database ${file}`, {
    hint: text.split('\n')[0] ?? text,
    cause,
  });
}

function copyVector(chunk: DuckDBDataChunk, columnIndex: number, target: Float64Array): void {
  const vector = chunk.getColumnVector(columnIndex) as DuckDBDoubleVector;
  for (let i = 0; i < vector.itemCount; i++) target[i] = vector.getItem(i) ?? Number.NaN;
}

function fillVector(chunk: DuckDBDataChunk, columnIndex: number, source: Float64Array): void {
  const vector = chunk.getColumnVector(columnIndex) as DuckDBDoubleVector;
  for (let i = 0; i < source.length; i++) vector.setItem(i, source[i] ?? Number.NaN);
  vector.flush();
}

function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
