import { rename, rm } from 'node:fs/promises';
import { DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api';

/** Rows to a Parquet file, by an in-memory DuckDB; the file appears whole or not at all. */

export interface ParquetColumn {
  readonly name: string;
  readonly type: 'DOUBLE' | 'BIGINT' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMP';
}

/** A column type that holds every value given; text where kinds are mixed. */
export function parquetType(values: readonly unknown[]): ParquetColumn['type'] {
  const kinds = new Set(
    values.filter((value) => value !== null && value !== undefined).map((value) => typeof value),
  );
  if (kinds.size !== 1) return kinds.size === 0 ? 'DOUBLE' : 'VARCHAR';
  if (kinds.has('number')) return 'DOUBLE';
  return kinds.has('boolean') ? 'BOOLEAN' : 'VARCHAR';
}

/** Writes `rows` (one array of cells per row, in column order) to `path`. */
export async function writeParquet(
  path: string,
  columns: readonly ParquetColumn[],
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const definition = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
    await connection.run(`CREATE TABLE rows (${definition})`);
    const appender = await connection.createAppender('rows');
    for (const row of rows) {
      for (const [index, column] of columns.entries()) append(appender, column, row[index]);
      appender.endRow();
    }
    appender.closeSync();
    await connection.run(`COPY rows TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    await rename(temporary, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(temporary, { force: true });
  }
}

// --- internal ---

type Appender = Awaited<
  ReturnType<Awaited<ReturnType<DuckDBInstance['connect']>>['createAppender']>
>;

function append(appender: Appender, column: ParquetColumn, value: unknown): void {
  if (value === null || value === undefined || Number.isNaN(value)) {
    appender.appendNull();
    return;
  }
  switch (column.type) {
    case 'DOUBLE':
      appender.appendDouble(Number(value));
      break;
    case 'BIGINT':
      appender.appendBigInt(BigInt(Number(value)));
      break;
    case 'BOOLEAN':
      appender.appendBoolean(value === true);
      break;
    case 'TIMESTAMP':
      // DuckDB's timestamps count microseconds; ours count milliseconds.
      appender.appendTimestamp(new DuckDBTimestampValue(BigInt(Number(value)) * 1000n));
      break;
    case 'VARCHAR':
      appender.appendVarchar(typeof value === 'string' ? value : JSON.stringify(value));
      break;
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
