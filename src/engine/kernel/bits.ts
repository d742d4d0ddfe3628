import type { FloatColumn } from '../../feed/feed-store.ts';

/**
 * Bitsets over bars: bar i is bit i & 31 of word i >> 5. Whole words are computed with, so bits
 * beyond the rows mean nothing and every reader bounds its search.
 */
export type Bits = Int32Array;

/** Words that hold `rows` bits. */
export function wordsOf(rows: number): number {
  return (rows + 31) >>> 5;
}

/** First set bit in `[from, end)`, or `end`. */
export function nextBit(bits: Bits, from: number, end: number): number {
  if (from >= end) return end;
  let w = from >>> 5;
  let word = (bits[w] as number) & (-1 << (from & 31));
  const last = (end - 1) >>> 5;
  while (word === 0) {
    if (w === last) return end;
    w += 1;
    word = bits[w] as number;
  }
  const bar = (w << 5) + 31 - Math.clz32(word & -word);
  return bar < end ? bar : end;
}

/** As `nextBit`; undefined stands for no bit at all. */
export function nextOf(bits: Bits | undefined, from: number, end: number): number {
  return bits === undefined ? end : nextBit(bits, from, end);
}

export function isSet(bits: Bits | undefined, bar: number): boolean {
  return bits !== undefined && (((bits[bar >>> 5] as number) >>> (bar & 31)) & 1) === 1;
}

/** Where two columns stand to each other, bar by bar; all clear where either has no value. */
export interface PairBits {
  readonly gt: Bits;
  readonly lt: Bits;
  readonly eq: Bits;
}

/** The plain comparison of two columns: 1 ns a bar. */
export function compareColumns(
  a: FloatColumn,
  b: FloatColumn,
  rows: number,
  { gt, lt, eq }: PairBits,
): void {
  for (let w = 0; w << 5 < rows; w++) {
    const from = w << 5;
    const to = Math.min(rows, from + 32);
    let above = 0;
    let below = 0;
    let equal = 0;
    for (let i = from; i < to; i++) {
      const x = a[i] as number;
      const y = b[i] as number;
      const bit = 1 << (i & 31);
      if (x > y) above |= bit;
      else if (x < y) below |= bit;
      else if (x === y) equal |= bit;
    }
    gt[w] = above;
    lt[w] = below;
    eq[w] = equal;
  }
}

/** The comparison of a column with one number. */
export function compareLiteral(
  a: FloatColumn,
  y: number,
  rows: number,
  { gt, lt, eq }: PairBits,
): void {
  for (let w = 0; w << 5 < rows; w++) {
    const from = w << 5;
    const to = Math.min(rows, from + 32);
    let above = 0;
    let below = 0;
    let equal = 0;
    for (let i = from; i < to; i++) {
      const x = a[i] as number;
      const bit = 1 << (i & 31);
      if (x > y) above |= bit;
      else if (x < y) below |= bit;
      else if (x === y) equal |= bit;
    }
    gt[w] = above;
    lt[w] = below;
    eq[w] = equal;
  }
}

/** Bars where two operands differ by less than `epsilon`; `b` is a column or one number. */
export function nearBits(
  a: FloatColumn,
  b: FloatColumn | number,
  epsilon: number,
  { rows, out }: { readonly rows: number; readonly out: Bits },
): void {
  for (let w = 0; w << 5 < rows; w++) {
    const from = w << 5;
    const to = Math.min(rows, from + 32);
    let word = 0;
    for (let i = from; i < to; i++) {
      const y = typeof b === 'number' ? b : (b[i] as number);
      if (Math.abs((a[i] as number) - y) < epsilon) word |= 1 << (i & 31);
    }
    out[w] = word;
  }
}

/**
 * The cross of `bars` back: `now` at a bar, and `before` or `equal` that many bars earlier. Earlier
 * bars than the first are no bars, so nothing crosses there.
 */
export function crossBits(
  now: Bits,
  { before, equal, out }: { readonly before: Bits; readonly equal: Bits; readonly out: Bits },
  bars: number,
): void {
  const words = bars >>> 5;
  const shift = bars & 31;
  for (let w = 0; w < out.length; w++) {
    const i = w - words;
    const here = i < 0 ? 0 : ((before[i] as number) | (equal[i] as number)) << shift;
    const carried =
      i < 1 || shift === 0
        ? 0
        : ((before[i - 1] as number) | (equal[i - 1] as number)) >>> (32 - shift);
    out[w] = (now[w] as number) & (here | carried);
  }
}

/** Clears the bits below `from`. */
export function clearBelow(bits: Bits, from: number): void {
  const w = Math.min(bits.length, from >>> 5);
  bits.fill(0, 0, w);
  if (w < bits.length) bits[w] = (bits[w] as number) & (-1 << (from & 31));
}

/** Bits by row of a higher timeframe, laid out per exec bar through the row visible at its close. */
export function spreadBits(
  rows: Bits,
  visible: Int32Array,
  { from, end, out }: { readonly from: number; readonly end: number; readonly out: Bits },
): void {
  out.fill(0);
  for (let i = from; i < end; i++) {
    const row = visible[i] as number;
    if (row < 0) continue;
    const bit = ((rows[row >>> 5] as number) >>> (row & 31)) & 1;
    out[i >>> 5] = (out[i >>> 5] as number) | (bit << (i & 31));
  }
}
