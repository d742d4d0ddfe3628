/**
 * Bitsets over bars: bar i is bit i & 63 of the 64-bit word i >> 6; the bits beyond the rows mean
 * nothing, so every reader bounds its search. Address 0 stands for no bit at all.
 */

/** First set bit in `[from, end)`, else `end`. */
export function nextBit(bits: usize, from: i32, end: i32): i32 {
  if (bits == 0 || from >= end) return end;
  let at = bits + ((from >>> 6) << 3);
  let word = load<u64>(at) & (<u64>-1 << (from & 63));
  const last = bits + (((end - 1) >>> 6) << 3);
  while (word == 0) {
    if (at == last) return end;
    at += 8;
    word = load<u64>(at);
  }
  return min(<i32>((at - bits) << 3) + <i32>ctz(word), end);
}

// @ts-ignore: decorator
@inline
export function isSet(bits: usize, bar: i32): bool {
  return bits != 0 && ((load<u32>(bits + ((bar >>> 5) << 2)) >>> (bar & 31)) & 1) == 1;
}

/** out = a AND b, over `bytes`, a multiple of 16. */
export function intersect(a: usize, b: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.and(v128.load(a + i), v128.load(b + i)));
  }
}

/** out = a OR b. */
export function unite(a: usize, b: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.or(v128.load(a + i), v128.load(b + i)));
  }
}

/** out = a AND NOT b. */
export function subtract(a: usize, b: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.andnot(v128.load(a + i), v128.load(b + i)));
  }
}

/** out = NOT a. */
export function invert(a: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.not(v128.load(a + i)));
  }
}

/**
 * Bars that are in `now`, and `reach` bars earlier in `before`. Earlier bars than the first are no
 * bars, so none of the first `reach` is in the result.
 */
export function follow(now: usize, before: usize, out: usize, bytes: usize, reach: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.and(v128.load(now + i), earlier(before + i, reach)));
  }
  clearBelow(out, bytes, reach);
}

/** Bars that are in `bits`, and were not `reach` bars earlier. */
export function begin(bits: usize, out: usize, bytes: usize, reach: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.andnot(v128.load(bits + i), earlier(bits + i, reach)));
  }
  clearBelow(out, bytes, reach);
}

/** Bars that are not in `bits`, and were `reach` bars earlier. */
export function leave(bits: usize, out: usize, bytes: usize, reach: i32): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, v128.andnot(earlier(bits + i, reach), v128.load(bits + i)));
  }
  clearBelow(out, bytes, reach);
}

/** Clears the bits below `from`. */
export function clearBelow(bits: usize, bytes: usize, from: i32): void {
  const whole = min(bytes, <usize>((from >>> 6) << 3));
  memory.fill(bits, 0, whole);
  if (whole < bytes) store<u64>(bits + whole, load<u64>(bits + whole) & (<u64>-1 << (from & 63)));
}

/**
 * Bits by row of a higher timeframe, laid out per exec bar of `[from, end)` through the row that is
 * visible at its close (−1 for none).
 */
export function spread(rows: usize, visible: usize, out: usize, from: i32, end: i32): void {
  for (let bar = from; bar < end; bar++) {
    const row = load<i32>(visible + 4 * bar);
    if (row < 0 || !isSet(rows, row)) continue;
    const at = out + ((bar >>> 6) << 3);
    store<u64>(at, load<u64>(at) | (<u64>1 << (bar & 63)));
  }
}

/** Blocks of 16 bars of every float32 column; its values are followed by the least and the most of each. */
let columnBlocks: usize = 0;
/** Where the blocks of a comparison that their bounds leave open are noted, a bit each. */
let openBlocks: usize = 0;

/** Bytes of a float32 column of `rows` bars, in whole vectors of bits. */
export function columnBytes(rows: i32): usize {
  return 72 * (((rows + 127) >>> 7) << 3);
}

/** For columns of `rows` bars; `at` has room for a bit a block, and 8 bytes more. */
export function openColumns(at: usize, rows: i32): void {
  openBlocks = at;
  columnBlocks = <usize>(((rows + 127) >>> 7) << 3);
}

