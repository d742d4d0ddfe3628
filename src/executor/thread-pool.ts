import { Piscina } from 'piscina';
import type { MappedFeed } from '../feed/mapped-feed.ts';
import type { Grid } from '../grid/grid.ts';
import type { RefusedValues } from '../grid/refusal.ts';
import type { Sweep } from '../grid/sweep.ts';
import { canonicalJson, sha256, type Json } from '../hash.ts';
import { CHECKPOINT_ROWS_MAX } from '../limits.ts';
import { GarbageWatch } from './process-memory.ts';
import { createRowMemory } from './row-memory.ts';
import type { RangeRequest, RangeResult } from './run-range.ts';

/** A sweep as threads receive it: ids, one shared copy of the spec, and addresses of mapped feeds. */
export interface SharedContext {
  readonly contextId: string;
  /** Of a `SharedSweep`. */
  readonly json: SharedArrayBuffer;
  readonly feeds: readonly MappedFeed[];
}

/** What threads make their grid of, without the schema of cards, which takes a third of their start to load. */
export interface SharedSweep {
  readonly sweep: Sweep;
  readonly refusedValues: RefusedValues;
}

/**
 * The spec is shared memory, so that a task costs the same for ten axis values and for 100,000. Its id
 * says what is in it: a thread goes on with what it keeps of an equal one.
 */
export function shareContext(
  sweep: Sweep,
  { refusedValues }: Grid,
  feeds: readonly MappedFeed[],
): SharedContext {
  const shared: SharedSweep = { sweep, refusedValues };
  const text = canonicalJson(shared as unknown as Json);
  const bytes = new TextEncoder().encode(text);
  const json = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(json).set(bytes);
  const files = feeds.map(({ path, address }) => `${path} ${address}`);
  return { contextId: sha256([text, ...files].join('\n')), json, feeds };
}

/** One thread per core, started once and kept; a task is a range of points of one sweep. */
export class ThreadPool implements AsyncDisposable {
  readonly threads: number;
  readonly #pool: Piscina<unknown, RangeResult>;
  /** The one used last is used next: pages that were never needed are never touched. */
  readonly #memories: SharedArrayBuffer[] = [];
  readonly #garbage = new GarbageWatch();

  constructor(threads: number) {
    // What reading and planning left.
    this.#garbage.collect();
    this.threads = threads;
    this.#pool = new Piscina({
      filename: new URL('./thread.ts', import.meta.url).href,
      name: 'runOnThread',
      minThreads: threads,
      maxThreads: threads,
      // The threads spin on nothing between tasks; the main thread needs the core for COPY.
      atomics: 'disabled',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
    });
  }

  /**
   * Runs a range on a thread. Its rows lie in memory of the pool, which `release` takes back when they
   * are read; without it the memory is garbage as any other.
   */
  run(context: SharedContext, request: Omit<RangeRequest, 'memory'>): Promise<RangeResult> {
    const memory = this.#memories.pop() ?? createRowMemory(CHECKPOINT_ROWS_MAX);
    return this.#pool.run({ context, request: { ...request, memory } });
  }

  /** The rows of `range` have been read: the next ones may be written over them. */
  release({ pointIndex: { buffer } }: RangeResult): void {
    if (buffer instanceof SharedArrayBuffer) this.#memories.push(buffer);
    this.#garbage.look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

// --- internal ---

/**
 * Short-lived objects of a thread, which makes few: by default the engine lets them pile up to 48 MB
 * before it looks. W3 is as fast with 6 and 25 MB a thread smaller.
 */
const YOUNG_HEAP_MB = 6;
