import type { KernelMemory } from './kernel-memory.ts';

/** Address of a bitset over bars in the kernel's memory: bar i is bit i & 63 of 64-bit word i >> 6. */
export type Bits = number;

/** Bytes of a bitset that holds `rows` bits, in whole vectors. */
export function bitBytes(rows: number): number {
  return 16 * Math.ceil(rows / 128);
}

/** What bits are kept under: the cache that knows it notes there where they lie. */
export interface BitKey {
  kept: KeptBits | undefined;
}

interface KeptBits {
  readonly key: BitKey;
  readonly at: Bits;
  readonly bytes: number;
  used: number;
}

/**
 * Bitsets by key under a byte budget, the least recently used given up first: between groups of
 * points only, as one may hold bitsets that later ones would push out.
 */
export class BitCache {
  readonly #memory: KernelMemory;
  readonly #bytesMax: number;
  readonly #kept: KeptBits[] = [];
  readonly #free = new Map<number, Bits[]>();
  readonly #scratch: Pick<KeptBits, 'at' | 'bytes'>[] = [];
  #bytes = 0;
  #uses = 0;

  constructor(memory: KernelMemory, bytesMax: number) {
    this.#memory = memory;
    this.#bytesMax = bytesMax;
  }

  /** Whatever is over the budget, or was handed out without a key, may be reused now; whether any is. */
  beginGroup(): boolean {
    if (this.#scratch.length === 0 && this.#bytes <= this.#bytesMax) return false;
    const given = this.#scratch.splice(0);
    if (this.#bytes > this.#bytesMax) given.push(...this.#giveUp());
    for (const { at, bytes } of given) this.#freeOf(bytes).push(at);
    return given.length > 0;
  }

  get({ kept }: BitKey): Bits | undefined {
    if (kept === undefined) return undefined;
    kept.used = ++this.#uses;
    return kept.at;
  }

  /** A bitset of unknown content to be filled, kept under `key`. */
  add(key: BitKey, bytes: number): Bits {
    const at = this.#take(bytes);
    const kept = { key, at, bytes, used: ++this.#uses };
    key.kept = kept;
    this.#kept.push(kept);
    this.#bytes += bytes;
    return at;
  }

  /** A bitset of unknown content, for this group alone. */
  scratch(bytes: number): Bits {
    const at = this.#take(bytes);
    this.#scratch.push({ at, bytes });
    return at;
  }

  /** What was not used for longest, until the rest is within the budget. */
  #giveUp(): readonly KeptBits[] {
    this.#kept.sort((a, b) => a.used - b.used);
    let count = 0;
    for (const { key, bytes } of this.#kept) {
      if (this.#bytes <= this.#bytesMax) break;
      key.kept = undefined;
      this.#bytes -= bytes;
      count += 1;
    }
    return this.#kept.splice(0, count);
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
