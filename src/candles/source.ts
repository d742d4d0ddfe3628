import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { SweepError } from '../errors.ts';
import type { CandleDb, SqlValues } from './db.ts';

/**
 * A file to import, as something SQL can select from. Paths travel as bound values and column names
 * of CSV files never enter SQL (columns are called c0, c1 …), so no name can inject anything.
 */
export interface Source {
  readonly path: string;
  /** A table function call with `$path`; yields `row` (1-based, without the header) and columns. */
  readonly relation: string;
  readonly values: SqlValues;
  readonly fields: ReadonlyMap<string, SourceField>;
  /** Lines before the first row. Undefined where lines mean nothing. */
  readonly headerLines: number | undefined;
}

export interface SourceField {
  /** Quoted SQL identifier. */
  readonly column: string;
  /** DuckDB's type name. */
  readonly type: string;
}

/** Which column names mean which field, best first. Compared in lower case, spaces as `_`. */
export interface FieldSpec {
  readonly aliases: readonly string[];
  readonly isOptional?: boolean;
}

export interface SourceSpec {
  readonly fields: Readonly<Record<string, FieldSpec>>;
  /** What a file without a header must be: field name → 0-based column, and the column count. */
  readonly headerless?: {
    readonly columnCount: number;
    readonly positions: Readonly<Record<string, number>>;
  };
}

/**
 * Opens a file by its content, not by its extension.
 * @throws SweepError IMPORT_REFUSED when the file is missing, empty, unreadable or lacks a column;
 * NOT_YET for zip and Arrow files.
 */
export async function openSource(db: CandleDb, path: string, spec: SourceSpec): Promise<Source> {
  const head = readHead(path);
  const magic = head.toString('latin1', 0, 12);
  if (magic.startsWith('PAR1')) return openParquet(db, path, spec);
  if (magic.startsWith('PK\u0003\u0004'))
    throw notYet(path, 'zip', 'Unzip it and import the CSV file.');
  if (magic.startsWith('ARROW1')) throw notYet(path, 'Arrow', 'Convert it to Parquet.');
  if (magic.startsWith('DUCK', 8)) {
    throw refused(
      path,
      'is a DuckDB file, not a file of rows',
      'Put it in the place of candles.duckdb in IDEASWEEP_HOME: the tables are the same.',
    );
  }
  const text = magic.startsWith('\u001f\u008b') ? gunzipHead(path, head) : head;
  if (text.includes(0)) {
    throw refused(path, 'is no text in UTF-8, nor Parquet', 'Save it as CSV in UTF-8.');
  }
  return openCsv(path, text.toString('utf8').replace(/^\uFEFF/, ''), spec);
}

