import type { FloatColumn } from '../../feed/feed-store.ts';
import type { KernelMemory } from './kernel-memory.ts';
import type { Operand } from './places.ts';

/** A column on a scale, one object for each. */
export interface ScaledColumn {
  readonly operand: Operand;
  readonly scale: Scale;
}

/** Where steps of columns lie (assembly/columns.ts), and what is on it. */
export interface Scale extends Range {
  readonly at: number;
  readonly rows: number;
  readonly columns: WeakMap<FloatColumn, ScaledColumn>;
  readonly numbers: Map<number, ScaledColumn>;
}

/**
 * The scales on which columns are compared. Columns of about the same range share one, so that each is in
 * memory once, whatever it is compared with. A scale that does not suit a column makes equal
 * steps, which take time, and no other result.
 */
export class ScaleSource {
  readonly #memory: KernelMemory;
  /** Where a piece of a column is. */
  readonly #piece: number;
  readonly #bytes: number;
  readonly #scales: Scale[] = [];
  readonly #known = new WeakMap<FloatColumn, Scale>();
  /** Columns that have a scale made of them, or had one that was no better. */
  readonly #tried = new WeakSet<FloatColumn>();

  /** For columns of up to `rows` rows, pieces of which are brought to `piece`. */
  constructor(memory: KernelMemory, rows: number, piece: number) {
    this.#memory = memory;
    this.#piece = piece;
    this.#bytes = memory.code.scaleBytes(rows);
  }

  /** The scale of a column that is compared with another, of `rows` rows. */
  of(column: FloatColumn, other: Operand, rows: number): Scale {
    let scale = this.#known.get(column);
    if (scale?.rows === rows) return scale;
    const range = sampleRange(column, rows);
    scale = this.#scales.find((one) => one.rows === rows && suits(one, range));
    if (scale === undefined && this.#scales.length >= SCALES_MAX) [scale] = this.#scales;
    if (scale === undefined) return this.#make(column, other, rows);
    this.#known.set(column, scale);
    return scale;
  }

  /** A scale made of a column and another, where the one it has makes many equal steps; once for each. */
  betterFor(column: FloatColumn, other: Operand, rows: number): Scale | undefined {
    if (this.#tried.has(column) || this.#scales.length >= SCALES_MAX) return undefined;
    return this.#make(column, other, rows);
  }

  /** Puts a column back on a scale that is as good. */
  keep(column: FloatColumn, scale: Scale): void {
    this.#known.set(column, scale);
  }

  #make(column: FloatColumn, other: Operand, rows: number): Scale {
    const { code } = this.#memory;
    const at = this.#memory.allocate(this.#bytes);
    const range = sampleRange(column, rows);
    code.beginScale(at, rows);
    for (const operand of [column, other]) {
      if (typeof operand === 'number') continue;
      eachPiece(this.#memory, this.#piece, { operand, rows }, (from, count) =>
        code.widenScale(this.#piece, at, from, count),
      );
    }
    code.endScale(at, rows, (range.high - range.low) * RANGE_SHARE_MIN);
    const scale = { ...range, at, rows, columns: new WeakMap(), numbers: new Map() };
    this.#scales.push(scale);
    this.#tried.add(column);
    this.#known.set(column, scale);
    return scale;
  }
}

/** An operand on a scale. */
export function onScale(scale: Scale, operand: Operand): ScaledColumn {
  const { columns, numbers } = scale;
  let scaled = typeof operand === 'number' ? numbers.get(operand) : columns.get(operand);
  if (scaled !== undefined) return scaled;
  scaled = { operand, scale };
  if (typeof operand === 'number') numbers.set(operand, scaled);
  else columns.set(operand, scaled);
  return scaled;
}

/** 16 kB of float64: stays in the first-level cache. */
export const PIECE_ROWS = 2_048;

/** Brings an operand piece by piece to `at`, in whole blocks of 64 rows. */
export function eachPiece(
  memory: KernelMemory,
  at: number,
  { operand, rows }: { operand: Operand; rows: number },
  visit: (from: number, count: number) => void,
): void {
  const piece = memory.float64(at, PIECE_ROWS);
  if (typeof operand === 'number') piece.fill(operand);
  const end = typeof operand === 'number' ? rows : Math.min(rows, operand.length);
  for (let from = 0; from < end; from += PIECE_ROWS) {
    const count = Math.min(PIECE_ROWS, end - from);
    const padded = (count + 63) & ~63;
    if (typeof operand !== 'number') {
      piece.set(operand.subarray(from, from + count));
      piece.fill(operand[from + count - 1] as number, count, padded);
    }
    visit(from, padded);
  }
}

// --- internal ---

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Far more than cards have kinds of columns; then any scale does. */
const SCALES_MAX = 64;
/** Of the range of the whole column, what a block is taken to range over at least. */
const RANGE_SHARE_MIN = 1 / 1_024;
const SAMPLES = 64;
/** How many times the range of a column may be that of a scale, and the other way round. */
const RATIO_MAX = 4;

/** The range of some rows that lie evenly apart. */
function sampleRange(column: FloatColumn, rows: number): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const end = Math.min(rows, column.length);
  const step = Math.max(1, Math.floor(end / SAMPLES));
  for (let row = end - 1; row >= 0; row -= step) {
    const value = column[row] as number;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

function suits(scale: Range, range: Range): boolean {
  const length = scale.high - scale.low;
  const other = range.high - range.low;
  const isNear = range.low <= scale.high && range.high >= scale.low;
  return isNear && other <= RATIO_MAX * length && length <= RATIO_MAX * other;
}
