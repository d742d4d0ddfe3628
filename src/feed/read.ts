import { statSync, type BigIntStats } from 'node:fs';
import { basename } from 'node:path';
import { SweepError } from '../errors.ts';
import { FEED_FORMAT_VERSION, type FeedManifest } from './manifest.ts';
import { manifestOf, type MappedFeed } from './mapped-feed.ts';
import { mapFile, unmapFile, viewMapping, type FileMapping, type MapOptions } from './mmap.ts';
import { Checksum, CHECKSUM_BYTES, decodeSeal, SEAL_BYTES, type Seal } from './seal.ts';

export interface OpenOptions extends MapOptions {
  /** The hash that the plan gave; a file of another content is refused. */
  readonly hash?: string;
}

/**
 * Maps a feed file and checks all of it: length, format version and the checksum over every byte
 * (37.6 MB in 3 to 4 ms), so that no later read can meet a bad one. The same unchanged file is mapped and
 * checked once per process; threads open the mapping with `openMappedFeed`.
 * @throws SweepError FEED_MISSING; FEED_CORRUPT with the file's name and what is wrong.
 */
export function mapFeed(path: string, options: OpenOptions = {}): MappedFeed {
  const key = keyOf(statOf(path), options);
  let mapped = mappedFeeds.get(key);
  if (!mapped) {
    mapped = mapChecked(path, options);
    mappedFeeds.set(key, mapped);
  }
  checkContent(path, manifestOf(mapped), options.hash);
  return { ...mapped, path };
}

/**
 * Maps a file that this process has written a moment ago: its checksum was made of the bytes that were given
 * to the system, and is not made again (340 MB: 20 to 40 ms). One that another builder has put in its place is
 * left to `mapFeed`.
 */
export function mapWritten({ path, inode, place }: WrittenFeed): void {
  const stats = statOf(path);
  if (stats.ino !== inode || mappedFeeds.has(keyOf(stats))) return;
  mappedFeeds.set(keyOf(stats), { ...mapFile(path), ...place });
}

/** A file as its writer left it. */
export interface WrittenFeed {
  readonly path: string;
  readonly inode: bigint;
  readonly place: Pick<MappedFeed, 'manifestStart' | 'manifestLength'>;
}

// --- internal ---

/** Mappings of this process by file identity: a rebuilt file is another inode. */
const mappedFeeds = new Map<string, MappedFeed>();

const ARROW_MAGIC = new TextEncoder().encode('ARROW1');
/** int32 footer length and "ARROW1". */
const TRAILER_BYTES = 4 + ARROW_MAGIC.length;

/** A file, and whether anybody has touched it since. */
function keyOf(
  { dev, ino, size, ctimeNs }: BigIntStats,
  { canMap = true }: MapOptions = {},
): string {
  return `${dev}:${ino}:${size}:${ctimeNs}:${canMap}`;
}

function statOf(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw corrupt(path, reasonOf(error));
    throw new SweepError('FEED_MISSING', `feed file ${path} does not exist`, {
      hint: 'Plan the sweep again; missing feeds are built then.',
      facts: { path },
    });
  }
}

function mapChecked(path: string, options: MapOptions): MappedFeed {
  let mapping: FileMapping;
  try {
    mapping = mapFile(path, options);
  } catch (error) {
    throw corrupt(path, reasonOf(error));
  }
  try {
    const { manifestStart, manifestLength } = checkBytes(
      path,
      new Uint8Array(viewMapping(mapping)),
    );
    return { ...mapping, manifestStart, manifestLength };
  } catch (error) {
    unmapFile(mapping);
    throw error;
  }
}

/** Everything that can be known without believing any of the content. */
function checkBytes(path: string, bytes: Uint8Array): Seal {
  if (!hasMagicAt(bytes, 0)) {
    throw corrupt(path, 'it is not an Arrow file (it does not begin with ARROW1)');
  }
  const sealStart = sealStartOf(bytes);
  if (!hasMagicAt(bytes, bytes.length - ARROW_MAGIC.length) || sealStart === undefined) {
    throw corrupt(
      path,
      'it was cut short or has bytes appended (its end is not that of an Arrow file)',
    );
  }
  const seal = decodeSeal(bytes.subarray(sealStart, sealStart + SEAL_BYTES));
  if (!seal) throw corrupt(path, 'it is a foreign or altered Arrow file (it has no feed seal)');
  if (seal.fileLength !== bytes.length) {
    throw corrupt(path, `it has ${bytes.length} bytes where ${seal.fileLength} were written`);
  }
  // Before the checksum, which another version may make in another way.
  if (seal.formatVersion !== FEED_FORMAT_VERSION) {
    throw corrupt(
      path,
      `it is of feed format ${seal.formatVersion}, and this program reads format ${FEED_FORMAT_VERSION}`,
    );
  }
  const checksumStart = sealStart + SEAL_BYTES - CHECKSUM_BYTES;
  const checksum = new Checksum()
    .append(bytes.subarray(0, checksumStart))
    .append(bytes.subarray(sealStart + SEAL_BYTES))
    .digest();
  if (checksum.some((byte, at) => bytes[checksumStart + at] !== byte)) {
    throw corrupt(path, 'its bytes were altered (the checksum differs)');
  }
  return seal;
}

function checkContent(path: string, manifest: FeedManifest, hash: string | undefined): void {
  if (hash !== undefined && manifest.hash !== hash) {
    throw corrupt(path, `it holds another feed (hash ${manifest.hash}, expected ${hash})`);
  }
  if (!basename(path).endsWith(`-${manifest.hash.slice(0, 16)}.arrow`)) {
    throw corrupt(path, `its name is not that of its content (hash ${manifest.hash.slice(0, 16)})`);
  }
}

function hasMagicAt(bytes: Uint8Array, start: number): boolean {
  return ARROW_MAGIC.every((byte, at) => bytes[start + at] === byte);
}

/** The seal lies right before the footer, whose length stands in the trailer. */
function sealStartOf(bytes: Uint8Array): number | undefined {
  const trailerStart = bytes.length - TRAILER_BYTES;
  if (trailerStart < SEAL_BYTES) return undefined;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + trailerStart, 4);
  const start = trailerStart - trailer.getInt32(0, true) - SEAL_BYTES;
  return start >= 0 && start <= trailerStart - SEAL_BYTES ? start : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function corrupt(path: string, reason: string): SweepError {
  return new SweepError('FEED_CORRUPT', `feed file ${path} is refused: ${reason}`, {
    hint: 'Run the sweep again: a refused file is built anew.',
    facts: { path },
  });
}
