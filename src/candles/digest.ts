import { createHash } from 'node:crypto';
import type { Candles } from './query.ts';

/** Hash of the rows of one UTC month, so that a change names the month it is in. */
export interface MonthDigest {
  /** `2023-01` */
  readonly month: string;
  /** SHA-256, 64 hex digits. */
  readonly digest: string;
  readonly rows: number;
}

/**
 * One digest per UTC month that has rows. Hashed are the float64 bytes (little endian) of open
 * times, open, high, low, close, volume, column after column: nothing that DuckDB formats, so the
 * digest is the same under every version and on every machine. 100,000 rows: 10 ms.
 */
export function digestMonths(candles: Candles): MonthDigest[] {
  const { tsOpen, open, high, low, close, volume } = candles;
  return digestColumnsByMonth(tsOpen, [open, high, low, close, volume]);
}

/** The same over any columns; `tsMs` ascends and is hashed first. */
export function digestColumnsByMonth(
  tsMs: Float64Array,
  columns: readonly Float64Array[],
): MonthDigest[] {
  const digests: MonthDigest[] = [];
  for (let start = 0; start < tsMs.length;) {
    const month = new Date(tsMs[start] ?? 0);
    const nextMonthMs = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1);
    const end = firstAtOrAfter(tsMs, nextMonthMs, start);
    const hash = createHash('sha256');
    for (const column of [tsMs, ...columns]) hash.update(canonicalBytes(column, start, end));
    digests.push({
      month: month.toISOString().slice(0, 7),
      digest: hash.digest('hex'),
      rows: end - start,
    });
    start = end;
  }
  return digests;
}

// --- internal ---

/** NaN has many bit patterns and zero has two; equal rows must have equal bytes. */
function canonicalBytes(column: Float64Array, start: number, end: number): Uint8Array {
  const values = column.slice(start, end);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value === 0) values[i] = 0;
    else if (value !== value) values[i] = Number.NaN;
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function firstAtOrAfter(ascending: Float64Array, value: number, from: number): number {
  let low = from;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
