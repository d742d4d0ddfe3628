import type { KernelMemory } from './kernel-memory.ts';
import type { SignalBits } from './signal-bits.ts';

/**
 * The positions that signals alone make, listed once for the points that have them in common
 * (assembly/lists.ts). Lists of a group are measured together, so that they read the market once.
 */
export class PositionLists {
  readonly #memory: KernelMemory;
  readonly #listBytes: number;
  /** Addresses by the signals' key, the oldest first. */
  readonly #lists = new Map<number, number>();
  readonly #used = new Set<number>();
  /** What `measure` has to make, by address. */
  readonly #wanted = new Map<number, SignalBits>();
  /** Where the addresses of new lists are written. */
  #addressesAt = 0;
  #addressesMax = 0;

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

  /** The address of the list of these signals; it is whole after `measure`. */
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

  /** All at once and after all signals, because the columns of those would push lists out of the cache. */
  measure(): void {
    const count = this.#wanted.size;
    if (count === 0) return;
    if (count > this.#addressesMax) {
      this.#addressesMax = 2 * count;
      this.#addressesAt = this.#memory.allocate(4 * this.#addressesMax);
    }
    const { code } = this.#memory;
    for (const [at, { enterLong, enterShort, exitLong, exitShort }] of this.#wanted) {
      code.makeList(at, enterLong, enterShort, exitLong, exitShort);
    }
    this.#memory.int32(this.#addressesAt, count).set([...this.#wanted.keys()]);
    code.measureLists(this.#addressesAt, count);
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
