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

/** Bars on which `bits` begin, and on which they end: `begin` and `leave` of 1 in one pass. */
export function edges(bits: usize, begins: usize, ends: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const now = v128.load(bits + i);
    const before = earlier(bits + i, 1);
    v128.store(begins + i, v128.andnot(now, before));
    v128.store(ends + i, v128.andnot(before, now));
  }
  clearBelow(begins, bytes, 1);
  clearBelow(ends, bytes, 1);
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
