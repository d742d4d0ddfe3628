import type { Bits } from './bits.ts';

/**
 * Bitsets by key under a byte budget, the least recently used given up first. Their memory is used
 * again, but only from the next point on: a point may hold bitsets that its own later ones push out.
 */
export class BitCache {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Bits>();
  readonly #free = new Map<number, Bits[]>();
  readonly #resting: Bits[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Every bitset handed out without a key, or pushed out since the last call, may be reused now. */
  beginPoint(): void {
    for (const bits of this.#resting) this.#freeOf(bits.length).push(bits);
    this.#resting.length = 0;
  }

  get(key: string): Bits | undefined {
    const bits = this.#entries.get(key);
    if (bits !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, bits);
    }
    return bits;
  }

  /** A bitset to be filled, kept under `key`. */
  add(key: string, words: number): Bits {
    const bits = this.#freeOf(words).pop() ?? new Int32Array(words);
    this.#entries.set(key, bits);
    this.#bytes += bits.byteLength;
    for (const [oldKey, old] of this.#entries) {
      if (this.#bytes <= this.#bytesMax || old === bits) break;
      this.#entries.delete(oldKey);
      this.#bytes -= old.byteLength;
      this.#resting.push(old);
    }
    return bits;
  }

  /** A bitset of unknown content, for this point alone. */
  scratch(words: number): Bits {
    const bits = this.#freeOf(words).pop() ?? new Int32Array(words);
    this.#resting.push(bits);
    return bits;
  }

  #freeOf(words: number): Bits[] {
    let free = this.#free.get(words);
    if (free === undefined) this.#free.set(words, (free = []));
    return free;
  }
}