export function refused(path: string, reason: string, hint?: string): SweepError {
  return new SweepError('IMPORT_REFUSED', `${path}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    facts: { file: path },
  });
}

/** DuckDB's own complaint about a file, in one line of our words: its advice is about its options. */
export function unreadable(path: string, cause: unknown): SweepError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes('state machine')) {
    return refused(
      path,
      'its lines cannot be read: mixed line endings, or a quote that does not end',
    );
  }
  const reason = text.split('\n').find((part) => /Expected|Found|Error|not/.test(part)) ?? text;
  return refused(path, reason.slice(0, 300));
}

// --- internal ---

const HEAD_BYTES = 65_536;

function readHead(path: string): Buffer {
  if (!existsSync(path)) throw refused(path, 'there is no such file');
  if (statSync(path).isDirectory()) {
    throw refused(path, 'is a folder', `Name its files: ${path.replace(/\/$/, '')}/*.parquet`);
  }
  const buffer = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function gunzipHead(path: string, head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function notYet(path: string, what: string, hint: string): SweepError {
  return new SweepError('NOT_YET', `${path}: ${what} files cannot be imported yet`, { hint });
}

async function openParquet(db: CandleDb, path: string, spec: SourceSpec): Promise<Source> {
  const values = { path: literalPath(path) };
  const relation = `(SELECT file_row_number + 1 AS row, * EXCLUDE (file_row_number)
                     FROM read_parquet($path, file_row_number = true))`;
  const columns = await db
    .rows<{ column_name: string; column_type: string }>(`DESCRIBE FROM read_parquet($path)`, values)
    .catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
  const known = columns.map(({ column_name, column_type }) => ({
    name: column_name,
    field: { column: `"${column_name.replaceAll('"', '""')}"`, type: column_type },
  }));
  return { path, relation, values, fields: matchFields(path, known, spec), headerLines: undefined };
}

function openCsv(path: string, text: string, spec: SourceSpec): Source {
  const lines = text.split(/\r\n|\n|\r/);
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) throw refused(path, 'is empty');
  const delimiter = delimiterOf(lines[first] ?? '');
  const cells = splitLine(lines[first] ?? '', delimiter);
  const isHeaderless = /^[\d.+-]/.test(cells[0] ?? '');
  const headerLines = isHeaderless ? first : first + 1;
  const named = isHeaderless ? namesByPosition(path, cells.length, spec) : cells;
  const known = named.map((name, index) => ({
    name,
    field: { column: `c${index}`, type: 'VARCHAR' },
  }));
  const columns = known.map(({ field }) => `'${field.column}': 'VARCHAR'`).join(', ');
  const relation = `(SELECT row_number() OVER () AS row, * FROM read_csv($path, columns = {${columns}},
    auto_detect = false, header = false, skip = ${headerLines}, delim = '${delimiter}', quote = '"',
    escape = '"', null_padding = true, parallel = false))`;
  const values = { path: literalPath(path) };
  return { path, relation, values, fields: matchFields(path, known, spec), headerLines };
}

/** DuckDB expands `*`, `?` and `[` in paths; a file may be called like that. */
function literalPath(path: string): string {
  return resolve(path).replaceAll(/[*?[]/g, (character) => `[${character}]`);
}

function delimiterOf(line: string): string {
  const count = (delimiter: string) => line.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

function splitLine(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((cell) => cell.trim().replaceAll(/^"|"$/g, '').trim());
}

function namesByPosition(path: string, count: number, spec: SourceSpec): string[] {
  const { headerless } = spec;
  if (headerless === undefined) throw refused(path, 'has no header line', headerHint(spec));
  if (count !== headerless.columnCount) {
    throw refused(
      path,
      `has no header line and ${count} columns; without a header only the exchange's ${headerless.columnCount} columns can be read`,
      headerHint(spec),
    );
  }
  const names = Array.from({ length: count }, (_, index) => `column ${index + 1}`);
  for (const [field, index] of Object.entries(headerless.positions)) {
    names[index] = spec.fields[field]?.aliases[0] ?? field;
  }
  return names;
}

function headerHint(spec: SourceSpec): string {
  const names = Object.entries(spec.fields).filter(([, field]) => !field.isOptional);
  return `Add a first line such as ${names.map(([, field]) => field.aliases[0]).join(',')}.`;
}

interface KnownColumn {
  readonly name: string;
  readonly field: SourceField;
}

function matchFields(
  path: string,
  columns: readonly KnownColumn[],
  spec: SourceSpec,
): ReadonlyMap<string, SourceField> {
  const byName = new Map<string, SourceField>();
  for (const { name, field } of columns) {
    const key = name
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_');
    if (byName.has(key)) throw refused(path, `has two columns called ${name}`);
    byName.set(key, field);
  }
  const fields = new Map<string, SourceField>();
  for (const [name, { aliases, isOptional }] of Object.entries(spec.fields)) {
    const alias = aliases.find((candidate) => byName.has(candidate));
    if (alias !== undefined) fields.set(name, byName.get(alias) as SourceField);
    else if (!isOptional) throw missingColumn(path, name, columns, spec);
  }
  return fields;
}

function missingColumn(
  path: string,
  name: string,
  columns: readonly KnownColumn[],
  spec: SourceSpec,
): SweepError {
  const found = columns
    .map((column) => column.name)
    .join(', ')
    .slice(0, 200);
  if (name === 'volume') {
    return refused(
      path,
      `has no volume column (found: ${found})`,
      'Mark, index and premium price files are not candles: trades happen at last prices.',
    );
  }
  const names = spec.fields[name]?.aliases.slice(0, 4).join(', ') ?? name;
  return refused(path, `has no ${name} column (found: ${found})`, `Known names: ${names}.`);
}
