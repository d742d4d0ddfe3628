/**
 * Binary COPY: rows as the bytes Postgres stores, so that nothing is printed and parsed again. A
 * float8 goes over the wire as its eight bytes and comes back as the same bits.
 * Format: header, then per row an int16 count of fields and per field an int32 length (−1 = NULL)
 * and the bytes, big-endian; an int16 −1 ends it (PostgreSQL documentation, COPY, Binary Format).
 */
import { pipeline } from 'node:stream/promises';
import type { PendingQuery, Row, TransactionSql } from 'postgres';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

const NULL_LENGTH = -1;

/** Grows as rows are added; `take` hands over what is there, so that memory stays at one chunk. */
export class CopyEncoder {
  #buffer: Buffer;
  // Over the same bytes: the engine compiles its setters to single stores, those of Buffer to calls.
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 1 << 20) {
    this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
    this.#view = viewOf(this.#buffer);
    SIGNATURE.copy(this.#buffer);
    this.#length = SIGNATURE.length;
  }

  get byteLength(): number {
    return this.#length;
  }

  startRow(fieldCount: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE(fieldCount, this.#length);
  }

  null(): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(NULL_LENGTH, this.#length);
  }

  /** NaN is no value: it becomes NULL, and infinities with it. */
  float8(value: number): void {
    this.#reserve(12);
    this.#length = writeFloat8(this.#view, this.#length, value);
  }

  /** As `float8` for each of `values[from]` to `values[to - 1]`. */
  float8s(values: Float64Array, from: number, to: number): void {
    this.#reserve((to - from) * 12);
    const view = this.#view;
    let at = this.#length;
    for (let n = from; n < to; n += 1) at = writeFloat8(view, at, values[n]!);
    this.#length = at;
  }

  /** An integer in ±2⁵³. */
  int8(value: number): void {
    this.#reserve(12);
    this.#length = this.#buffer.writeInt32BE(8, this.#length);
    this.#length = this.#buffer.writeInt32BE(Math.floor(value / 2 ** 32), this.#length);
    this.#length = this.#buffer.writeUInt32BE(value >>> 0, this.#length);
  }

  boolean(value: boolean): void {
    this.#reserve(5);
    this.#length = this.#buffer.writeInt32BE(1, this.#length);
    this.#length = this.#buffer.writeUInt8(value ? 1 : 0, this.#length);
  }

  /** UTF-8; NUL, which Postgres cannot store, is left out. */
  text(value: string | null): void {
    if (value === null) return this.null();
    this.#writeText(value.includes('\0') ? value.replaceAll('\0', '') : value, '');
  }

  /** A jsonb value from JSON text: one version byte, then the text. */
  jsonb(json: string): void {
    this.#writeText(json, '\x01');
  }

  /** The bytes so far; the encoder goes on with an empty buffer. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#use(Buffer.allocUnsafeSlow(this.#buffer.length));
    this.#length = 0;
    return taken;
  }

  /** The trailer, and everything not taken yet; nothing can be added after it. */
  finish(): Buffer {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE(-1, this.#length);
    return this.#buffer.subarray(0, this.#length);
  }

  #writeText(value: string, prefix: string): void {
    // A UTF-16 unit becomes at most three bytes.
    this.#reserve(5 + value.length * 3);
    const start = this.#length + 4;
    const prefixLength = this.#buffer.write(prefix, start, 'latin1');
    const length = prefixLength + this.#buffer.write(value, start + prefixLength, 'utf8');
    this.#buffer.writeInt32BE(length, this.#length);
    this.#length = start + length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#use(grown);
  }

  #use(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#view = viewOf(buffer);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** A field of eight bytes, or of none; where it ends. */
function writeFloat8(view: DataView, at: number, value: number): number {
  if (!Number.isFinite(value)) {
    view.setInt32(at, NULL_LENGTH);
    return at + 4;
  }
  view.setInt32(at, 8);
  view.setFloat64(at + 4, value);
  return at + 12;
}

/**
 * Sends `chunks` to a `copy … from stdin`. A driver of version 3.4.9 drops the error of a COPY that
 * the server refuses after its last byte: the stream never ends and the transaction hangs
 * (github.com/porsager/postgres/issues/1173). The query object still receives it, so it is listened to.
 */
export async function copyIn(
  tx: TransactionSql,
  statement: string,
  chunks: Iterable<Buffer>,
): Promise<void> {
  const query: Rejectable = tx.unsafe(statement);
  const failure = new Promise<never>((_resolve, reject) => {
    const settle = query.reject?.bind(query);
    query.reject = (error) => {
      reject(error);
      settle?.(error);
    };
  });
  // Whoever comes second in the race below is nobody's to handle.
  failure.catch(() => {});
  const sink = await query.writable();
  await Promise.race([pipeline(chunks, sink), failure]);
}

type Rejectable = PendingQuery<Row[]> & { reject?: (error: unknown) => void };