/**
 * Compares two float32 columns of `words` times 32 bars: a bit a bar for above and for not below, and
 * the list of the blocks of 16 bars in which some are equal in float32, for the caller to settle in
 * float64. No value compares false. Returns the list's length.
 *
 * Blocks that lie apart are known by their bounds, most of them for columns that cross now and then:
 * half of what would be read is not, which counts where columns come from memory. Whole vectors of
 * bits are written.
 */
export function compare(
  a: usize,
  b: usize,
  words: i32,
  above: usize,
  notBelow: usize,
  ties: usize,
): i32 {
  boundBlocks(a, b, words, above, notBelow);
  let tie = ties;
  const end = <usize>((words + 31) >>> 5);
  for (let n: usize = 0; n < end; n++) {
    let rest = load<u64>(openBlocks + 8 * n);
    while (rest != 0) {
      const block = (n << 6) + <usize>ctz(rest);
      rest &= rest - 1;
      const at = block << 6;
      const gt = isAbove(a + at, b + at);
      const ge = isNotBelow(a + at, b + at);
      store<u16>(above + (block << 1), <u16>gt);
      store<u16>(notBelow + (block << 1), <u16>ge);
      store<u32>(tie, <u32>block);
      tie += gt != ge ? 4 : 0;
    }
  }
  return <i32>((tie - ties) >>> 2);
}

/**
 * Rounds `count` numbers at `from` to float32 rows of a column from `row` on, both multiples of 64,
 * and finds the bounds of their blocks; one past the last of them that is no finite float32, 0
 * where all are.
 */
export function narrow(from: usize, column: usize, row: i32, count: i32): i32 {
  const least = column + 64 * columnBlocks;
  const most = least + 4 * columnBlocks;
  let last = 0;
  for (let i = 0; i < count; i += 64) {
    const at = column + 4 * (row + i);
    const block = <usize>((row + i) >>> 4) << 2;
    const source = from + 8 * i;
    let isFinite = narrowBlock(source, at);
    isFinite = narrowBlock(source + 128, at + 64) && isFinite;
    isFinite = narrowBlock(source + 256, at + 128) && isFinite;
    isFinite = narrowBlock(source + 384, at + 192) && isFinite;
    const low = leastOfLanes(lowOf(at), lowOf(at + 64), lowOf(at + 128), lowOf(at + 192));
    const high = leastOfLanes(
      f32x4.neg(highOf(at)),
      f32x4.neg(highOf(at + 64)),
      f32x4.neg(highOf(at + 128)),
      f32x4.neg(highOf(at + 192)),
    );
    v128.store(least + block, low);
    v128.store(most + block, f32x4.neg(high));
    if (!isFinite) last = i + openBlanks(at, least + block, most + block);
  }
  return last;
}

// --- internal ---

/** The bits that lie `reach` before those of the vector at `at`; what precedes a bitset means nothing. */
// @ts-ignore: decorator
@inline
function earlier(at: usize, reach: i32): v128 {
  const shift = reach & 63;
  const from = at - ((reach >>> 6) << 3);
  const here = i64x2.shl(v128.load(from), shift);
  // Two shifts, because a shift by 64 is one by 0.
  const carried = i64x2.shr_u(i64x2.shr_u(v128.load(from - 8), 63 - shift), 1);
  return v128.or(here, carried);
}

/** Rounds 16 numbers; whether all are finite then: what differs from 0 when multiplied by 0 is not. */
// @ts-ignore: decorator
@inline
function narrowBlock(from: usize, into: usize): bool {
  const zero = f32x4.splat(0);
  const a = narrowFour(from);
  const b = narrowFour(from + 32);
  const c = narrowFour(from + 64);
  const d = narrowFour(from + 96);
  v128.store(into, a);
  v128.store(into, b, 16);
  v128.store(into, c, 32);
  v128.store(into, d, 48);
  const products = f32x4.add(
    f32x4.add(f32x4.mul(a, zero), f32x4.mul(b, zero)),
    f32x4.add(f32x4.mul(c, zero), f32x4.mul(d, zero)),
  );
  return i32x4.all_true(f32x4.eq(products, zero));
}

