import type { KernelMemory } from './kernel-memory.ts';

/** Address of a bitset over bars in the kernel's memory: bar i is bit i & 63 of 64-bit word i >> 6. */
export type Bits = number;

/** Bytes of a bitset that holds `rows` bits, in whole vectors. */
export function bitBytes(rows: number): number {
  return 16 * Math.ceil(rows / 128);
}

/**
 * Bitsets by key under a byte budget, the least recently used given up first. Their memory is used
 * again, but only from the next group of points on: one may hold bitsets that later ones push out.
 */
export class BitCache {
  readonly #memory: KernelMemory;
  readonly #bytesMax: number;
  readonly #entries = new Map<string, { readonly at: Bits; readonly bytes: number }>();
  readonly #free = new Map<number, Bits[]>();
  readonly #resting: { readonly at: Bits; readonly bytes: number }[] = [];
  #bytes = 0;

  constructor(memory: KernelMemory, bytesMax: number) {
    this.#memory = memory;
    this.#bytesMax = bytesMax;
  }

  /**
   * Every bitset handed out without a key, or pushed out since the last call, may be reused now;
   * whether there is any.
   */
  beginGroup(): boolean {
    const isAny = this.#resting.length > 0;
    for (const { at, bytes } of this.#resting) this.#freeOf(bytes).push(at);
    this.#resting.length = 0;
    return isAny;
  }

  get(key: string): Bits | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.at;
  }

  /** A bitset of unknown content to be filled, kept under `key`. */
  add(key: string, bytes: number): Bits {
    const at = this.#take(bytes);
    this.#entries.set(key, { at, bytes });
    this.#bytes += bytes;
    for (const [oldKey, old] of this.#entries) {
      if (this.#bytes <= this.#bytesMax || old.at === at) break;
      this.#entries.delete(oldKey);
      this.#bytes -= old.bytes;
      this.#resting.push(old);
    }
    return at;
  }

  /** A bitset of unknown content, for this group alone. */
  scratch(bytes: number): Bits {
    const at = this.#take(bytes);
    this.#resting.push({ at, bytes });
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
