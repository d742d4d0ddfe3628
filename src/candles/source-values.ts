import type { CandleDb } from './db.ts';
import { refused, type Source, type SourceField } from './source.ts';

/**
 * SQL expressions that read a cell of a source whatever its type. What cannot be read becomes NULL,
 * never an error, so that the row can be named afterwards.
 */

/** A DOUBLE, or NULL. @throws SweepError IMPORT_REFUSED when the column's type holds no numbers. */
export function numberSql(source: Source, name: string): string {
  const field = source.fields.get(name);
  if (field === undefined) return 'NULL::DOUBLE';
  if (field.type === 'VARCHAR') return `try_cast(trim(${field.column}) AS DOUBLE)`;
  if (NUMBER_TYPE.test(field.type)) return `try_cast(${field.column} AS DOUBLE)`;
  throw refused(source.path, `column ${name} has type ${field.type}, which holds no numbers`);
}

/**
 * Microseconds since the epoch as BIGINT, or NULL. Numbers are seconds, milliseconds, microseconds or
 * nanoseconds by their size (1e11 s is the year 5138; 1e11 ms is 1973). Text without an offset is
 * UTC, or local time of `$zone` where `hasZone`.
 */
export function microsecondsSql(source: Source, hasZone = false): string {
  const field = source.fields.get('time') as SourceField;
  const { column, type } = field;
  const localise = (naive: string) =>
    hasZone ? `epoch_us(timezone($zone, ${naive}))` : `epoch_us(${naive})`;
  if (type === 'VARCHAR') {
    const text = `trim(${column})`;
    // Only text without an offset may be read as a local time.
    const instant = hasZone
      ? `CASE WHEN regexp_matches(${text}, '(Z|[+-]\\d{2}(:?\\d{2})?)$') AND length(${text}) > 10
              THEN epoch_us(try_cast(${text} AS TIMESTAMPTZ))
              ELSE ${localise(`try_cast(${text} AS TIMESTAMP)`)} END`
      : `epoch_us(try_cast(${text} AS TIMESTAMPTZ))`;
    return `CASE WHEN try_cast(${text} AS DOUBLE) IS NOT NULL THEN ${epochSql(text)} ELSE ${instant} END`;
  }
  if (NUMBER_TYPE.test(type)) return epochSql(column);
  if (type === 'TIMESTAMP WITH TIME ZONE') return `epoch_us(${column})`;
  if (/^(TIMESTAMP|DATE)/.test(type)) return localise(`${column}::TIMESTAMP`);
  throw refused(source.path, `the time column has type ${type}, which holds no times`);
}

/** What the file really says in one cell, for messages. */
export async function rawCell(
  db: CandleDb,
  source: Source,
  name: string,
  row: number,
): Promise<string> {
  const field = source.fields.get(name);
  if (field === undefined) return '';
  const [found] = await db.rows<{ text: string | null }>(
    `SELECT ${field.column}::VARCHAR AS text FROM ${source.relation} WHERE row = $row`,
    { ...source.values, row },
  );
  return found?.text ?? '';
}

// --- internal ---

const NUMBER_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

function epochSql(column: string): string {
  const value = `try_cast(${column} AS DOUBLE)`;
  return `CASE WHEN NOT isfinite(${value}) THEN NULL
               WHEN abs(${value}) < 1e11 THEN round(${value} * 1e6)::BIGINT
               WHEN abs(${value}) < 1e14 THEN round(${value} * 1e3)::BIGINT
               WHEN abs(${value}) < 1e17 THEN round(${value})::BIGINT
               ELSE try_cast(${column} AS HUGEINT) // 1000 END`;
}
