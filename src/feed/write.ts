import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert } from '../assert.ts';
import { END_OF_STREAM, layoutFile, type FileColumn } from './arrow-file.ts';
import {
  buildFeatureFrame,
  manifestOf,
  type CandleColumns,
  type FeatureFrame,
} from './feature-frame.ts';
import {
  FEED_FORMAT_VERSION,
  MANIFEST_KEY,
  TIME_COLUMNS,
  TIME_MS_COLUMNS,
  type ColumnManifest,
} from './manifest.ts';
import type { FeedPlan } from './plan.ts';
import { PRICE_NAMES } from './references.ts';
import { encodeSeal, SEAL_BYTES } from './seal.ts';

/**
 * Builds the file of a plan under `dir`: columns are computed and written one series at a time to a
 * temporary name, the file is renamed when it is whole, and read-only from then on. No fsync: a
 * feed is checked when it is opened and can be rebuilt. Builders may race; the last rename wins and
 * both files are the same bytes. What fails half-way leaves nothing.
 */
export async function writeFeed(
  dir: string,
  plan: FeedPlan,
  candles: CandleColumns,
): Promise<{ path: string; bytes: number }> {
  const frame = buildFeatureFrame(plan, candles);
  await mkdir(dir, { recursive: true });
  const path = join(dir, plan.fileName);
  const temporary = join(dir, `.${plan.fileName}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
  try {
    const bytes = await writeFrame(temporary, frame);
    await chmod(temporary, 0o444);
    await rename(temporary, path);
    return { path, bytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

// --- internal ---

async function writeFrame(path: string, frame: FeatureFrame): Promise<number> {
  const { plan } = frame;
  const layout = layoutFile(fileColumns(plan), plan.bars);
  await using file = new ChecksummedFile(await open(path, 'wx'));
  await file.append(layout.header);
  let index = 0;
  const appendColumn = async (values: ArrayBufferView): Promise<void> => {
    await file.padTo(layout.offsets[index++] as number);
    await file.append(bytesOf(values));
  };
  for (const values of baseColumns(frame)) await appendColumn(values);
  const manifests: ColumnManifest[] = [];
  for (const { manifest, values } of frame.columns()) {
    manifests.push(manifest);
    await appendColumn(values);
  }
  assert(index === layout.offsets.length, 'every planned column was written');
  await file.padTo(layout.bodyEnd);
  await file.append(END_OF_STREAM);
  const manifest = JSON.stringify(manifestOf(plan, manifests));
  const footer = layout.footer(new Map([[MANIFEST_KEY, manifest]]));
  const fileLength = file.length + SEAL_BYTES + footer.length;
  const seal = { formatVersion: FEED_FORMAT_VERSION, crc32: crc32(footer, file.crc), fileLength };
  await file.append(encodeSeal(seal));
  await file.append(footer);
  return fileLength;
}

function fileColumns(plan: FeedPlan): FileColumn[] {
  return [
    ...TIME_COLUMNS.map((name) => ({ name, kind: 'timestamp' }) as const),
    ...TIME_MS_COLUMNS.map((name) => ({ name, kind: 'float64' }) as const),
    ...PRICE_NAMES.map((name) => ({ name, kind: 'float64' }) as const),
    ...plan.columns.map(({ id }) => ({ name: id, kind: plan.precision })),
  ];
}

function* baseColumns({ base }: FeatureFrame): Generator<ArrayBufferView> {
  yield BigInt64Array.from(base.tsOpen, BigInt);
  yield BigInt64Array.from(base.tsClose, BigInt);
  yield base.tsOpen;
  yield base.tsClose;
  for (const name of PRICE_NAMES) yield base[name];
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Sequential writer that keeps the running length and CRC-32. */
class ChecksummedFile implements AsyncDisposable {
  length = 0;
  crc = 0;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.crc = crc32(bytes, this.crc);
    for (let written = 0; written < bytes.length;) {
      const rest = bytes.subarray(written);
      written += (await this.#handle.write(rest, 0, rest.length)).bytesWritten;
    }
    this.length += bytes.length;
  }

  /** Zeros up to an absolute offset. */
  async padTo(offset: number): Promise<void> {
    assert(offset >= this.length, 'columns are written in file order');
    if (offset > this.length) await this.append(new Uint8Array(offset - this.length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
