import type { KernelMemory } from './kernel-memory.ts';
import type { SignalBits } from './signal-bits.ts';

/**
 * The positions that signals alone make, listed once for the points that have them in common
 * (assembly/lists.ts).
 */
export class PositionLists {
  readonly #memory: KernelMemory;
  readonly #listBytes: number;
  /** Addresses by the signals' key, the oldest first. */
  readonly #lists = new Map<number, number>();
  readonly #used = new Set<number>();
  /** What `make` has to make, by address. */
  readonly #wanted = new Map<number, SignalBits>();

  /** For markets of `rows` bars; lists are cut after `positionsMax`. */
  constructor(memory: KernelMemory, rows: number, positionsMax: number) {
    this.#memory = memory;
    this.#listBytes = memory.code.listBytes(positionsMax);
    const at = memory.allocate(memory.code.searchBytes(rows, positionsMax));
    memory.code.openLists(at, rows, positionsMax);
  }

  /** The lists of the last group may be given up now. */
  beginGroup(): void {
    this.#used.clear();
  }

  /** The address of the list of these signals; it is there after `make`. */
  of(signals: SignalBits): number {
    const { key } = signals;
    let at = this.#lists.get(key);
    this.#used.add(key);
    if (at !== undefined) return at;
    at = this.#free();
    this.#lists.set(key, at);
    this.#wanted.set(at, signals);
    return at;
  }

  /** All after all signals, because the columns of those would push lists out of the cache. */
  make(): void {
    const { code } = this.#memory;
    for (const [at, { enterLong, enterShort, exitLong, exitShort }] of this.#wanted) {
      code.makeList(at, enterLong, enterShort, exitLong, exitShort);
    }
    this.#wanted.clear();
  }

  /** The place of the oldest list that this group does not use, or a new one. */
  #free(): number {
    for (const [key, at] of this.#lists) {
      if (this.#used.has(key)) continue;
      if (this.#lists.size < LISTS_MIN) break;
      this.#lists.delete(key);
      return at;
    }
    return this.#memory.allocate(this.#listBytes);
  }
}

// --- internal ---

/** Lists that are kept; a group may need more. */
const LISTS_MIN = 8;
