/**
 * What the points of a sweep share about one exec feed and window: extremes of low, high and close,
 * so that those of any range of bars cost four loads. Highs and largest closes are kept negated,
 * which is exact: every extreme is then a minimum, two to a vector.
 *
 * - bars: 32 bytes a bar, [low, −high] [close, −close].
 * - records: 80 bytes a bar, one more than bars: [open, close before], the extremes from the bar to
 *   the end of its block of 32, and those from the start of the last bar's block to the last bar.
 *   An entry at a bar's open reads the first half, an exit the second.
 * - spans: level k holds, per block, the extremes of the 2^k blocks from it on (a sparse table).
 */
export const RECORD: usize = 80;
const OPEN: usize = 0;
const LAST_CLOSE: usize = 8;
const SUFFIX: usize = 16;
const PREFIX: usize = 48;
const BLOCK_SHIFT: i32 = 5;
const IN_BLOCK: i32 = 31;

export let startBar: i32 = 0;
export let endBar: i32 = 0;
export let dayBars: usize = 0;
export let days: i32 = 0;
let bars: usize = 0;
let records: usize = 0;
let spans: usize = 0;
let spanBytes: usize = 0;

/** Bytes that a market of `rows` bars takes from `at` on, bars first; the caller fills those. */
export function marketBytes(rows: i32): usize {
  const blocks = blocksOf(rows);
  return 32 * rows + RECORD * (rows + 1) + 32 * blocks * levelsOf(blocks);
}

/** Builds records and spans over `end` bars that lie at `at`; opens are read at `opens`. */
export function openMarket(at: usize, opens: usize, start: i32, end: i32): void {
  bars = at;
  startBar = start;
  endBar = end;
  records = bars + 32 * end;
  spans = records + RECORD * (end + 1);
  spanBytes = 32 * blocksOf(end);
  fillPrices(opens);
  fillPrefixes();
  fillSuffixes();
  fillSpans();
}

/** The row that each daily sample reads, −1 before the first bar, and at the end a row beyond all. */
export function openDays(at: usize, count: i32): void {
  dayBars = at;
  days = count;
}

// @ts-ignore: decorator
@inline
export function openAt(bar: i32): f64 {
  return load<f64>(records + RECORD * bar + OPEN);
}

/** Close of the bar before `bar`. */
// @ts-ignore: decorator
@inline
export function closeBefore(bar: i32): f64 {
  return load<f64>(records + RECORD * bar + LAST_CLOSE);
}

// @ts-ignore: decorator
@inline
export function closeAt(bar: i32): f64 {
  return load<f64>(bars + 32 * bar + 16);
}

// @ts-ignore: decorator
@inline
export function lowAt(bar: i32): f64 {
  return load<f64>(bars + 32 * bar);
}

// @ts-ignore: decorator
@inline
export function highAt(bar: i32): f64 {
  return -load<f64>(bars + 32 * bar + 8);
}

/** Extremes of the closes of the block of 32 bars that `bar` is the first of. */
// @ts-ignore: decorator
@inline
export function blockCloses(bar: i32): v128 {
  return v128.load(spans + 32 * (bar >>> BLOCK_SHIFT), 16);
}

/** Reads the lines of the record that an entry at `bar` needs. */
// @ts-ignore: decorator
@inline
export function touchEntry(bar: i32): i64 {
  const at = records + RECORD * bar;
  return load<i64>(at) + load<i64>(at, 40);
}

/** Reads the lines of the record that an exit at `bar` needs. */
// @ts-ignore: decorator
@inline
export function touchExit(bar: i32): i64 {
  const at = records + RECORD * bar;
  return load<i64>(at) + load<i64>(at, 72);
}

/**
 * Measures `[from, end)`, at least one bar: [lowest low, −highest high] and [lowest close, −highest
 * close] are written to `into`.
 */
export function measure(into: usize, from: i32, end: i32): void {
  const first = from >>> BLOCK_SHIFT;
  const last = (end - 1) >>> BLOCK_SHIFT;
  if (first == last) {
    measureBars(into, from, end);
    return;
  }
  const a = records + RECORD * from;
  const b = records + RECORD * end;
  let levels = f64x2.pmin(v128.load(a, SUFFIX), v128.load(b, PREFIX));
  let prices = f64x2.pmin(v128.load(a, SUFFIX + 16), v128.load(b, PREFIX + 16));
  const between = last - first - 1;
  if (between > 0) {
    const level = 31 - clz(between);
    const table = spans + spanBytes * level;
    const left = table + 32 * (first + 1);
    const right = table + 32 * (last - (1 << level));
    levels = f64x2.pmin(levels, f64x2.pmin(v128.load(left), v128.load(right)));
    prices = f64x2.pmin(prices, f64x2.pmin(v128.load(left, 16), v128.load(right, 16)));
  }
  v128.store(into, levels);
  v128.store(into, prices, 16);
}