// @ts-ignore: decorator
@inline
function narrowFour(from: usize): v128 {
  const low = f32x4.demote_f64x2_zero(v128.load(from));
  const high = f32x4.demote_f64x2_zero(v128.load(from, 16));
  return v128.shuffle<f32>(low, high, 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function lowOf(block: usize): v128 {
  return f32x4.pmin(
    f32x4.pmin(v128.load(block), v128.load(block, 16)),
    f32x4.pmin(v128.load(block, 32), v128.load(block, 48)),
  );
}

// @ts-ignore: decorator
@inline
function highOf(block: usize): v128 {
  return f32x4.pmax(
    f32x4.pmax(v128.load(block), v128.load(block, 16)),
    f32x4.pmax(v128.load(block, 32), v128.load(block, 48)),
  );
}

/** The least of each of four vectors, a lane for each. */
// @ts-ignore: decorator
@inline
function leastOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.pmin(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.pmin(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.pmin(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/**
 * Takes the bounds of those of four blocks that lack a value, so that they decide nothing; one past
 * the last row without one.
 */
function openBlanks(values: usize, least: usize, most: usize): i32 {
  let last = 0;
  for (let n = 0; n < 64; n++) {
    const value = load<f32>(values + 4 * n);
    if (isFinite<f32>(value)) continue;
    last = n + 1;
    store<f32>(least + ((n >>> 4) << 2), -Infinity);
    store<f32>(most + ((n >>> 4) << 2), Infinity);
  }
  return last;
}

/** Writes what the bounds of blocks decide, and which blocks they do not, a bit each. */
function boundBlocks(a: usize, b: usize, words: i32, above: usize, notBelow: usize): void {
  const leastA = a + 64 * columnBlocks;
  const leastB = b + 64 * columnBlocks;
  const mostA = leastA + 4 * columnBlocks;
  const mostB = leastB + 4 * columnBlocks;
  const end = <usize>(2 * words);
  store<u64>(openBlocks + ((end >>> 6) << 3), 0);
  for (let n: usize = 0; n < end; n += 8) {
    const at = n << 2;
    const above0 = f32x4.gt(v128.load(leastA + at), v128.load(mostB + at));
    const above1 = f32x4.gt(v128.load(leastA + at, 16), v128.load(mostB + at, 16));
    const below0 = f32x4.lt(v128.load(mostA + at), v128.load(leastB + at));
    const below1 = f32x4.lt(v128.load(mostA + at, 16), v128.load(leastB + at, 16));
    // A lane of 16 bits is a block's bars.
    const bits = i16x8.narrow_i32x4_s(above0, above1);
    v128.store(above + 2 * n, bits);
    v128.store(notBelow + 2 * n, bits);
    const known = v128.or(bits, i16x8.narrow_i32x4_s(below0, below1));
    store<u8>(openBlocks + (n >>> 3), ~i8x16.bitmask(i8x16.narrow_i16x8_s(known, known)));
  }
}

// @ts-ignore: decorator
@inline
function isAbove(a: usize, b: usize): u32 {
  return signs(
    f32x4.gt(v128.load(a), v128.load(b)),
    f32x4.gt(v128.load(a, 16), v128.load(b, 16)),
    f32x4.gt(v128.load(a, 32), v128.load(b, 32)),
    f32x4.gt(v128.load(a, 48), v128.load(b, 48)),
  );
}

// @ts-ignore: decorator
@inline
function isNotBelow(a: usize, b: usize): u32 {
  return signs(
    f32x4.ge(v128.load(a), v128.load(b)),
    f32x4.ge(v128.load(a, 16), v128.load(b, 16)),
    f32x4.ge(v128.load(a, 32), v128.load(b, 32)),
    f32x4.ge(v128.load(a, 48), v128.load(b, 48)),
  );
}

/** A bit for each of sixteen bars. */
// @ts-ignore: decorator
@inline
function signs(a: v128, b: v128, c: v128, d: v128): u32 {
  return i8x16.bitmask(
    i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)),
  );
}
