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
  FLAGS,
  IS_LONG,
  IS_PLANNED,
  ITEM,
  KIND,
  LOW_HIGH,
  NEVER_FILLED,
  OPEN,
} from './items';
import {
  endBar,
  measure,
  opensAt,
  startBar,
} from './market';

const COUNT: usize = 0;
const IS_WHOLE: usize = 4;
/** Largest ratio of open to low of its long positions, and of high to open of its short ones. */
const DROP: usize = 8;
const RISE: usize = 16;
const HEADER: usize = 64;

/** First bars of the words that have a signal, and bars at which a position opens or closes, in turn. */
let words: usize = 0;
let turns: usize = 0;
let itemsMax: i32 = 0;

/** Bytes of a list of `items`. */
export function listBytes(items: i32): usize {
  return HEADER + ITEM * items;
}

/** Bytes to be given to `openLists` for `rows` bars and lists of up to `items`. */
export function searchBytes(rows: i32, items: i32): usize {
  return 4 * ((rows >>> 6) + 2) + 4 * (2 * items + 68);
}

export function openLists(at: usize, rows: i32, items: i32): void {
  words = at;
  turns = words + 4 * ((rows >>> 6) + 2);
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

/** Finds the positions of these signals and measures them; `isInTurn` where entries and exits surely alternate. */
export function makeList(
  list: usize,
  enterLong: usize,
  enterShort: usize,
  exitLong: usize,
  exitShort: usize,
  isInTurn: bool,
): void {
  const isLong = enterShort == 0;
  const isOneSided = isLong || enterLong == 0;
  const enter = isLong ? enterLong : enterShort;
  const leave = isLong ? exitLong : exitShort;
  if (enter == 0) fill(list, 0, 0);
  else if (!isOneSided || leave == 0 || !latch(list, enter, leave, i32(isLong), isInTurn)) {
    search(list, enterLong, enterShort, exitLong, exitShort);
  }
  measureList(list);
}

/** Gives `count` items that are `step` bytes apart what those of lists are given. */
export function measureItems(items: usize, step: usize, count: i32): void {
  for (let n = 0; n < count; n++) {
    const item = items + step * n;
    store<i32>(item, kindOf(item), KIND);
    if (load<i32>(item, ENTRY_BAR) < endBar) measureItem(item);
  }
}

// --- internal ---

/**
 * The positions of one side, 64 bars at a time; false where a bar has both signals. Whether a position
 * is held at a bar is the carry of an addition: an entry is 1 + 1 and makes one, an exit 0 + 0 and ends
 * it, any other bar 1 + 0 and hands it on. Then no branch hangs on where signals stand. Signals that
 * alternate all count, from the first entry on.
 */
function latch(list: usize, enter: usize, leave: usize, side: i32, isInTurn: bool): bool {
  const first = startBar & ~63;
  const last = (endBar - 1) & ~63;
  const stop = findWords(enter, leave, first, last);
  const turnsMax = turns + 8 * itemsMax;
  let out = turns;
  let held: u64 = 0;
  let both: u64 = 0;
  for (let at = words; at < stop && out < turnsMax; at += 4) {
    const bar = load<i32>(at);
    let entries = load<u64>(enter + (<usize>bar >>> 3));
    let exits = load<u64>(leave + (<usize>bar >>> 3));
    if (bar == first || bar == last) {
      const mask = maskOf(bar);
      entries &= mask;
      exits &= mask;
    }
    if (isInTurn) {
      if (out == turns) exits &= 0 - (entries & (0 - entries));
      out = spread(bar, entries | exits, out);
      continue;
    }
    both |= entries & exits;
    const hands = entries | ~exits;
    const sum = hands + entries + held;
    const holds = sum ^ hands ^ entries;
    held = (entries | (hands & ~sum)) >>> 63;
    out = spread(bar, (entries & ~holds) | (exits & holds), out);
  }
  if (both != 0) return false;
  fill(list, <i32>((out - turns) >>> 2), side);
  return true;
}

/** Writes the first bars of the words from `first` to `last` that have a signal; the end of what is written. */
function findWords(enter: usize, leave: usize, first: i32, last: i32): usize {
  let at = words;
  for (let bar = first; bar <= last; bar += 64) {
    const signals = load<u64>(enter + (<usize>bar >>> 3)) | load<u64>(leave + (<usize>bar >>> 3));
    store<i32>(at, bar);
    at += <usize>i32(signals != 0) << 2;
  }
  return at;
}

/** The bars of the window among the 64 from `bar` on. */
function maskOf(bar: i32): u64 {
  const below = max(0, startBar - bar);
  const beyond = max(0, bar + 64 - endBar);
  return (<u64>-1 << <u64>below) & (<u64>-1 >>> <u64>beyond);
}

/** Writes the bars of a word to `out`; the end of what is written. */
// @ts-ignore: decorator
@inline
function spread(bar: i32, bars: u64, out: usize): usize {
  const end = out + (<usize>popcnt(bars) << 2);
  let rest = bars;
  // Four at once, because how many of them there are could not be foreseen.
  store<i32>(out, bar + <i32>ctz(rest));
  rest &= rest - 1;
  store<i32>(out, bar + <i32>ctz(rest), 4);
  rest &= rest - 1;
  store<i32>(out, bar + <i32>ctz(rest), 8);
  rest &= rest - 1;
  store<i32>(out, bar + <i32>ctz(rest), 12);
  rest &= rest - 1;
  for (let at = out + 16; rest != 0; at += 4) {
    store<i32>(at, bar + <i32>ctz(rest));
    rest &= rest - 1;
  }
  return end;
}

/** Makes items of `count` bars at which positions open and close in turn. */
function fill(list: usize, count: i32, side: i32): void {
  const items = min((count + 1) >>> 1, itemsMax);
  // A position that is open at the end closes there.
  store<i32>(turns + 4 * count, endBar - 1);
  // Each at the open after its signal.
  const added = i32x4.replace_lane(i32x4(1, 1, ENDS_BY_SIGNAL, 0), 3, side | IS_PLANNED);
  for (let n = 0; n < items; n++) {
    const item = itemsOf(list) + ITEM * n;
    v128.store(item, i32x4.add(v128.load64_zero(turns + 8 * n), added), ENTRY_BAR);
  }
  finish(list, items, count < 2 * itemsMax);
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
    store<i32>(item, ENDS_BY_SIGNAL, KIND);
    store<i32>(item, i32(isLong) | IS_PLANNED, FLAGS);
    n += 1;
  }
  finish(list, n, isWhole);
}

