/**
 * The C allocator of a process that runs sweeps. Columns and messages of a megabyte come and go by the
 * thousand, and glibc soon keeps such blocks in arenas of every thread, which never shrink: 160 MB of a
 * process of 350 were holes. Called before threads start; other C libraries have no `mallopt`.
 */
export async function limitAllocator(): Promise<void> {
  try {
    const { default: koffi } = await import('koffi');
    const mallopt = koffi.load(null).func('int mallopt(int, int)');
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
    mallopt(M_ARENA_MAX, ARENAS_MAX);
  } catch {
    // No koffi or not glibc: nothing but more memory.
  }
}

// --- internal ---

const M_MMAP_THRESHOLD = -3;
const M_ARENA_MAX = -8;

/** Blocks of this size are given back to the system when they are freed. Setting it keeps it. */
const MAPPED_BYTES_MIN = 262_144;
const ARENAS_MAX = 2;
