import { MetadataVersion } from 'apache-arrow/enum';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { Field, Schema } from 'apache-arrow/schema';
import { Float32, Float64, TimestampMillisecond, type DataType } from 'apache-arrow/type';
import { alignUp, bodyLayout, columnBytes, type ColumnKind, type FileColumn } from './layout.ts';

/**
 * The framing of an Arrow IPC file with one record batch. apache-arrow encodes the metadata; the
 * column bodies are the caller's, so that a builder holds one column at a time (apache-arrow's own
 * writer wants the whole record batch in memory).
 *
 *   "ARROW1\0\0" | schema message | record batch message | column bodies | end of stream
 *   | seal | footer (schema with the manifest, place of the record batch) | int32 footer length | "ARROW1"
 *
 * Readers of files take the schema from the footer, so only that one carries the manifest, which is
 * known when the last column is written.
 */
export interface ArrowFraming {
  /** Everything before the first column body. */
  readonly header: Uint8Array;
  /** Absolute byte offset of each column body. */
  readonly offsets: readonly number[];
  /** Absolute offset where the end-of-stream mark begins. */
  readonly bodyEnd: number;
  /** The footer with its length and the closing magic. */
  footer(metadata: ReadonlyMap<string, string>): Uint8Array;
}

export const MAGIC = new TextEncoder().encode('ARROW1');
/** Ends the record batches for readers of the stream inside the file. */
export const END_OF_STREAM = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

export function arrowFraming(columns: readonly FileColumn[], rows: number): ArrowFraming {
  const fields = columns.map(({ name, kind }) => new Field(name, typeOf(kind), false));
  const body = bodyLayout(columns, rows);
  // Two buffers per column: no validity bitmap, then the values.
  const regions = columns.flatMap(({ kind }, index) => {
    const start = body.starts[index] as number;
    return [new BufferRegion(start, 0), new BufferRegion(start, columnBytes(kind, rows))];
  });
  const nodes = columns.map(() => new FieldNode(rows, 0));
  const opening = new Uint8Array(8);
  opening.set(MAGIC);
  const schemaMessage = framed(Message.from(new Schema(fields)), opening.length);
  const batchAt = opening.length + schemaMessage.length;
  const batch = new RecordBatch(rows, nodes, regions, null);
  const batchMessage = framed(Message.from(batch, body.length), batchAt);
  const header = concat([opening, schemaMessage, batchMessage]);
  const block = new FileBlock(batchMessage.length, body.length, batchAt);
  return {
    header,
    offsets: body.starts.map((start) => header.length + start),
    bodyEnd: header.length + body.length,
    footer: (metadata) => footerBytes(new Schema(fields, new Map(metadata)), block),
  };
}

// --- internal ---

function typeOf(kind: ColumnKind): DataType {
  if (kind === 'timestamp') return new TimestampMillisecond('UTC');
  return kind === 'float64' ? new Float64() : new Float32();
}

/** Continuation mark, length, flatbuffer, zeros up to a multiple of 64 in the file. */
function framed(message: Message, position: number): Uint8Array {
  const body = Message.encode(message);
  const bytes = new Uint8Array(alignUp(position + 8 + body.length) - position);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, -1, true);
  view.setInt32(4, bytes.length - 8, true);
  bytes.set(body, 8);
  return bytes;
}

function footerBytes(schema: Schema, block: FileBlock): Uint8Array {
  const body = Footer.encode(new Footer(schema, MetadataVersion.V5, [block], []));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setInt32(0, body.length, true);
  return concat([body, length, MAGIC]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
