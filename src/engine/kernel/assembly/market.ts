/**
 * What the points of a sweep share about one exec feed and window: its bars, and the extremes of low,
 * high and close, so that those of any range of bars cost the same. Little memory comes before few
 * operations here: the positions of a point read it in no order, and what is in no cache is waited for.
 *
 * - bars: 32 bytes a bar, [low, −high] [close, open], and one more that has no prices. Negating is
 *   exact, and lets low and high be a minimum of one vector.
 * - none: the extremes of no bar, Infinity.
 * - spans: level k holds, per block of 4 bars, the extremes of the 2^k blocks from it on (a sparse
 *   table): [lowest low, −highest high] [lowest close, −highest close].
 */
const BLOCK_SHIFT: i32 = 2;
const BLOCK: i32 = 1 << BLOCK_SHIFT;
/** Level at which an entry is of 32 bars, and the last one, of 1,024: what is longer takes more than two spans. */
const PEAK_LEVEL: usize = 3;
const LEVEL_MAX: i32 = 8;

export let startBar: i32 = 0;
export let endBar: i32 = 0;
export let dayBars: usize = 0;
export let days: i32 = 0;
/** Bytes of a number for each daily sample and one more, in whole vectors. */
export let daysBytes: usize = 0;
let bars: usize = 0;
let spans: usize = 0;
let spanBytes: usize = 0;
let none: usize = 0;
/** Settlements of funding, 16 bytes each: the bar at whose open it falls due, and its rate; and their end. */
let fundings: usize = 0;
export let hasFunding: bool = false;

/** Bytes that a market of `rows` bars takes from `at` on, bars first; the caller fills those. */
export function marketBytes(rows: i32): usize {
  const blocks = blocksOf(rows);
  return 32 * (rows + 2) + 32 * blocks * levelsOf(blocks);
}

/** Makes the rest of `end` bars that lie at `at`. */
export function openMarket(at: usize, start: i32, end: i32): void {
  bars = at;
  startBar = start;
  endBar = end;
  none = bars + 32 * (end + 1);
  spans = none + 32;
  spanBytes = 32 * blocksOf(end);
  memory.fill(bars + 32 * end, 0xff, 32);
  v128.store(none, f64x2.splat(Infinity));
  v128.store(none, f64x2.splat(Infinity), 16);
  fillSpans();
}

/** The row that each daily sample reads, −1 before the first bar, and at the end a row beyond all. */
export function openDays(at: usize, count: i32): void {
  dayBars = at;
  days = count;
  daysBytes = 8 * (count + 2 - (count & 1));
}

/** Settlements in the order of their bars, and at the end one on a bar beyond all. */
export function openFunding(at: usize): void {
  fundings = at;
  hasFunding = true;
}

// @ts-ignore: decorator
@inline
export function fundingBarAt(n: i32): i32 {
  return load<i32>(fundings + 16 * n);
}

// @ts-ignore: decorator
@inline
export function fundingRateAt(n: i32): f64 {
  return load<f64>(fundings + 16 * n, 8);
}

// @ts-ignore: decorator
@inline
export function openAt(bar: i32): f64 {
  return load<f64>(bars + 32 * bar + 24);
}

/** The opens of two bars. */
// @ts-ignore: decorator
@inline
export function opensAt(a: i32, b: i32): v128 {
  return v128.load_lane<u64>(bars + 32 * b, v128.load64_zero(bars + 32 * a, 24), 1, 24);
}

// @ts-ignore: decorator
@inline
export function closeAt(bar: i32): f64 {
  return load<f64>(closeOf(bar));
}

/** The address of a bar's close. */
// @ts-ignore: decorator
@inline
export function closeOf(bar: i32): usize {
  return bars + 32 * bar + 16;
}

