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
  const shift = reach & 63;
  const words = <usize>((reach >>> 6) << 3);
  let carried: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const earlier = i < words ? <u64>0 : load<u64>(before + i - words);
    const shifted = (earlier << shift) | (shift == 0 ? <u64>0 : carried >>> (64 - shift));
    store<u64>(out + i, load<u64>(now + i) & shifted);
    carried = earlier;
  }
}

/** As `follow`, with the bars of `before` that are not set. */
export function followNot(now: usize, before: usize, out: usize, bytes: usize, reach: i32): void {
  const shift = reach & 63;
  const words = <usize>((reach >>> 6) << 3);
  let carried: u64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) {
    const earlier = i < words ? <u64>0 : ~load<u64>(before + i - words);
    const shifted = (earlier << shift) | (shift == 0 ? <u64>0 : carried >>> (64 - shift));
    store<u64>(out + i, load<u64>(now + i) & shifted);
    carried = earlier;
  }
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
 * Compares two float32 columns, 64 bars a step: a bit a bar for above and for not below, and the
 * list of the 64-bit words in which some bars are equal in float32, for the caller to settle in
 * float64. Columns are multiples of 64 bars long; no value compares false. Returns the list's length.
 */
export function compare(
  a: usize,
  b: usize,
  words: i32,
  above: usize,
  notBelow: usize,
  ties: usize,
): i32 {
  let count = 0;
  for (let w = 0; w < words; w++) {
    const gt = aboveWord(a, b) | (aboveWord(a + 128, b + 128) << 32);
    const ge = notBelowWord(a, b) | (notBelowWord(a + 128, b + 128) << 32);
    store<u64>(above + 8 * w, gt);
    store<u64>(notBelow + 8 * w, ge);
    store<i32>(ties + 4 * count, w);
    count += i32(gt != ge);
    a += 256;
    b += 256;
  }
  return count;
}

/** One past the last bar of a float32 column without a value, 0 where all have one. */
export function firstWhole(column: usize, rows: i32): i32 {
  for (let bar = rows - 1; bar >= 0; bar--) {
    const value = load<f32>(column + 4 * bar);
    if (value != value) return bar + 1;
  }
  return 0;
}

// --- internal ---

// @ts-ignore: decorator
@inline
function aboveWord(a: usize, b: usize): u64 {
  const low = i8x16.bitmask(
    i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(
        f32x4.gt(v128.load(a), v128.load(b)),
        f32x4.gt(v128.load(a, 16), v128.load(b, 16)),
      ),
      i16x8.narrow_i32x4_s(
        f32x4.gt(v128.load(a, 32), v128.load(b, 32)),
        f32x4.gt(v128.load(a, 48), v128.load(b, 48)),
      ),
    ),
  );
  const high = i8x16.bitmask(
    i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(
        f32x4.gt(v128.load(a, 64), v128.load(b, 64)),
        f32x4.gt(v128.load(a, 80), v128.load(b, 80)),
      ),
      i16x8.narrow_i32x4_s(
        f32x4.gt(v128.load(a, 96), v128.load(b, 96)),
        f32x4.gt(v128.load(a, 112), v128.load(b, 112)),
      ),
    ),
  );
  return <u64>(<u32>low | (<u32>high << 16));
}

// @ts-ignore: decorator
@inline
function notBelowWord(a: usize, b: usize): u64 {
  const low = i8x16.bitmask(
    i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(
        f32x4.ge(v128.load(a), v128.load(b)),
        f32x4.ge(v128.load(a, 16), v128.load(b, 16)),
      ),
      i16x8.narrow_i32x4_s(
        f32x4.ge(v128.load(a, 32), v128.load(b, 32)),
        f32x4.ge(v128.load(a, 48), v128.load(b, 48)),
      ),
    ),
  );
  const high = i8x16.bitmask(
    i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(
        f32x4.ge(v128.load(a, 64), v128.load(b, 64)),
        f32x4.ge(v128.load(a, 80), v128.load(b, 80)),
      ),
      i16x8.narrow_i32x4_s(
        f32x4.ge(v128.load(a, 96), v128.load(b, 96)),
        f32x4.ge(v128.load(a, 112), v128.load(b, 112)),
      ),
    ),
  );
  return <u64>(<u32>low | (<u32>high << 16));
}
