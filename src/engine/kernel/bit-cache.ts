import type { KernelMemory } from './kernel-memory.ts';

/** Address of a bitset over bars in the kernel's memory: bar i is bit i & 63 of 64-bit word i >> 6. */
export type Bits = number;

/** Bytes of a bitset that holds `rows` bits, in whole vectors. */
export function bitBytes(rows: number): number {
  return 16 * Math.ceil(rows / 128);
}

interface Entry {
  readonly at: Bits;
  readonly bytes: number;
}

/**
 * Bitsets by key under a byte budget, the least recently used given up first: between groups of
 * points only, as one may hold bitsets that later ones would push out.
 */
export class BitCache<Key extends object> {
  readonly #memory: KernelMemory;
  readonly #bytesMax: number;
  readonly #entries = new Map<Key, Entry>();
  readonly #free = new Map<number, Bits[]>();
  readonly #scratch: Entry[] = [];
  #bytes = 0;

  constructor(memory: KernelMemory, bytesMax: number) {
    this.#memory = memory;
    this.#bytesMax = bytesMax;
  }

  /** Whatever is over the budget, or was handed out without a key, may be reused now; whether any is. */
  beginGroup(): boolean {
    if (this.#scratch.length === 0 && this.#bytes <= this.#bytesMax) return false;
    const given = this.#scratch.splice(0);
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#entries.delete(key);
      this.#bytes -= entry.bytes;
      given.push(entry);
    }
    for (const { at, bytes } of given) this.#freeOf(bytes).push(at);
    return given.length > 0;
  }

  get(key: Key): Bits | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.at;
  }

  /** A bitset of unknown content to be filled, kept under `key`. */
  add(key: Key, bytes: number): Bits {
    const at = this.#take(bytes);
    this.#entries.set(key, { at, bytes });
    this.#bytes += bytes;
    return at;
  }

  /** A bitset of unknown content, for this group alone. */
  scratch(bytes: number): Bits {
    const at = this.#take(bytes);
    this.#scratch.push({ at, bytes });
    return at;
  }

  #take(bytes: number): Bits {
    return this.#freeOf(bytes).pop() ?? this.#memory.allocate(bytes);
  }

  #freeOf(bytes: number): Bits[] {
    let free = this.#free.get(bytes);
    if (free === undefined) this.#free.set(bytes, (free = []));
    return free;
  }
}