function finish(list: usize, count: i32, isWhole: bool): void {
  store<i32>(list, count, COUNT);
  store<i32>(list, i32(isWhole), IS_WHOLE);
  if (count == 0) return;
  // Only the last one may end otherwise.
  const last = itemsOf(list) + ITEM * (count - 1);
  store<i32>(last, kindOf(last), KIND);
}

/** Gives the items of a list prices and extremes, and notes how far prices went against them. */
function measureList(list: usize): void {
  let drop: f64 = 0;
  let rise: f64 = 0;
  let stop = itemsOf(list) + ITEM * countOf(list);
  // Only the last one may begin after the data.
  if (stop > itemsOf(list) && load<i32>(stop - ITEM, ENTRY_BAR) >= endBar) stop -= ITEM;
  for (let item = itemsOf(list); item < stop; item += ITEM) {
    measureItem(item);
    const open = load<f64>(item, OPEN);
    // By products, as few are new extremes and a division takes long.
    if ((load<i32>(item, FLAGS) & IS_LONG) != 0) {
      const low = load<f64>(item, LOW_HIGH);
      if (open > drop * low) drop = open / low;
    } else {
      const high = -load<f64>(item, LOW_HIGH + 8);
      if (high > rise * open) rise = high / open;
    }
  }
  store<f64>(list, drop, DROP);
  store<f64>(list, rise, RISE);
}

// @ts-ignore: decorator
@inline
function measureItem(item: usize): void {
  const entryBar = load<i32>(item, ENTRY_BAR);
  const limit = load<i32>(item, EXIT_BAR);
  v128.store(item, opensAt(entryBar, limit), OPEN);
  measure(item + LOW_HIGH, entryBar, limit);
}

function kindOf(item: usize): i32 {
  if (load<i32>(item, ENTRY_BAR) >= endBar) return NEVER_FILLED;
  return load<i32>(item, EXIT_BAR) == endBar ? ENDS_WITH_DATA : ENDS_BY_SIGNAL;
}
