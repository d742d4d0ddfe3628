import { randomUUID } from 'node:crypto';
import {
  chmod,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../assert.ts';
import { SweepError } from '../errors.ts';
import { formatBytes } from '../report/format.ts';
import { arrowFraming, END_OF_STREAM, type ArrowFraming } from './arrow-file.ts';
import {
  buildFeatureFrame,
  manifestOf,
  newColumn,
  type CandleColumns,
  type FeatureFrame,
} from './feature-frame.ts';
import { fileColumns } from './layout.ts';
import { FEED_FORMAT_VERSION, MANIFEST_KEY, type ColumnManifest } from './manifest.ts';
import type { FeedPlan } from './plan.ts';
import type { WrittenFeed } from './read.ts';
import { PRICE_NAMES } from './references.ts';
import { Checksum, encodeSeal, SEAL_BYTES } from './seal.ts';

/** A temporary file that nobody has written to for so long belongs to a builder that was killed. */
const STALE_MS = 3_600_000;
const TEMPORARY = '.feed-tmp';

/**
 * Builds the file of a plan under `dir`: columns are computed and written one series at a time to a
 * temporary name, the file is renamed when it is whole, and read-only from then on. No fsync: a
 * feed is checked when it is opened and can be rebuilt. Builders may race; the last rename wins and
 * both files are the same bytes. What fails half-way leaves nothing.
 * @throws SweepError DISK_FULL naming the folder and the bytes that it takes.
 */
export async function writeFeed(
  dir: string,
  plan: FeedPlan,
  candles: CandleColumns,
): Promise<WrittenFeed & { bytes: number }> {
  const frame = buildFeatureFrame(plan, candles);
  await mkdir(dir, { recursive: true });
  await removeStale(dir);
  const path = join(dir, plan.fileName);
  const temporary = join(
    dir,
    `.${plan.fileName}.${process.pid}-${randomUUID().slice(0, 8)}${TEMPORARY}`,
  );
  try {
    const { bytes, place } = await writeFrame(temporary, frame);
    await chmod(temporary, 0o444);
    const { ino: inode } = await stat(temporary, { bigint: true });
    await rename(temporary, path);
    return { path, bytes, inode, place };
  } catch (error) {
    await rm(temporary, { force: true });
    throw isDiskFull(error) ? await diskFull(dir, plan, error) : error;
  }
}

// --- internal ---

/** No room on the disk, or none left for this user. */
function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ENOSPC|EDQUOT)$/.test(String(error.code));
}

async function diskFull(dir: string, plan: FeedPlan, cause: unknown): Promise<SweepError> {
  // The half-written file is gone again: this is what there was for it. A quota does not show in it.
  const free = await statfs(dir).then(
    ({ bavail, bsize }) => `, and ${formatBytes(bavail * bsize)} are free`,
    () => '',
  );
  return new SweepError(
    'DISK_FULL',
    `the disk of ${dir} is full: a feed file takes ${formatBytes(plan.bytes)}${free}`,
    {
      hint: 'Make room there (feed files of other sweeps may be deleted, they are built again), then give the same command again: a sweep goes on from what it has.',
      cause,
    },
  );
}

/** What killed builders left in the folder. */
async function removeStale(dir: string): Promise<void> {
  const names = await readdir(dir);
  for (const name of names.filter((entry) => entry.endsWith(TEMPORARY))) {
    const path = join(dir, name);
    // Another builder may remove or rename it in between.
    const written = await stat(path).catch(() => undefined);
    if (written && written.mtimeMs < Date.now() - STALE_MS) await rm(path, { force: true });
  }
}

/** The bytes of a file, and where its manifest lies. */
type Sealed = Pick<WrittenFeed, 'place'> & { readonly bytes: number };

async function writeFrame(path: string, frame: FeatureFrame): Promise<Sealed> {
  const { plan } = frame;
  const ids = plan.columns.map(({ id }) => id);
  const framing = arrowFraming(fileColumns(ids, plan.precision), plan.bars);
  await using file = new ChecksummedFile(await open(path, 'wx'), blockBytes(plan));
  await file.append(framing.header);
  const manifests = await writeBody(file, frame, framing);
  await file.append(END_OF_STREAM);
  const manifest = JSON.stringify(manifestOf(plan, manifests, framing.header.length));
  // Awaited here: the file closes when this function is left.
  return await sealFile(file, framing.footer(new Map([[MANIFEST_KEY, manifest]])), manifest);
}

