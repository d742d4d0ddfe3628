import type { KernelMemory } from './kernel-memory.ts';

/** A column's copy in the kernel's memory. */
export interface Slot {
  readonly at: number;
  /** First row from which every row has a value. */
  readonly whole: number;
}

export interface SlotsBudget {
  readonly slotBytes: number;
  readonly bytesMax: number;
  readonly slotsMin: number;
}

/**
 * Copies of columns in the kernel's memory under a byte budget, the least recently used given up
 * first; `slotsMin` at least, so that of those needed at once none pushes out another. Uses are counted,
 * as an entry that is put behind the others at each makes a map garbage.
 */
export class ColumnSlots<Key> {
  readonly #slots = new Map<Key, Slot & { used: number }>();
  readonly #memory: KernelMemory;
  readonly #slotBytes: number;
  readonly #slotsMax: number;
  readonly #write: (at: number, key: Key) => number;
  #uses = 0;

  /** `write` fills the slot at an address and says from which row on it is whole. */
  constructor(
    memory: KernelMemory,
    { slotBytes, bytesMax, slotsMin }: SlotsBudget,
    write: (at: number, key: Key) => number,
  ) {
    this.#memory = memory;
    this.#slotBytes = slotBytes;
    this.#slotsMax = Math.max(slotsMin, Math.floor(bytesMax / slotBytes));
    this.#write = write;
  }

  of(column: Key): Slot {
    this.#uses += 1;
    const known = this.#slots.get(column);
    if (known !== undefined) {
      known.used = this.#uses;
      return known;
    }
    const at = this.#free();
    const slot = { at, whole: this.#write(at, column), used: this.#uses };
    this.#slots.set(column, slot);
    return slot;
  }

  #free(): number {
    if (this.#slots.size < this.#slotsMax) return this.#memory.allocate(this.#slotBytes);
    let [oldest] = this.#slots;
    for (const entry of this.#slots) if (!oldest || entry[1].used < oldest[1].used) oldest = entry;
    if (oldest === undefined) return this.#memory.allocate(this.#slotBytes);
    this.#slots.delete(oldest[0]);
    return oldest[1].at;
  }
}
