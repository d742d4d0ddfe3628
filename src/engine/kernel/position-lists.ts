import type { KernelMemory } from './kernel-memory.ts';
import type { SignalBits } from './signal-bits.ts';

/**
 * The positions that signals alone make, listed once for the points that have them in common
 * (assembly/lists.ts).
 */
export class PositionLists {
  readonly #memory: KernelMemory;
  readonly #listBytes: number;
  readonly #lists: List[] = [];
  /** What `make` has to make. */
  #wanted: { readonly at: number; readonly signals: SignalBits }[] = [];
  #group = 0;

  /** For markets of `rows` bars; lists are cut after `positionsMax`. */
  constructor(memory: KernelMemory, rows: number, positionsMax: number) {
    this.#memory = memory;
    this.#listBytes = memory.code.listBytes(positionsMax);
    const at = memory.allocate(memory.code.searchBytes(rows, positionsMax));
    memory.code.openLists(at, rows, positionsMax);
  }

  /** The lists of the last group may be given up now. */
  beginGroup(): void {
    this.#group += 1;
  }

  /** The address of the list of these signals; it is there after `make`. */
  of(signals: SignalBits): number {
    const { key } = signals;
    const known = this.#lists.find((list) => list.key === key);
    const list = known ?? this.#free();
    list.group = this.#group;
    if (known !== undefined) return list.at;
    list.key = key;
    this.#wanted.push({ at: list.at, signals });
    return list.at;
  }

  /** All after all signals, because the columns of those would push lists out of the cache. */
  make(): void {
    const { code } = this.#memory;
    for (const { at, signals } of this.#wanted) {
      const { enterLong, enterShort, exitLong, exitShort, isInTurn } = signals;
      code.makeList(at, enterLong, enterShort, exitLong, exitShort, isInTurn);
    }
    this.#wanted = [];
  }

  /** The list that was not used for longest, but never by this group, or a new one. */
  #free(): List {
    let oldest: List | undefined;
    if (this.#lists.length >= LISTS_MIN) {
      for (const list of this.#lists)
        if (list.group < (oldest?.group ?? this.#group)) oldest = list;
    }
    if (oldest !== undefined) return oldest;
    const list = { at: this.#memory.allocate(this.#listBytes), key: 0, group: 0 };
    this.#lists.push(list);
    return list;
  }
}

// --- internal ---

interface List {
  readonly at: number;
  /** Of its signals. */
  key: number;
  /** The last group of points that used it. */
  group: number;
}

/** Lists that are kept; a group may need more. */
const LISTS_MIN = 8;