async function writeBody(
  file: ChecksummedFile,
  frame: FeatureFrame,
  { offsets, bodyEnd }: ArrowFraming,
): Promise<ColumnManifest[]> {
  let index = 0;
  const appendColumn = async (values: ArrayBufferView): Promise<void> => {
    await file.padTo(offsets[index++] as number);
    await file.append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  for (const values of baseColumns(frame)) await appendColumn(values);
  const manifests: ColumnManifest[] = [];
  // Copied into blocks before the next is made in its place.
  const column = newColumn(frame.plan);
  for (const { manifest, values } of frame.columns(() => column)) {
    manifests.push(manifest);
    await appendColumn(values);
  }
  assert(index === offsets.length, 'every planned column was written');
  await file.padTo(bodyEnd);
  return manifests;
}

/**
 * A whole block at a multiple of 2 MiB lies in one large page of the system's, if it has those for files (ext4
 * since Linux 6.16, XFS), which maps as one: 37.6 MB in 0.2 ms instead of 2. A virtual machine that hands free
 * memory back to its host does so in pages of that size, and waits when it wants them again: W3 `run`, with 340 MB of
 * feeds, took 0.75 s longer. So larger files are written in smaller blocks.
 */
function blockBytes({ bytes }: FeedPlan): number {
  return bytes <= LARGE_PAGES_MAX_BYTES ? 2 ** 21 : 2 ** 20;
}

const LARGE_PAGES_MAX_BYTES = 2 ** 26;

/** Appends seal and footer; the checksum lies before the footer and covers it. */
async function sealFile(
  file: ChecksummedFile,
  footer: Uint8Array,
  manifest: string,
): Promise<Sealed> {
  const text = Buffer.from(manifest);
  const footerStart = file.length + SEAL_BYTES;
  const fileLength = footerStart + footer.length;
  const place = {
    manifestLength: text.length,
    manifestStart: footerStart + Buffer.from(footer.buffer, footer.byteOffset).indexOf(text),
  };
  await file.append(encodeSeal({ formatVersion: FEED_FORMAT_VERSION, ...place, fileLength }));
  file.checksum.append(footer);
  await file.write(file.checksum.digest());
  await file.write(footer);
  await file.flush();
  return { bytes: fileLength, place };
}

function* baseColumns({ base }: FeatureFrame): Generator<ArrayBufferView> {
  yield int64Of(base.tsOpen);
  yield int64Of(base.tsClose);
  yield base.tsOpen;
  yield base.tsClose;
  for (const name of PRICE_NAMES) yield base[name];
}

/** Whole numbers as little-endian int64, whose words are quicker to write than BigInts: 1 ms for 25. */
function int64Of(numbers: Float64Array): Uint32Array {
  const words = new Uint32Array(2 * numbers.length);
  // In calls that are short enough to be compiled whole (src/indicators/ewm.ts).
  for (let row = 0; row < numbers.length; row += WORDS_ROWS) {
    writeWords(numbers.subarray(row, row + WORDS_ROWS), words.subarray(2 * row));
  }
  return words;
}

const WORDS_ROWS = 4_096;

function writeWords(numbers: Float64Array, words: Uint32Array): void {
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] as number;
    const high = Math.floor(number / 2 ** 32);
    words[2 * i] = number - high * 2 ** 32;
    words[2 * i + 1] = high;
  }
}

/**
 * Sequential writer that keeps the running length and checksum. Bytes are copied and go to the system in blocks,
 * one of which is written while the next is filled. A failed write is told by a later call.
 */
class ChecksummedFile implements AsyncDisposable {
  readonly checksum = new Checksum();
  length = 0;
  readonly #handle: FileHandle;
  #writing: Promise<void> = Promise.resolve();
  #block: Uint8Array;
  #other: Uint8Array;
  #filled = 0;

  constructor(handle: FileHandle, blockBytes: number) {
    this.#handle = handle;
    this.#block = new Uint8Array(blockBytes);
    this.#other = new Uint8Array(blockBytes);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.checksum.append(bytes);
    await this.write(bytes);
  }

  /** Bytes that the running checksum leaves out. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#block.length) await this.#send();
    }
    this.length += bytes.length;
  }

  /** Waits until all is written. */
  async flush(): Promise<void> {
    await this.#send();
    await this.#writing;
  }

  /** Zeros up to an absolute offset. */
  async padTo(offset: number): Promise<void> {
    assert(offset >= this.length, 'columns are written in file order');
    if (offset > this.length) await this.append(new Uint8Array(offset - this.length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
  }

  async #send(): Promise<void> {
    await this.#writing;
    this.#writing = this.#writeWhole(this.#block.subarray(0, this.#filled));
    this.#writing.catch(() => {});
    [this.#block, this.#other] = [this.#other, this.#block];
    this.#filled = 0;
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const rest = bytes.subarray(written);
      written += (await this.#handle.write(rest, 0, rest.length)).bytesWritten;
    }
  }
}
