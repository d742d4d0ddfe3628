import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

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
    if (byteLength === 0) throw new Error('it is empty');
    const address = canMap ? native.mmap?.map(descriptor, byteLength) : undefined;
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
  const view = (native.mmap as NativeMmap).view(address, mapping.byteLength);
  views.set(address, view);
  return view;
}

/** Gives the pages back. Any view of the mapping, in any thread, must not be touched again. */
export function unmapFile(mapping: FileMapping): void {
  if (mapping.address === undefined) return;
  views.delete(mapping.address);
  native.mmap?.unmap(mapping.address, mapping.byteLength);
}

/** For `doctor`: whether files are mapped here, or why not. */
export function mappingSupport(): { ok: boolean; detail: string } {
  return native.mmap
    ? { ok: true, detail: 'feed files are memory-mapped and shared between processes' }
    : { ok: false, detail: `feed files are read into memory, once per process: ${native.reason}` };
}

// --- internal ---

interface NativeMmap {
  /** Undefined when the system refuses. */
  map(descriptor: number, byteLength: number): bigint | undefined;
  unmap(address: bigint, byteLength: number): void;
  view(address: bigint, byteLength: number): ArrayBuffer;
}

const PROT_READ = 1;
const MAP_SHARED = 1;
/** Linux: sets up all pages at once; the checksum reads them all anyway (60 MB: 4 ms instead of 8). */
const MAP_POPULATE = process.platform === 'linux' ? 0x8000 : 0;
const MAP_FAILED = 2n ** 64n - 1n;
const READ_BYTES_MAX = 2 ** 30;

/** One view per address and thread: the engine may not make two ArrayBuffers of the same memory. */
const views = new Map<bigint, ArrayBuffer>();

const native = await loadNative();

async function loadNative(): Promise<{ mmap: NativeMmap | undefined; reason: string }> {
  if (process.platform === 'win32') return { mmap: undefined, reason: 'Windows has no mmap' };
  try {
    const { default: koffi } = await import('koffi');
    return { mmap: bindMmap(koffi), reason: '' };
  } catch (error) {
    // A platform without a prebuilt koffi is slower, not broken; doctor tells.
    const reason = error instanceof Error ? error.message : String(error);
    return { mmap: undefined, reason: `koffi cannot be loaded (${reason})` };
  }
}

/** The part of koffi that is used here. */
interface Koffi {
  load(path: null): { func(signature: string): (...values: unknown[]) => unknown };
  address(pointer: unknown): bigint;
  view(pointer: unknown, length: number): ArrayBuffer;
}

function bindMmap(koffi: Koffi): NativeMmap {
  const system = koffi.load(null);
  const mmap = system.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = system.func('int munmap(void *, size_t)');
  const flags = MAP_SHARED | MAP_POPULATE;
  return {
    map: (descriptor, byteLength) => {
      const pointer = mmap(null, byteLength, PROT_READ, flags, descriptor, 0);
      const address = pointer === null ? 0n : BigInt.asUintN(64, koffi.address(pointer));
      return address === 0n || address === MAP_FAILED ? undefined : address;
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
    if (read === 0) throw new Error('it became shorter while it was read');
    at += read;
  }
  return shared;
}
