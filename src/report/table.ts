import stringWidth from 'fast-string-width';
import { formatNumber, NO_VALUE } from './format.ts';

/** Plain tables: two spaces between columns, no frames, so that they paste and grep well. */

export type Cell = number | string | boolean | null | undefined;

export interface TableColumn<Row> {
  /** Which member of the row is shown. */
  readonly key: keyof Row & string;
  readonly title: string;
  /** Default: right where every value of the column is a number (or missing), else left. */
  readonly align?: 'left' | 'right';
  /** Text of a value; the default rounds numbers for reading and shows missing ones as —. */
  readonly format?: (value: never, row: Row) => string;
  /** Left out, the last one first, where the table is wider than the terminal. */
  readonly isOptional?: boolean;
}

export interface TableOptions {
  /** Text before each line; default two spaces. */
  readonly indent?: string;
  /** Applied to the title line, for colour. */
  readonly titleStyle?: (text: string) => string;
  /** Cells of the terminal; a wider table is set closer, then loses its optional columns. */
  readonly width?: number | undefined;
}

/**
 * Rows as aligned lines of text without a trailing newline. Widths count terminal cells, so colour
 * codes and wide letters do not shift columns.
 */
export function renderTable<Row extends object>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string {
  const { width = Infinity, indent = '  ', titleStyle = (text: string) => text } = options;
  const table = layOutTable(columns, rows, { indent, gap: '  ' });
  if (table.width <= width) return joined(table, titleStyle);
  const close = layOutTable(columns, rows, { indent: '', gap: ' ' });
  const dropped = columns.findLastIndex((column) => column.isOptional === true);
  if (close.width <= width || dropped < 0) return joined(close, titleStyle);
  return renderTable(columns.toSpliced(dropped, 1), rows, options);
}

/** `key  value` lines with the keys padded to one width; a missing value leaves its line out. */
export function renderFacts(facts: readonly (readonly [string, string | undefined])[]): string {
  const shown = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(0, ...shown.map(([key]) => stringWidth(key)));
  return shown
    .map(([key, value]) => `  ${padCell(key, width, false)}  ${indentRest(value, width + 4)}`)
    .join('\n');
}

/** Pads to `width` terminal cells. */
export function padCell(text: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return isRight ? space + text : text + space;
}

// --- internal ---

interface LaidOut {
  readonly lines: readonly string[];
  readonly width: number;
}

/** The title line, then one line per row. */
function layOutTable<Row extends object>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  { indent, gap }: { readonly indent: string; readonly gap: string },
): LaidOut {
  const cells = rows.map((row) => columns.map((column) => cellText(column, row)));
  const isRight = columns.map((column) => isRightAligned(column, rows));
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.title), ...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const layOut = (line: readonly string[]) =>
    indent +
    line
      .map((text, index) => padCell(text, widths[index] ?? 0, isRight[index] ?? false))
      .join(gap)
      .trimEnd();
  const lines = [columns.map((column) => column.title), ...cells].map(layOut);
  return { lines, width: Math.max(...lines.map((line) => stringWidth(line))) };
}

function joined({ lines }: LaidOut, titleStyle: (text: string) => string): string {
  const [titles = '', ...rest] = lines;
  return [titleStyle(titles), ...rest].join('\n');
}

function cellText<Row extends object>(column: TableColumn<Row>, row: Row): string {
  const value = row[column.key];
  if (column.format !== undefined) return column.format(value as never, row);
  if (value === null || value === undefined) return NO_VALUE;
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? NO_VALUE;
}

function isRightAligned<Row extends object>(
  column: TableColumn<Row>,
  rows: readonly Row[],
): boolean {
  if (column.align !== undefined) return column.align === 'right';
  const values = rows.map((row) => row[column.key]).filter((value) => value != null);
  return values.length > 0 && values.every((value) => typeof value === 'number');
}

function indentRest(text: string, columns: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(columns)}`);
}
