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
import type { FloatColumn } from './feed-store.ts';
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
  await using file = new ChecksummedFile(await open(path, 'wx'));
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
  for (const { manifest, values } of frame.columns(inTurn(frame.plan))) {
    manifests.push(manifest);
    await appendColumn(values);
  }
  assert(index === offsets.length, 'every planned column was written');
  await file.padTo(bodyEnd);
  return manifests;
}

/** Memory for the column that is made while the last one is written. */
function inTurn(plan: FeedPlan): () => FloatColumn {
  let [next, other] = [newColumn(plan), newColumn(plan)];
  return () => {
    [next, other] = [other, next];
    return other;
  };
}

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
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] as number;
    const high = Math.floor(number / 2 ** 32);
    words[2 * i] = number - high * 2 ** 32;
    words[2 * i + 1] = high;
  }
  return words;
}

/**
 * Sequential writer that keeps the running length and checksum. What is given to it is being written
 * when it returns, so that its caller computes meanwhile, and must stay as it is until the next call
 * returns. A failed write is told by the next call.
 */
class ChecksummedFile implements AsyncDisposable {
  readonly checksum = new Checksum();
  length = 0;
  readonly #handle: FileHandle;
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.checksum.append(bytes);
    await this.write(bytes);
  }

  /** Bytes that the running checksum leaves out. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#writeWhole(bytes);
    this.#writing.catch(() => {});
    this.length += bytes.length;
  }

  /** Waits until all is written. */
  async flush(): Promise<void> {
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

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const rest = bytes.subarray(written);
      written += (await this.#handle.write(rest, 0, rest.length)).bytesWritten;
    }
  }
}
