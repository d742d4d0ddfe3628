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

/**
 * Compares two float32 columns, 32 bars a step: a bit a bar for above and for not below, and the
 * list of the 32-bit words in which some bars are equal in float32, for the caller to settle in
 * float64. Columns are multiples of 32 bars long; no value compares false. Returns the list's length.
 */
export function compare(
  a: usize,
  b: usize,
  words: i32,
  above: usize,
  notBelow: usize,
  ties: usize,
): i32 {
  let tie = ties;
  for (let w = 0; w < words; w++) {
    const both = compareHalf(a, b) | (compareHalf(a + 64, b + 64) << 16);
    const gt = <u32>both;
    const ge = <u32>(both >>> 32);
    store<u32>(above, gt);
    store<u32>(notBelow, ge);
    store<i32>(tie, w);
    tie += gt != ge ? 4 : 0;
    a += 128;
    b += 128;
    above += 4;
    notBelow += 4;
  }
  return <i32>((tie - ties) >>> 2);
}

/**
 * Rounds `count` numbers at `from`, a multiple of 4, to float32 at `into`; one past the last that
 * is no finite float32, 0 where all are.
 */
export function narrow(from: usize, into: usize, count: i32): i32 {
  const zero = f32x4.splat(0);
  let last = 0;
  for (let i = 0; i < count; i += 4) {
    const low = f32x4.demote_f64x2_zero(v128.load(from + 8 * i));
    const high = f32x4.demote_f64x2_zero(v128.load(from + 8 * i, 16));
    const four = v128.shuffle<f32>(low, high, 0, 1, 4, 5);
    v128.store(into + 4 * i, four);
    // Nothing but what has no value, and infinity, differs from 0 when multiplied by 0.
    const isFinite = f32x4.eq(f32x4.mul(four, zero), zero);
    if (!i32x4.all_true(isFinite)) last = i + 4;
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

/** Sixteen bars: above in the low half, not below in the high one. Each operand is loaded once. */
// @ts-ignore: decorator
@inline
function compareHalf(a: usize, b: usize): u64 {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const b0 = v128.load(b);
  const b1 = v128.load(b, 16);
  const b2 = v128.load(b, 32);
  const b3 = v128.load(b, 48);
  const gt = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(f32x4.gt(a0, b0), f32x4.gt(a1, b1)),
    i16x8.narrow_i32x4_s(f32x4.gt(a2, b2), f32x4.gt(a3, b3)),
  );
  const ge = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(f32x4.ge(a0, b0), f32x4.ge(a1, b1)),
    i16x8.narrow_i32x4_s(f32x4.ge(a2, b2), f32x4.ge(a3, b3)),
  );
  return <u64>(<u32>i8x16.bitmask(gt)) | (<u64>(<u32>i8x16.bitmask(ge)) << 32);
}
