import stringWidth from 'string-width';
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
}

export interface TableOptions {
  /** Text before each line; default two spaces. */
  readonly indent?: string;
  /** Applied to the title line, for colour. */
  readonly titleStyle?: (text: string) => string;
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
  const cells = rows.map((row) => columns.map((column) => cellText(column, row)));
  const isRight = columns.map((column) => isRightAligned(column, rows));
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.title), ...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const indent = options.indent ?? '  ';
  const titleStyle = options.titleStyle ?? ((text: string) => text);
  const layOut = (line: readonly string[]) =>
    indent +
    line
      .map((text, index) => padCell(text, widths[index] ?? 0, isRight[index] ?? false))
      .join('  ')
      .trimEnd();
  const titles = columns.map((column) => column.title);
  return [titleStyle(layOut(titles)), ...cells.map(layOut)].join('\n');
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
