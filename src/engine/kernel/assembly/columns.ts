/**
 * Columns in steps of 16 bits, by which two of them are compared: half the bytes of float32, and eight bars
 * an operation. A scale says for each block of 64 rows which value lies in the middle and how many steps
 * a unit has. Whatever it says, larger values never have lower steps, as each rounded operation is
 * monotone; so different steps decide, and only equal ones have to be looked at again in float64.
 */
const BLOCK: i32 = 64;
const BLOCK_SHIFT: i32 = 6;

/** Of the steps of a block, the part that the range of the scale's own columns takes. */
const SHARE: f64 = 1.0 / 4;
const STEPS: f64 = 65_534;
/** The step of a row without a value, below all others. */
const BLANK: i16 = -32_768;

/** Bytes from a column to its steps; before them stand the least and the most of each 16 rows, 8 by 8. */
let boundBytes: usize = 0;
/** Where the blocks of 16 rows that their bounds leave open are noted, a bit each. */
let openBlocks: usize = 0;

/** Bytes of a column of `rows`, in whole vectors of bits. */
export function columnBytes(rows: i32): usize {
  return 288 * <usize>((rows + 127) >>> 7);
}

/** For columns of `rows`; `at` has room for a bit for each of their blocks of 16 rows, in whole words of 64. */
export function openColumns(at: usize, rows: i32): void {
  openBlocks = at;
  boundBytes = 32 * <usize>((rows + 127) >>> 7);
}

/** Bytes of a scale for columns of `rows`. */
export function scaleBytes(rows: i32): usize {
  return <usize>(((rows + BLOCK - 1) >>> BLOCK_SHIFT) << 4);
}

/** Begins a scale of `rows`, of no column yet. */
export function beginScale(scale: usize, rows: i32): void {
  for (let at = scale; at < scale + scaleBytes(rows); at += 16) {
    store<f64>(at, Infinity);
    store<f64>(at, -Infinity, 8);
  }
}

/** Widens a scale from `row` on by `count` numbers at `from`, both multiples of 64. */
export function widenScale(from: usize, scale: usize, row: i32, count: i32): void {
  for (let i = 0; i < count; i += BLOCK) {
    const source = from + 8 * i;
    const at = scale + (<usize>((row + i) >>> BLOCK_SHIFT) << 4);
    let least = v128.load64_splat(at);
    let most = v128.load64_splat(at, 8);
    for (let n = 0; n < 8 * BLOCK; n += 16) {
      const values = v128.load(source + n);
      least = f64x2.pmin(least, values);
      most = f64x2.pmax(most, values);
    }
    store<f64>(at, min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1)));
    store<f64>(at, max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)), 8);
  }
}

/** Ends a scale of `rows`; a block in which its columns range over less than `rangeMin` is taken to range over that. */
export function endScale(scale: usize, rows: i32, rangeMin: f64): void {
  for (let at = scale; at < scale + scaleBytes(rows); at += 16) {
    const low = load<f64>(at);
    const high = load<f64>(at, 8);
    const middle = low / 2 + high / 2;
    const rate = (STEPS * SHARE) / max(high - low, rangeMin);
    store<f64>(at, isFinite<f64>(middle) ? middle : 0);
    store<f64>(at, isFinite<f64>(rate) ? rate : 1, 8);
  }
}

/**
 * Writes `count` numbers at `from` as steps to a column from `row` on, both multiples of 64; one past the last
 * of them that is no number, 0 where all are.
 */
export function quantize(from: usize, column: usize, scale: usize, row: i32, count: i32): i32 {
  let last = 0;
  for (let i = 0; i < count; i += BLOCK) {
    const source = from + 8 * i;
    const into = column + boundBytes + 2 * (row + i);
    const at = scale + (<usize>((row + i) >>> BLOCK_SHIFT) << 4);
    const origin = v128.load64_splat(at);
    const rate = v128.load64_splat(at, 8);
    let isNumber = i64x2.splat(-1);
    for (let n: usize = 0; n < <usize>BLOCK; n += 8) {
      const a = v128.load(source + 8 * n);
      const b = v128.load(source + 8 * n, 16);
      const c = v128.load(source + 8 * n, 32);
      const d = v128.load(source + 8 * n, 48);
      const low = stepsOf(a, b, origin, rate);
      const high = stepsOf(c, d, origin, rate);
      v128.store(into + 2 * n, i16x8.max_s(i16x8.narrow_i32x4_s(low, high), i16x8.splat(BLANK + 1)));
      const first = v128.and(f64x2.eq(a, a), f64x2.eq(b, b));
      const second = v128.and(f64x2.eq(c, c), f64x2.eq(d, d));
      isNumber = v128.and(isNumber, v128.and(first, second));
    }
    if (!i64x2.all_true(isNumber)) last = i + leaveBlank(source, into);
    boundFour(into, column + 32 * <usize>((row + i) >>> 7) + (((row + i) >>> 3) & 8));
  }
  return last;
}

