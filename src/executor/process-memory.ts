import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Keeps a process that runs sweeps from holding what it does not use. Called before its threads start;
 * disposing of the result ends the trimming.
 *
 * The engine's heaps: old objects are looked at when an eighth has come to what was left (8 MB at least),
 * not when it has doubled, and new heaps are laid out for size. A thread that loads its modules is not
 * looked at ten times meanwhile: its heap may begin with 16 MB, which it fills. Its short-lived objects are
 * two megabytes, which helpers on other cores do not collect sooner. Mapped feeds are no reason to collect:
 * they counted as memory of each heap that views them. Nor is a heap marked ahead of time by helpers: 10 to 25 MB take 10 ms in one go, and helpers begin at half of the limit, so that they mark twice
 * as often, on cores that have points to run.
 *
 * Compilers take 5 to 12 MB for a large function: WebAssembly is compiled one function at a time, and so
 * is the JavaScript of each thread, by the last compiler alone: the one before it takes longer than what
 * it makes saves.
 *
 * The C allocator: columns and messages of a megabyte come and go by the thousand, and glibc soon keeps
 * such blocks in arenas of every thread, which never shrink: 160 MB of a process of 350 were holes. So such
 * blocks are mapped, new arenas are few, and five times a second what planning, feeds and compilers have
 * freed in them goes back to the system, in 0.3 to 1 ms. Other C libraries have neither function.
 */
export async function limitMemory(): Promise<Disposable> {
  for (const flag of ENGINE_FLAGS) setFlagsFromString(flag);
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const mallopt = libc.func('int mallopt(int, int)');
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
    mallopt(M_ARENA_MAX, ARENAS_MAX);
    const trim = libc.func('int malloc_trim(size_t)');
    trim(0);
    const timer = setInterval(() => void trim(0), TRIM_MS).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  } catch {
    // No koffi or not glibc: nothing but more memory.
    return { [Symbol.dispose]: () => undefined };
  }
}

/**
 * Collects what the heap of a thread has gathered beyond what was left the last time. The engine itself
 * waits for 8 MB at least, and for more while it is busy: in a quick sweep 15 MB came to 15 that were in use.
 */
export class GarbageWatch {
  readonly #collect = garbageCollector();
  /** What the start has left counts as used until the first collection. */
  #leftBytes = keptBytes();

  /** Collects now: 10 to 30 ms. */
  collect(): void {
    this.#collect?.();
    this.#leftBytes = keptBytes();
  }

  /** Collects where it is worth it. */
  look(): void {
    if (keptBytes() > this.#leftBytes + GARBAGE_BYTES_MAX) this.collect();
  }
}

// --- internal ---

const ENGINE_FLAGS = [
  '--heap-growing-percent=12',
  '--optimize-for-size',
  '--no-incremental-marking',
  '--external-memory-accounted-in-global-limit',
  '--initial-old-space-size=16',
  '--no-parallel-scavenge',
  '--min-semi-space-size=2',
  // For GarbageWatch.
  '--expose-gc',
  '--no-maglev',
  '--wasm-num-compilation-tasks=1',
  '--concurrent-turbofan-max-threads=1',
];

const M_MMAP_THRESHOLD = -3;
const M_ARENA_MAX = -8;

/** Blocks of this size are given back to the system when they are freed. Setting it keeps it. */
const MAPPED_BYTES_MIN = 262_144;
const ARENAS_MAX = 2;

const TRIM_MS = 200;

/** A quick sweep makes as much in half a second. */
const GARBAGE_BYTES_MAX = 1.5 * 2 ** 20;

/** Bytes of objects that lived on: of the young ones most are garbage that costs nothing to collect. */
function keptBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !name.startsWith('new_'))
    .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
}

/** The engine's own function; a context has it that was made after `limitMemory`, and else there is none. */
function garbageCollector(): (() => void) | undefined {
  return globalThis.gc ?? (runInNewContext('globalThis.gc') as (() => void) | undefined);
}
