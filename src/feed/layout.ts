import { PRICE_NAMES } from './references.ts';

/**
 * Where the columns of a feed file lie: one after the other in fixed order, each beginning at a
 * multiple of 64 bytes (so that typed arrays can view them), values without nulls. Writer and
 * reader compute the same offsets from the same names.
 */
export type ColumnKind = 'timestamp' | 'float64' | 'float32';

export interface FileColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** The engine's times, epoch ms as float64; the timestamps beside them are for other readers. */
export const TIME_MS_COLUMNS = ['ts_open_ms', 'ts_close_ms'] as const;

export const ALIGNMENT = 64;

/** Every column of a feed file in order: timestamps, times, prices, indicators. */
export function fileColumns(
  ids: readonly string[],
  precision: 'float64' | 'float32',
): FileColumn[] {
  return [
    { name: 'ts_open', kind: 'timestamp' },
    { name: 'ts_close', kind: 'timestamp' },
    ...TIME_MS_COLUMNS.map((name) => ({ name, kind: 'float64' as const })),
    ...PRICE_NAMES.map((name) => ({ name, kind: 'float64' as const })),
    ...ids.map((name) => ({ name, kind: precision })),
  ];
}

/** Byte offset of each column from the start of the body, and the body's length. */
export function bodyLayout(
  columns: readonly FileColumn[],
  rows: number,
): { readonly starts: readonly number[]; readonly length: number } {
  const starts: number[] = [];
  let length = 0;
  for (const { kind } of columns) {
    starts.push(length);
    length += alignUp(columnBytes(kind, rows));
  }
  return { starts, length };
}

export function columnBytes(kind: ColumnKind, rows: number): number {
  return rows * (kind === 'float32' ? 4 : 8);
}

/** `length` raised to a multiple of ALIGNMENT. */
export function alignUp(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
