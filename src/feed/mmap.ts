import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The native boundary: a file as read-only shared memory of this process. Node has no mmap; koffi
 * (prebuilt, no compiler) calls the system's. The main thread maps, threads view the same address,
 * so a feed costs its pages once per machine. Where mapping is impossible the file is read into a
 * SharedArrayBuffer: once per process, shared by its threads, but not between processes.
 */
export interface FileMapping {
  readonly path: string;
  readonly byteLength: number;
  /** Address of a mapping; undefined for a file that was read. A bigint crosses to threads. */
  readonly address: bigint | undefined;
  /** The bytes of a file that was read. */
  readonly shared: SharedArrayBuffer | undefined;
}

export interface MapOptions {
  /** False forces the fallback. */
  readonly canMap?: boolean;
}

/**
 * Maps a whole file read-only. The mapping lives until `unmapFile` or the end of the process.
 * @throws the file system's error, or Error for an empty file.
 */
export function mapFile(path: string, { canMap = true }: MapOptions = {}): FileMapping {
  const descriptor = openSync(path, 'r');
  try {
    const byteLength = fstatSync(descriptor).size;
    if (byteLength === 0) throw new Error('the file is empty');
    const native = canMap ? nativeMmap() : undefined;
    const address = native?.map(descriptor, byteLength);
    if (address !== undefined) return { path, byteLength, address, shared: undefined };
    return { path, byteLength, address: undefined, shared: readWhole(descriptor, byteLength) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The bytes of a mapping, without a copy; every call of a thread gives the same buffer. Writing to
 * a mapped one ends the process.
 */
export function viewMapping(mapping: FileMapping): ArrayBufferLike {
  if (mapping.shared) return mapping.shared;
  const address = mapping.address as bigint;
  const known = views.get(address);
  if (known?.byteLength === mapping.byteLength) return known;
  const view = (nativeMmap() as NativeMmap).view(address, mapping.byteLength);
  views.set(address, view);
  return view;
}

/** Gives the pages back. Any view of the mapping, in any thread, must not be touched again. */
export function unmapFile(mapping: FileMapping): void {
  if (mapping.address === undefined) return;
  views.delete(mapping.address);
  nativeMmap()?.unmap(mapping.address, mapping.byteLength);
}

/** For `doctor`: whether files are mapped here, or why not. */
export function mappingSupport(): { ok: boolean; detail: string } {
  const native = nativeMmap();
  return native
    ? { ok: true, detail: 'feed files are memory-mapped and shared between processes' }
    : { ok: false, detail: `feed files are read into memory: ${unavailable}` };
}

// --- internal ---

interface NativeMmap {
  map(descriptor: number, byteLength: number): bigint | undefined;
  unmap(address: bigint, byteLength: number): void;
  view(address: bigint, byteLength: number): ArrayBuffer;
}

const PROT_READ = 1;
const MAP_SHARED = 1;
const READ_BYTES_MAX = 2 ** 30;

const views = new Map<bigint, ArrayBuffer>();
let loaded: NativeMmap | undefined;
let unavailable: string | undefined;

function nativeMmap(): NativeMmap | undefined {
  if (loaded || unavailable !== undefined) return loaded;
  if (process.platform === 'win32') {
    unavailable = 'no mmap on Windows';
    return undefined;
  }
  try {
    loaded = loadNative();
  } catch (error) {
    // A platform without a prebuilt koffi is slower, not broken; doctor tells.
    unavailable = `koffi cannot be loaded (${error instanceof Error ? error.message : String(error)})`;
  }
  return loaded;
}

function loadNative(): NativeMmap {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const library = koffi.load(null);
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = library.func('int munmap(void *, size_t)');
  return {
    map: (descriptor, byteLength) => {
      const pointer: unknown = mmap(null, byteLength, PROT_READ, MAP_SHARED, descriptor, 0);
      const address = pointer === null ? 0n : BigInt.asIntN(64, koffi.address(pointer));
      // MAP_FAILED is -1.
      return address === -1n || address === 0n ? undefined : address;
    },
    unmap: (address, byteLength) => {
      munmap(address, byteLength);
    },
    view: (address, byteLength) => koffi.view(address, byteLength),
  };
}

function readWhole(descriptor: number, byteLength: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(byteLength);
  const bytes = new Uint8Array(shared);
  for (let at = 0; at < byteLength;) {
    const length = Math.min(READ_BYTES_MAX, byteLength - at);
    const read = readSync(descriptor, bytes, at, length, at);
    if (read === 0) throw new Error('the file became shorter while it was read');
    at += read;
  }
  return shared;
}