/**
 * Compares the first `rows` rows of two columns of one scale: a bit a row for above and, of each block of
 * 16 rows in which some steps are equal, its number and their bits, 8 bytes, for the caller to settle in
 * float64. Rows without a value mean nothing here. Returns how many such blocks there are.
 *
 * Blocks that lie apart are known by their bounds, most of them for columns that cross now and then.
 * Whole vectors of bits are written.
 */
export function compare(
  a: usize,
  b: usize,
  rows: i32,
  above: usize,
  ties: usize,
): i32 {
  const vectors = <usize>((rows + 127) >>> 7);
  boundBlocks(a, b, vectors, above);
  let tie = ties;
  for (let n: usize = 0; n < vectors; n += 8) {
    let rest = load<u64>(openBlocks + n);
    while (rest != 0) {
      const block = (n << 3) + <usize>ctz(rest);
      rest &= rest - 1;
      const at = boundBytes + (block << 5);
      const signs = differences(a + at, b + at);
      const equal = i8x16.bitmask(i8x16.eq(signs, i8x16.splat(0)));
      store<u16>(above + (block << 1), <u16>i8x16.bitmask(signs));
      store<u64>(tie, (<u64>equal << 32) | <u64>block);
      tie += <usize>i32(equal != 0) << 3;
    }
  }
  return <i32>((tie - ties) >>> 3);
}

/** Clears the bits of rows in which one of two columns has no value. */
export function clearBlanks(a: usize, b: usize, rows: i32, bits: usize): void {
  for (let n: usize = 0; n < <usize>rows; n += 16) {
    const at = boundBytes + 2 * n;
    const blank = i8x16.bitmask(v128.or(isBlank(a + at), isBlank(b + at)));
    const word = n >>> 3;
    store<u16>(bits + word, load<u16>(bits + word) & <u16>~blank);
  }
}

// --- internal ---

/** Four numbers in steps of 32 bits, 0 for no number. */
// @ts-ignore: decorator
@inline
function stepsOf(a: v128, b: v128, origin: v128, rate: v128): v128 {
  const first = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.sub(a, origin), rate));
  const second = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.sub(b, origin), rate));
  return i32x4.trunc_sat_f32x4_s(v128.shuffle<f32>(first, second, 0, 1, 4, 5));
}

/** Marks those of 64 numbers that are none; one past the last of them. */
function leaveBlank(source: usize, into: usize): i32 {
  let last = 0;
  for (let n = 0; n < BLOCK; n++) {
    const value = load<f64>(source + 8 * n);
    if (value == value) continue;
    store<i16>(into + 2 * n, BLANK);
    last = n + 1;
  }
  return last;
}

/** Of sixteen rows the second number less the first, in bytes that have its sign, and are 0 where it is. */
// @ts-ignore: decorator
@inline
function differences(a: usize, b: usize): v128 {
  return i8x16.narrow_i16x8_s(
    i16x8.sub_sat_s(v128.load(b), v128.load(a)),
    i16x8.sub_sat_s(v128.load(b, 16), v128.load(a, 16)),
  );
}

// @ts-ignore: decorator
@inline
function isBlank(at: usize): v128 {
  const blank = i16x8.splat(BLANK);
  return i8x16.narrow_i16x8_s(
    i16x8.eq(v128.load(at), blank),
    i16x8.eq(v128.load(at, 16), blank),
  );
}

/** Writes the least and the most of each of the four blocks at `steps`. */
// @ts-ignore: decorator
@inline
function boundFour(steps: usize, bounds: usize): void {
  for (let n: usize = 0; n < 4; n++) {
    const a = v128.load(steps + 32 * n);
    const b = v128.load(steps + 32 * n, 16);
    store<i16>(bounds + 2 * n, leastOf(i16x8.min_s(a, b)));
    store<i16>(bounds + 2 * n, ~leastOf(v128.not(i16x8.max_s(a, b))), 16);
  }
}

// @ts-ignore: decorator
@inline
function leastOf(steps: v128): i16 {
  const four = i16x8.min_s(steps, v128.shuffle<u16>(steps, steps, 4, 5, 6, 7, 0, 1, 2, 3));
  const two = i16x8.min_s(four, v128.shuffle<u16>(four, four, 2, 3, 0, 1, 6, 7, 4, 5));
  return min(i16x8.extract_lane_s(two, 0), i16x8.extract_lane_s(two, 1));
}

/** Writes what the bounds of blocks decide, and which blocks they do not, a bit each. */
function boundBlocks(a: usize, b: usize, vectors: usize, above: usize): void {
  store<u64>(openBlocks + (vectors & ~7), 0);
  for (let n: usize = 0; n < vectors; n++) {
    const at = n << 5;
    // A lane is a block of both a column's bounds and of a bitset.
    const isAbove = i16x8.gt_s(v128.load(a + at), v128.load(b + at, 16));
    const isBelow = i16x8.lt_s(v128.load(a + at, 16), v128.load(b + at));
    v128.store(above + (n << 4), isAbove);
    const known = v128.or(isAbove, isBelow);
    store<u8>(openBlocks + n, ~i8x16.bitmask(i8x16.narrow_i16x8_s(known, known)));
  }
}
