import { Field, Float32, Float64, Schema, TimestampMillisecond, type DataType } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { MetadataVersion } from 'apache-arrow/enum';

/**
 * The framing of an Arrow IPC file with one record batch of fixed-width columns without nulls.
 * apache-arrow encodes and decodes the metadata; the bodies are ours, so that a writer can hold one
 * column at a time (its own writer wants the whole batch) and a reader gets views.
 *
 *   "ARROW1\0\0" | schema message | record batch message | column bodies | end of stream
 *   | seal | footer (schema with manifest, block) | int32 footer length | "ARROW1"
 *
 * Column bodies begin at multiples of 64 bytes, so that typed arrays can view them.
 */
export type ColumnKind = 'timestamp' | 'float64' | 'float32';

export interface FileColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface FileLayout {
  /** Everything before the first column body. */
  readonly header: Uint8Array;
  /** Absolute byte offset of each column body. */
  readonly offsets: readonly number[];
  /** Absolute offset where the end-of-stream mark begins. */
  readonly bodyEnd: number;
  /** The footer with its length and the closing magic. */
  footer(metadata: ReadonlyMap<string, string>): Uint8Array;
}

export const ALIGNMENT = 64;
export const MAGIC = new TextEncoder().encode('ARROW1');
/** Marks the end of the record batches for readers of the stream inside the file. */
export const END_OF_STREAM = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

export function bytesPerValue(kind: ColumnKind): 4 | 8 {
  return kind === 'float32' ? 4 : 8;
}

/** Where everything goes in a file of these columns and rows. */
export function layoutFile(columns: readonly FileColumn[], rows: number): FileLayout {
  const fields = columns.map(({ name, kind }) => new Field(name, typeOf(kind), false));
  const regions: BufferRegion[] = [];
  const starts: number[] = [];
  let bodyLength = 0;
  for (const { kind } of columns) {
    const length = rows * bytesPerValue(kind);
    starts.push(bodyLength);
    regions.push(new BufferRegion(bodyLength, 0), new BufferRegion(bodyLength, length));
    bodyLength += alignUp(length);
  }
  const nodes = columns.map(() => new FieldNode(rows, 0));
  const opening = new Uint8Array(8);
  opening.set(MAGIC);
  const schemaMessage = framed(Message.from(new Schema(fields)), opening.length);
  const batchAt = opening.length + schemaMessage.length;
  const batch = new RecordBatch(rows, nodes, regions, null);
  const batchMessage = framed(Message.from(batch, bodyLength), batchAt);
  const header = concat([opening, schemaMessage, batchMessage]);
  const block = new FileBlock(batchMessage.length, bodyLength, batchAt);
  return {
    header,
    offsets: starts.map((start) => header.length + start),
    bodyEnd: header.length + bodyLength,
    footer: (metadata) => footerBytes(new Schema(fields, new Map(metadata)), block),
  };
}

export interface DecodedFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly rows: number;
  readonly columns: readonly (FileColumn & { readonly offset: number })[];
}

/**
 * Reads the framing back. The caller has checked the checksum, so this only refuses what is not
 * the shape above.
 * @throws Error with the reason.
 */
export function decodeFile(
  bytes: Uint8Array,
  footerStart: number,
  footerLength: number,
): DecodedFile {
  const footer = Footer.decode(bytes.subarray(footerStart, footerStart + footerLength));
  const block = footer.getRecordBatch(0);
  if (footer.numRecordBatches !== 1 || !block) throw new Error('it does not hold one record batch');
  const metadataStart = block.offset + 8;
  const message = Message.decode(
    bytes.subarray(metadataStart, block.offset + block.metaDataLength),
  );
  const batch = message.header() as RecordBatch;
  const bodyStart = block.offset + block.metaDataLength;
  const columns = footer.schema.fields.map((field, index) => {
    const kind = kindOf(field.type as DataType);
    const region = batch.buffers[2 * index + 1];
    const offset = bodyStart + (region?.offset ?? -1);
    const length = batch.length * bytesPerValue(kind);
    if (region?.length !== length || offset + length > footerStart) {
      throw new Error(`column ${field.name} lies outside the file`);
    }
    return { name: field.name, kind, offset };
  });
  return { metadata: footer.schema.metadata, rows: batch.length, columns };
}

/** `length` raised to a multiple of ALIGNMENT. */
export function alignUp(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

// --- internal ---

function typeOf(kind: ColumnKind): DataType {
  if (kind === 'timestamp') return new TimestampMillisecond('UTC');
  return kind === 'float64' ? new Float64() : new Float32();
}

function kindOf(type: DataType): ColumnKind {
  // Decoded types are not instances of Float64 and so on, but print the same.
  const name = String(type);
  if (name === 'Float64') return 'float64';
  if (name === 'Float32') return 'float32';
  if (name.startsWith('Timestamp')) return 'timestamp';
  throw new Error(`a column has type ${name}`);
}

/** Continuation mark, length, flatbuffer, zeros up to a multiple of ALIGNMENT in the file. */
function framed(message: Message, position: number): Uint8Array {
  const body = Message.encode(message);
  const end = alignUp(position + 8 + body.length);
  const bytes = new Uint8Array(end - position);
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
