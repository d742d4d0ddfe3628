import type { FloatColumn } from '../../feed/feed-store.ts';
import { bitBytes, type Bits } from './bit-cache.ts';
import { ColumnSlots, type Slot } from './column-slots.ts';
import type { KernelMemory } from './kernel-memory.ts';
import type { Operand } from './places.ts';
import {
  PIECE_ROWS,
  ScaleSource,
  eachPiece,
  onScale,
  type Scale,
  type ScaledColumn,
} from './scales.ts';

/** Where two operands stand to each other, bar by bar; none holds where either has no value. */
export interface ComparedPair {
  readonly above: Bits;
  /** The same as `above` where no row has equal operands. */
  readonly notBelow: Bits;
  /** First row from which both have a value in every row; from there on "not above" is "at or below". */
  readonly whole: number;
}

/** What is compared of two operands, and which way. */
export interface ComparedRows {
  /** How many of their first rows. */
  readonly rows: number;
  /** The first row that is asked for. */
  readonly from: number;
  /** The right one with the left. */
  readonly isTurned: boolean;
}

/**
 * Comparisons over copies of the columns in steps of 16 bits, settled in float64: more steps are a
 * larger number, and only rows with equal steps are looked at again. A quarter of the bytes and eight bars
 * an operation: 0.08 ns a bar against 1 ns of a plain loop, which the tests compare it with.
 */
export class Comparison {
  readonly #memory: KernelMemory;
  readonly #columns: ColumnSlots<ScaledColumn>;
  readonly #scales: ScaleSource;
  readonly #rows: number;
  /** Where a piece of a float64 column is brought to be turned into steps. */
  readonly #piece: number;
  /** Where the blocks with ties, equal steps, are listed, each with their bits. */
  readonly #ties: number;
  readonly #outputs: readonly [Output, Output];

  /** For columns of up to `rows` rows. */
  constructor(memory: KernelMemory, rows: number, bytesMax: number) {
    this.#memory = memory;
    this.#rows = rows;
    const bytes = bitBytes(rows);
    const output = (): Output => ({
      above: memory.allocate(bytes),
      notBelow: memory.allocate(bytes),
    });
    this.#outputs = [output(), output()];
    this.#piece = memory.allocate(8 * PIECE_ROWS);
    const blocks = 8 * (Math.ceil(rows / 128) + 1);
    this.#ties = memory.allocate(TIE_BYTES * blocks);
    memory.code.openColumns(memory.allocate(blocks / 8 + 8), rows);
    this.#scales = new ScaleSource(memory, rows, this.#piece);
    const slots = { slotBytes: memory.code.columnBytes(rows), bytesMax, slotsMin: 2 };
    this.#columns = new ColumnSlots(memory, slots, (at, column) => this.#write(at, column));
  }

  /**
   * Of the first `rows` rows of `left` with `right`, or in turn of `right` with `left`; the output of one is kept
   * while that of the other is overwritten. What is before `from` means nothing.
   */
  compare(left: FloatColumn, right: Operand, how: ComparedRows): ComparedPair {
    const scale = this.#scales.of(left, right, how.rows);
    let found = this.#decide(scale, { left, right }, how);
    if (found.ties > how.rows * TIES_SHARE) {
      const better = this.#scales.betterFor(left, right, how.rows);
      if (better !== undefined) {
        const { ties } = found;
        found = this.#decide(better, { left, right }, how);
        if (found.ties > ties / 2) this.#scales.keep(left, scale);
      }
    }
    const { a, b, ties } = found;
    const { rows, from, isTurned } = how;
    const { above, notBelow } = this.#outputs[isTurned ? 1 : 0];
    const [x, y] = isTurned ? [right, left] : [left, right];
    const equal = this.#settle(above, { left: x, right: y, rows, from, ties });
    const whole = Math.max(a.whole, b.whole);
    if (whole > from) this.#memory.code.clearBlanks(a.at, b.at, rows, above);
    if (equal.length === 0) return { above, notBelow: above, whole };
    this.#addBars(above, equal, notBelow);
    return { above, notBelow, whole };
  }

  /** What different steps decide; how many blocks have ties. */
  #decide(
    scale: Scale,
    { left, right }: { left: FloatColumn; right: Operand },
    { rows, isTurned }: ComparedRows,
  ): { readonly a: Slot; readonly b: Slot; readonly ties: number } {
    const x = this.#columns.of(onScale(scale, left));
    const y = this.#columns.of(onScale(scale, right));
    const [a, b] = isTurned ? [y, x] : [x, y];
    const { above } = this.#outputs[isTurned ? 1 : 0];
    const ties = this.#memory.code.compare(a.at, b.at, rows, above, this.#ties);
    return { a, b, ties };
  }

  /** Compares the undecided bars in float64; those whose operands are equal. */
  #settle(above: Bits, { left, right, rows, from, ties }: Undecided): readonly number[] {
    const equal: number[] = [];
    if (ties === 0) return equal;
    const blocks = this.#memory.uint16(above, Math.ceil(rows / 16));
    const found = this.#memory.int32(this.#ties, 2 * ties);
    for (let n = 0; n < ties; n++) {
      const block = found[2 * n] as number;
      let open = found[2 * n + 1] as number;
      while (open !== 0) {
        const bit = open & -open;
        open ^= bit;
        const bar = (block << 4) + 31 - Math.clz32(bit);
        if (bar < from || bar >= rows) continue;
        const x = valueAt(left, bar);
        const y = valueAt(right, bar);
        if (x > y) blocks[block] = (blocks[block] as number) | bit;
        else if (x === y) equal.push(bar);
      }
    }
    return equal;
  }

  /** Copies bits and sets those of some bars besides. */
  #addBars(bits: Bits, bars: readonly number[], out: Bits): void {
    const bytes = bitBytes(this.#rows);
    this.#memory.code.unite(bits, bits, out, bytes);
    const words = this.#memory.int32(out, bytes / 4);
    for (const bar of bars) words[bar >> 5] = (words[bar >> 5] as number) | (1 << (bar & 31));
  }

  /** Fills a slot; the first row from which on every row has a value. */
  #write(at: number, { operand, scale }: ScaledColumn): number {
    let whole = 0;
    const end = Math.min(this.#rows, scale.rows);
    eachPiece(this.#memory, this.#piece, { operand, rows: end }, (from, count) => {
      const last = this.#memory.code.quantize(this.#piece, at, scale.at, from, count);
      if (last > 0) whole = Math.min(end, from + last);
    });
    return whole;
  }
}

// --- internal ---

type Output = Omit<ComparedPair, 'whole'>;

interface Undecided {
  readonly left: Operand;
  readonly right: Operand;
  readonly rows: number;
  readonly from: number;
  /** Blocks of 16 bars with equal steps. */
  readonly ties: number;
}

const TIE_BYTES = 8;

/** Blocks with ties a row above which another scale is tried: one block of 32. */
const TIES_SHARE = 1 / 512;

function valueAt(operand: Operand, bar: number): number {
  return typeof operand === 'number' ? operand : (operand[bar] as number);
}