/** The row that the sample of a day reads. */
// @ts-ignore: decorator
@inline
export function sampleBar(day: i32): i32 {
  return load<i32>(dayBars + 4 * day);
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

/** Extremes of the closes of 32 bars of which `bar` is the first, a multiple of 32. */
// @ts-ignore: decorator
@inline
export function peakCloses(bar: i32): v128 {
  return v128.load(spans + spanBytes * PEAK_LEVEL + 32 * (bar >>> BLOCK_SHIFT), 16);
}

/**
 * Measures `[from, end)`, at least one bar: [lowest low, −highest high] and [lowest close, −highest
 * close] are written to `into`. But for the few of a short one no branch hangs on the range.
 */
// @ts-ignore: decorator
@inline
export function measure(into: usize, from: i32, end: i32): void {
  if (end - from < BLOCK) measureFew(into, from, end);
  else measureMany(into, from, end);
}

/**
 * First bar in `[from, end)` whose low or negated high is at or below its level, else `end`: the
 * rest of the first block, then spans that double while they do not touch and halve where they do.
 */
export function firstTouch(from: i32, end: i32, levels: v128): i32 {
  const blockEnd = min((from | (BLOCK - 1)) + 1, end);
  const bar = touchedBar(from, blockEnd, levels);
  if (bar < blockEnd || blockEnd == end) return bar;
  const count = blocksOf(end);
  let block = blockEnd >>> BLOCK_SHIFT;
  let level = 0;
  while (block < count) {
    const isInside = block + (1 << level) <= count;
    if (isInside && !isTouched(spans + spanBytes * level + 32 * block, levels)) {
      block += 1 << level;
      level = min(level + 1, LEVEL_MAX);
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
  return (rows + BLOCK - 1) >>> BLOCK_SHIFT;
}

/** Levels of a table over `blocks`, those up to PEAK_LEVEL in any case. */
function levelsOf(blocks: i32): i32 {
  return min(LEVEL_MAX + 1, max(<i32>PEAK_LEVEL + 1, 32 - clz(blocks)));
}

/** Of fewer bars than a block has: the first, the last and one between them. */
// @ts-ignore: decorator
@inline
function measureFew(into: usize, from: i32, end: i32): void {
  const first = bars + 32 * from;
  const middle = bars + 32 * ((from + end - 1) >>> 1);
  const last = bars + 32 * (end - 1);
  const closesOfTwo = f64x2.pmin(v128.load(first, 16), v128.load(last, 16));
  const least = f64x2.pmin(closesOfTwo, v128.load(middle, 16));
  const most = f64x2.pmax(f64x2.pmax(v128.load(first, 16), v128.load(last, 16)), v128.load(middle, 16));
  const levels = f64x2.pmin(f64x2.pmin(v128.load(first), v128.load(last)), v128.load(middle));
  v128.store(into, levels);
  v128.store(into, v128.shuffle<f64>(least, f64x2.neg(most), 0, 2), 16);
}

/** Of at least a block's: the first and the last four, and two spans. */
// @ts-ignore: decorator
@inline
function measureMany(into: usize, from: i32, end: i32): void {
  const first = bars + 32 * from;
  const rest = bars + 32 * (end - BLOCK);
  const levels = f64x2.pmin(leastOfBlock(first), leastOfBlock(rest));
  const least = f64x2.pmin(leastOfBlock(first + 16), leastOfBlock(rest + 16));
  const most = f64x2.pmax(mostOfBlock(first + 16), mostOfBlock(rest + 16));
  const block = (from >>> BLOCK_SHIFT) + 1;
  const lastBlock = (end - 1) >>> BLOCK_SHIFT;
  const between = lastBlock - block;
  const level = min(31 - clz(between | 1), LEVEL_MAX);
  const table = spans + spanBytes * level;
  // By a mask, where a branch could not be foreseen.
  const isBetween = <usize>(-between >> 31);
  const left = none + ((table + 32 * block - none) & isBetween);
  const right = none + ((table + 32 * (lastBlock - (1 << level)) - none) & isBetween);
  const prices = v128.shuffle<f64>(least, f64x2.neg(most), 0, 2);
  v128.store(into, f64x2.pmin(levels, f64x2.pmin(v128.load(left), v128.load(right))));
  v128.store(into, f64x2.pmin(prices, f64x2.pmin(v128.load(left, 16), v128.load(right, 16))), 16);
  if (between > 2 << LEVEL_MAX) measureBetween(into, left, right);
}

/** Of a vector of each bar of a block. Written out, as loops are not unrolled to fixed places. */
// @ts-ignore: decorator
@inline
function leastOfBlock(at: usize): v128 {
  const two = f64x2.pmin(v128.load(at), v128.load(at, 32));
  return f64x2.pmin(two, f64x2.pmin(v128.load(at, 64), v128.load(at, 96)));
}

// @ts-ignore: decorator
@inline
function mostOfBlock(at: usize): v128 {
  const two = f64x2.pmax(v128.load(at), v128.load(at, 32));
  return f64x2.pmax(two, f64x2.pmax(v128.load(at, 64), v128.load(at, 96)));
}

/** Adds the spans of the last level from one on to another. */
function measureBetween(into: usize, from: usize, to: usize): void {
  const step: usize = 32 << LEVEL_MAX;
  for (let at = from + step; at < to; at += step) mergeExtremes(into, into, at);
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

function fillSpans(): void {
  const blocks = blocksOf(endBar);
  for (let block = 0; block < blocks; block++) {
    const from = block << BLOCK_SHIFT;
    measure(spans + 32 * block, from, min(from + BLOCK, endBar));
  }
  for (let level = 1; level < levelsOf(blocks); level++) {
    const half = 1 << (level - 1);
    for (let block = 0; block + 2 * half <= blocks; block++) {
      const at = spans + spanBytes * level + 32 * block;
      mergeExtremes(at, at - spanBytes, at - spanBytes + 32 * half);
    }
  }
}

function mergeExtremes(into: usize, a: usize, b: usize): void {
  v128.store(into, f64x2.pmin(v128.load(a), v128.load(b)));
  v128.store(into, f64x2.pmin(v128.load(a, 16), v128.load(b, 16)), 16);
}