/**
 * First bar in `[from, end)` whose low or negated high is at or below its level, else `end`: the
 * rest of the first block, then spans that double while they do not touch and halve where they do.
 */
export function firstTouch(from: i32, end: i32, levels: v128): i32 {
  const blockEnd = min((from | IN_BLOCK) + 1, end);
  const bar = touchedBar(from, blockEnd, levels);
  if (bar < blockEnd || blockEnd == end) return bar;
  const count = blocksOf(end);
  let block = blockEnd >>> BLOCK_SHIFT;
  let level = 0;
  while (block < count) {
    const isInside = block + (1 << level) <= count;
    if (isInside && !isTouched(spans + spanBytes * level + 32 * block, levels)) {
      block += 1 << level;
      level += 1;
    } else if (level > 0) {
      level -= 1;
    } else {
      const found = touchedBar(block << BLOCK_SHIFT, min((block + 1) << BLOCK_SHIFT, end), levels);
      if (found < end && isTouched(bars + 32 * found, levels)) return found;
      block += 1;
    }
  }
  return end;
}

// --- internal ---

// @ts-ignore: decorator
@inline
function blocksOf(rows: i32): i32 {
  return (rows + IN_BLOCK) >>> BLOCK_SHIFT;
}

function levelsOf(blocks: i32): i32 {
  return blocks == 0 ? 0 : 32 - clz(blocks);
}

// @ts-ignore: decorator
@inline
function isTouched(extremes: usize, levels: v128): bool {
  return v128.any_true(f64x2.le(v128.load(extremes), levels));
}

function touchedBar(from: i32, end: i32, levels: v128): i32 {
  let bar = from;
  while (bar < end && !isTouched(bars + 32 * bar, levels)) bar += 1;
  return bar;
}

function measureBars(into: usize, from: i32, end: i32): void {
  let at = bars + 32 * from;
  const stop = bars + 32 * end;
  let levels = v128.load(at);
  let prices = v128.load(at, 16);
  for (at += 32; at < stop; at += 32) {
    levels = f64x2.pmin(levels, v128.load(at));
    prices = f64x2.pmin(prices, v128.load(at, 16));
  }
  v128.store(into, levels);
  v128.store(into, prices, 16);
}

function fillPrices(opens: usize): void {
  for (let bar = 0; bar <= endBar; bar++) {
    const at = records + RECORD * bar;
    store<f64>(at + OPEN, bar < endBar ? load<f64>(opens + 8 * bar) : NaN);
    store<f64>(at + LAST_CLOSE, bar > 0 ? closeAt(bar - 1) : NaN);
  }
}

function fillPrefixes(): void {
  for (let bar = 0; bar < endBar; bar++) {
    const at = records + RECORD * (bar + 1) + PREFIX;
    copyExtremes(at, bars + 32 * bar);
    if ((bar & IN_BLOCK) != 0) mergeExtremes(at, at - RECORD);
    copyExtremes(spans + 32 * (bar >>> BLOCK_SHIFT), at);
  }
}

function fillSuffixes(): void {
  for (let bar = endBar - 1; bar >= 0; bar--) {
    const at = records + RECORD * bar + SUFFIX;
    copyExtremes(at, bars + 32 * bar);
    const isLast = (bar & IN_BLOCK) == IN_BLOCK || bar == endBar - 1;
    if (!isLast) mergeExtremes(at, at + RECORD);
  }
}

function fillSpans(): void {
  const blocks = blocksOf(endBar);
  for (let level = 1; level < levelsOf(blocks); level++) {
    const half = 1 << (level - 1);
    for (let block = 0; block + 2 * half <= blocks; block++) {
      const at = spans + spanBytes * level + 32 * block;
      copyExtremes(at, at - spanBytes);
      mergeExtremes(at, at - spanBytes + 32 * half);
    }
  }
}

// @ts-ignore: decorator
@inline
function copyExtremes(into: usize, from: usize): void {
  v128.store(into, v128.load(from));
  v128.store(into, v128.load(from, 16), 16);
}

// @ts-ignore: decorator
@inline
function mergeExtremes(into: usize, from: usize): void {
  v128.store(into, f64x2.pmin(v128.load(into), v128.load(from)));
  v128.store(into, f64x2.pmin(v128.load(into, 16), v128.load(from, 16)), 16);
}
