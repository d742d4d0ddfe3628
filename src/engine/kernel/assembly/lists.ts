/**
 * Lists of the positions that signals alone make: none reversed, as if no level were ever reached.
 * Points with the same signals have theirs in common, and what no point changes is found once: the
 * bars, prices and extremes of every position. A list is a header and its items.
 */
import { nextBit } from './bits';
import {
  ENDS_BY_SIGNAL,
  ENDS_WITH_DATA,
  ENTRY_BAR,
  EXIT_BAR,
  EXIT_PRICE,
  FLAGS,
  IS_LONG,
  IS_PLANNED,
  ITEM,
  KIND,
  LOW_HIGH,
  NEVER_FILLED,
  OPEN,
  PRICE,
} from './items';
import {
  closeAt,
  endBar,
  measure,
  openAt,
  startBar,
} from './market';

const COUNT: usize = 0;
const IS_WHOLE: usize = 4;
/** How far it is measured. */
const CURSOR: usize = 8;
/** Largest ratio of open to low of its long positions, and of high to open of its short ones. */
const DROP: usize = 16;
const RISE: usize = 24;
const HEADER: usize = 32;

/** Bars whose market data stays in the second-level cache while a group's lists are measured. */
const CHUNK: i32 = 2048;

/** A word without a signal. */
let nothing: usize = 0;
/** Words of signals that count and where they stand, 16 bytes each, and then their bars. */
let words: usize = 0;
let turns: usize = 0;
let itemsMax: i32 = 0;

/** Bytes of a list of `items`. */
export function listBytes(items: i32): usize {
  return HEADER + ITEM * items;
}

/** Bytes to be given to `openLists` for `rows` bars and lists of up to `items`. */
export function searchBytes(rows: i32, items: i32): usize {
  return 16 * ((rows >>> 6) + 3) + 4 * (2 * items + 68);
}

export function openLists(at: usize, rows: i32, items: i32): void {
  nothing = at;
  words = at + 16;
  turns = words + 16 * ((rows >>> 6) + 2);
  itemsMax = items;
}

// @ts-ignore: decorator
@inline
export function itemsOf(list: usize): usize {
  return list + HEADER;
}

// @ts-ignore: decorator
@inline
export function countOf(list: usize): i32 {
  return load<i32>(list, COUNT);
}

/** Whether the list reaches the end of the data. */
// @ts-ignore: decorator
@inline
export function isWholeList(list: usize): bool {
  return load<i32>(list, IS_WHOLE) != 0;
}

/** Whether no long position falls below `floor` of its open, and no short one rises above `ceiling`. */
// @ts-ignore: decorator
@inline
export function staysWithin(list: usize, floor: f64, ceiling: f64): bool {
  return load<f64>(list, DROP) * floor < 1 && load<f64>(list, RISE) < ceiling;
}

/** Finds the positions of these signals; `measureLists` fills in the rest. */
export function makeList(
  list: usize,
  enterLong: usize,
  enterShort: usize,
  exitLong: usize,
  exitShort: usize,
): void {
  store<i32>(list, 0, CURSOR);
  store<f64>(list, 0, DROP);
  store<f64>(list, 0, RISE);
  const isLong = enterShort == 0;
  const isOneSided = isLong || enterLong == 0;
  const enter = isLong ? enterLong : enterShort;
  const leave = isLong ? exitLong : exitShort;
  if (enter == 0) fill(list, 0, 0);
  else if (!isOneSided || !latch(list, enter, leave, i32(isLong))) {
    search(list, enterLong, enterShort, exitLong, exitShort);
  }
}

/**
 * Measures the lists whose addresses stand at `lists`, all of them up to a bar before any goes on:
 * what they read of the market is read from the second-level cache by all but the first.
 */
export function measureLists(lists: usize, count: i32): void {
  for (let end = startBar + CHUNK; end <= endBar + CHUNK; end += CHUNK) {
    for (let n = 0; n < count; n++) measureChunk(load<u32>(lists + 4 * n), end);
  }
}

/** Fills in prices and extremes of `count` items. */
export function measureItems(items: usize, count: i32): void {
  for (let n = 0; n < count; n++) measureItem(items + ITEM * n);
}

// --- internal ---

/**
 * The positions of one side, 64 bars at a time; false where a bar has both signals. Whether a position
 * is held at a bar is the carry of an addition: an entry is 1 + 1 and makes one, an exit 0 + 0 and ends
 * it, any other bar 1 + 0 and hands it on. Then no branch hangs on where signals stand.
 */
function latch(list: usize, enter: usize, leave: usize, side: i32): bool {
  const first = startBar & ~63;
  const last = (endBar - 1) & ~63;
  let entriesAt = enter + (<usize>first >>> 3);
  let exitsAt = leave == 0 ? nothing : leave + (<usize>first >>> 3);
  const step: usize = leave == 0 ? 0 : 8;
  let held: u64 = 0;
  let both: u64 = 0;
  let at = words;
  for (let bar = first; bar <= last; bar += 64) {
    let entries = load<u64>(entriesAt);
    let exits = load<u64>(exitsAt);
    if (bar == first || bar == last) {
      const mask = maskOf(bar);
      entries &= mask;
      exits &= mask;
    }
    both |= entries & exits;
    const hands = entries | ~exits;
    const sum = hands + entries + held;
    const holds = sum ^ hands ^ entries;
    held = (entries | (hands & ~sum)) >>> 63;
    const turning = (entries & ~holds) | (exits & holds);
    store<u64>(at, turning);
    store<i32>(at, bar, 8);
    at += <usize>i32(turning != 0) << 4;
    entriesAt += 8;
    exitsAt += step;
  }
  if (both != 0) return false;
  fill(list, spread(at), side);
  return true;
}

/** The bars of the window among the 64 from `bar` on. */
function maskOf(bar: i32): u64 {
  const below = max(0, startBar - bar);
  const beyond = max(0, bar + 64 - endBar);
  return (<u64>-1 << <u64>below) & (<u64>-1 >>> <u64>beyond);
}

/** Writes the bars of the words up to `stop`, as many as a list has room for; how many of them. */
function spread(stop: usize): i32 {
  const turnsMax = turns + 8 * itemsMax;
  let out = turns;
  for (let at = words; at < stop && out < turnsMax; at += 16) {
    let word = load<u64>(at);
    const bar = load<i32>(at, 8);
    const next = out + (<usize>popcnt(word) << 2);
    // Two at once, because one is the most frequent and two are not foreseen.
    store<i32>(out, bar + <i32>ctz(word));
    word &= word - 1;
    store<i32>(out, bar + <i32>ctz(word), 4);
    word &= word - 1;
    for (out += 8; word != 0; out += 4) {
      store<i32>(out, bar + <i32>ctz(word));
      word &= word - 1;
    }
    out = next;
  }
  return <i32>((out - turns) >>> 2);
}

/** Makes items of `count` bars at which positions open and close in turn. */
function fill(list: usize, count: i32, side: i32): void {
  const items = min((count + 1) >>> 1, itemsMax);
  // A position that is open at the end closes there.
  store<i32>(turns + 4 * count, endBar - 1);
  for (let n = 0; n < items; n++) {
    const item = itemsOf(list) + ITEM * n;
    // Each at the open after its signal.
    store<i32>(item, load<i32>(turns + 8 * n) + 1, ENTRY_BAR);
    store<i32>(item, load<i32>(turns + 8 * n, 4) + 1, EXIT_BAR);
    store<i32>(item, side | IS_PLANNED, FLAGS);
  }
  store<i32>(list, items, COUNT);
  store<i32>(list, i32(count < 2 * itemsMax), IS_WHOLE);
}

/** From signal to signal. */
function search(
  list: usize,
  enterLong: usize,
  enterShort: usize,
  exitLong: usize,
  exitShort: usize,
): void {
  let bar = startBar;
  let nextLong = -1;
  let nextShort = -1;
  let isWhole = false;
  let n = 0;
  while (n < itemsMax) {
    if (nextLong < bar) nextLong = nextBit(enterLong, bar, endBar);
    if (nextShort < bar) nextShort = nextBit(enterShort, bar, endBar);
    const entry = min(nextLong, nextShort) + 1;
    isWhole = entry > endBar;
    if (isWhole) break;
    const isLong = nextLong < nextShort;
    bar = min(nextBit(isLong ? exitLong : exitShort, entry, endBar) + 1, endBar);
    const item = itemsOf(list) + ITEM * n;
    store<i32>(item, entry, ENTRY_BAR);
    store<i32>(item, bar, EXIT_BAR);
    store<i32>(item, i32(isLong) | IS_PLANNED, FLAGS);
    n += 1;
  }
  store<i32>(list, n, COUNT);
  store<i32>(list, i32(isWhole), IS_WHOLE);
}

/** Measures the items of a list that open before `end`, and remembers how far prices went against them. */
function measureChunk(list: usize, end: i32): void {
  const count = countOf(list);
  let drop = load<f64>(list, DROP);
  let rise = load<f64>(list, RISE);
  let n = load<i32>(list, CURSOR);
  for (; n < count; n++) {
    const item = itemsOf(list) + ITEM * n;
    if (load<i32>(item, ENTRY_BAR) >= end) break;
    measureItem(item);
    if (load<i32>(item, KIND) == NEVER_FILLED) continue;
    const open = load<f64>(item, OPEN);
    if ((load<i32>(item, FLAGS) & IS_LONG) != 0) drop = max(drop, open / load<f64>(item, LOW_HIGH));
    else rise = max(rise, -load<f64>(item, LOW_HIGH + 8) / open);
  }
  store<f64>(list, drop, DROP);
  store<f64>(list, rise, RISE);
  store<i32>(list, n, CURSOR);
}

// @ts-ignore: decorator
@inline
function measureItem(item: usize): void {
  const entryBar = load<i32>(item, ENTRY_BAR);
  store<f64>(item, closeAt(entryBar - 1), PRICE);
  if (entryBar >= endBar) {
    store<i32>(item, NEVER_FILLED, KIND);
    return;
  }
  const limit = load<i32>(item, EXIT_BAR);
  store<f64>(item, openAt(entryBar), OPEN);
  store<f64>(item, openAt(limit), EXIT_PRICE);
  store<i32>(item, limit == endBar ? ENDS_WITH_DATA : ENDS_BY_SIGNAL, KIND);
  measure(item + LOW_HIGH, entryBar, limit);
}
