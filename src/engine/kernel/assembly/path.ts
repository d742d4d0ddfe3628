/**
 * The positions of a point, found before any money is counted: which bars they open and close on
 * depends on signals, prices and levels, and on money only where an order is rejected. `look` finds
 * the next ones from the bitsets as if no level were reached; `prepare` measures the bars of each,
 * finds the levels that are, and cuts the list where the path leaves it. Points that differ in levels
 * and sizes alone have the list of their signals in common, so it is found and measured once. The money comes after, from
 * one list that lies in the first-level cache, and says where to look again if it stopped early.
 * Loads of `prepare` do not wait for each other, which is most of its speed.
 */
import { isSet, nextBit } from './bits';
import {
  ENDS_BY_LEVEL,
  ENDS_WITH_DATA,
  ENTRY_BAR,
  EXIT_BAR,
  EXIT_PRICE,
  FLAGS,
  GAP,
  IS_LONG,
  IS_PLANNED,
  IS_REVERSED,
  IS_REVERSING,
  ITEM,
  KIND,
  LOW_HIGH,
  NEVER_FILLED,
  PLANNED_ITEM,
  PRICE,
  copyItem,
} from './items';
import {
  adverseLevel,
  favourableLevel,
  gap,
  hasLevels,
  levelPrice,
  levelsOf,
  plan,
  price,
  sideOf,
} from './levels';
import { countOf, isWholeList, itemsOf, measureItems, staysWithin } from './lists';
import { endBar, firstTouch, highAt, lowAt, measure, openAt, startBar } from './market';
import { beginTouches, chooseEnds, plansOf, rowOf } from './touches';
import {
  adverseKey,
  canFlip,
  enterLong,
  enterShort,
  exitLong,
  exitShort,
  favourableKey,
  imr,
  list,
  mmr,
  nextEntry,
  signalsKey,
  slippage,
} from './terms';

/** Where the positions in hand lie, and how many of them there are at most: 20 kB. */
const HAND: usize = 8192;
const HAND_MAX: i32 = 256;
/** One place more, to measure in. */
export const SPARE: usize = HAND + PLANNED_ITEM * HAND_MAX;
export const HAND_END: usize = SPARE + PLANNED_ITEM;

/** Whether what is in hand reaches the end of the data. */
export let isWhole: bool = false;

let hand: usize = HAND;
/** Bytes from one position in hand to the next. */
let step: usize = PLANNED_ITEM;
/** Where the next positions are taken to. */
let room: usize = HAND;
/** Where a track says its positions lie, 0 for in hand. */
let places: usize = 0;
let handMax: i32 = 64;
let nextLong: i32 = -1;
let nextShort: i32 = -1;
/** Signal of a reversal that there was no place for, −1 for none. */
let carriedSignal: i32 = -1;
let carriedSide: i32 = 0;

/** How far the point's list is used, and where what is in hand begins in it, −1 for elsewhere. */
let cursor: i32 = 0;
let listStart: i32 = -1;
/** Whether no position of the list can reach a level of the point. */
let isUntouched: bool = false;
let lastKey: f64 = -1;
let touchesKey: f64 = -1;

export function beginPath(): void {
  room = HAND;
  places = 0;
  plans = 0;
  forget();
  cursor = 0;
  listStart = -1;
  isUntouched = list != 0 && staysUntouched();
}

/** After the money left the path: what was found beyond it means nothing. `used` were right. */
export function leavePath(used: i32): void {
  forget();
  if (listStart >= 0) cursor = listStart + used;
  handMax = max(4, min(handMax, 2 * used));
}

// @ts-ignore: decorator
@inline
export function itemAt(n: i32): usize {
  return places == 0 ? inHand(n) : <usize>load<u32>(places + 4 * n);
}

/** The gap and the price that the position `n`, an item, is planned with. */
// @ts-ignore: decorator
@inline
export function planAt(n: i32, item: usize): usize {
  return plans == 0 ? item + GAP : plans + 16 * n;
}

/**
 * Takes the positions from the close of `bar` on in hand, flat then, and gives them their levels; how
 * many of them are on the path.
 */
export function look(bar: i32): i32 {
  if (list != 0) {
    const count = takeFromList(bar);
    if (count > 0) return isUntouched ? count : prepare(count);
  }
  listStart = -1;
  hand = room;
  step = PLANNED_ITEM;
  const found = lookAtSignals(bar);
  measureItems(hand, step, found);
  return prepare(found);
}

/** Positions of a track; points with more of them run alone. */
const TRACK_MAX: i32 = 4090;
const PLACES_BYTES: usize = 4 * (TRACK_MAX + 6);

/** Bytes for a track: where its positions lie, and place for them. */
export function trackBytes(): usize {
  return PLACES_BYTES + PLANNED_ITEM * TRACK_MAX;
}

/** What the positions of the track found last are planned with, 0 for what lies behind each. */
export let plans: usize = 0;

/**
 * Finds all positions of the point whose terms are set as if no order were ever rejected, and writes
 * where they lie to `track`; how many, −1 where the path hangs on more than signals, prices and levels.
 */
export function findTrack(track: usize): i32 {
  if (list == 0) return -1;
  beginPath();
  const isKnown = signalsKey == lastKey;
  lastKey = signalsKey;
  const isShared = isWholeList(list) && countOf(list) <= TRACK_MAX;
  if (isUntouched) {
    if (!isShared) return -1;
    fillPlaces(track, itemsOf(list), ITEM, countOf(list));
    return countOf(list);
  }
  // The first point of its signals notes no touches that none may ask for again.
  if (isShared && isKnown && chooseTrack(track)) return countOf(list);
  const total = followTrack(track + PLACES_BYTES);
  fillPlaces(track, track + PLACES_BYTES, PLANNED_ITEM, max(total, 0));
  return total;
}

/** Takes the positions of a track in hand. */
export function takeTrack(track: usize, plannedAt: usize): void {
  listStart = -1;
  places = track;
  plans = plannedAt;
}

/** Whether nothing follows a position. */
// @ts-ignore: decorator
@inline
export function hasEnded(item: usize): bool {
  const kind = load<i32>(item, KIND);
  return kind == NEVER_FILLED || kind == ENDS_WITH_DATA;
}

// --- internal ---

/** The next entry signal after the level that was reached last. */
let nextSignal: i32 = 0;

/** More than all roundings of a level. */
const ROUNDING: f64 = 1e-9;

/** Without stop and target there is the price of liquidation, which is far away at low leverage. */
function staysUntouched(): bool {
  if (hasLevels()) return false;
  const floor = (1 + slippage) * (1 - imr + mmr) * (1 + ROUNDING);
  const ceiling = (1 - slippage) * (1 + imr - mmr) * (1 - ROUNDING);
  return staysWithin(list, floor, ceiling);
}

// @ts-ignore: decorator
@inline
function inHand(n: i32): usize {
  return hand + step * n;
}

/** Of two rows of ends the earlier ones; false where the path may leave the list. */
function chooseTrack(track: usize): bool {
  if (touchesKey != signalsKey) beginTouches(list);
  touchesKey = signalsKey;
  const adverse = rowOf(adverseKey, true);
  if (adverse == 0) return false;
  const favourable = rowOf(favourableKey, false);
  if (favourable == 0) return false;
  chooseEnds(track, adverse, favourable);
  plans = plansOf(adverse);
  return true;
}

/** All positions one behind the other at `items`; how many, −1 as in `findTrack`. */
function followTrack(items: usize): i32 {
  let bar = startBar;
  let total = 0;
  while (total <= TRACK_MAX - HAND_MAX) {
    room = items + PLANNED_ITEM * total;
    const count = look(bar);
    const isLast = isWhole;
    total += count;
    const item = items + PLANNED_ITEM * (total - 1);
    if (count > 0 && (load<i32>(item, FLAGS) & IS_PLANNED) == 0) return -1;
    if (isLast || hasEnded(item)) return total;
    bar = load<i32>(item, EXIT_BAR);
  }
  return -1;
}

/** Writes the addresses of `count` positions that lie `apart` bytes from each other, four at a time. */
function fillPlaces(track: usize, items: usize, apart: usize, count: i32): void {
  const steps = i32x4.mul(i32x4.splat(<i32>apart), i32x4(0, 1, 2, 3));
  let addresses = i32x4.add(i32x4.splat(<i32>items), steps);
  for (let n = 0; n < count; n += 4) {
    v128.store(track + 4 * n, addresses);
    addresses = i32x4.add(addresses, i32x4.splat(4 * <i32>apart));
  }
}

function lookAtSignals(bar: i32): i32 {
  let n = 0;
  let flags = 0;
  let signal = carriedSignal;
  let side = carriedSide;
  carriedSignal = -1;
  isWhole = false;
  if (signal >= 0) flags = IS_REVERSED;
  while (true) {
    if (signal < 0) {
      if (nextLong < bar) nextLong = nextBit(enterLong, bar, endBar);
      if (nextShort < bar) nextShort = nextBit(enterShort, bar, endBar);
      signal = min(nextLong, nextShort);
      side = nextLong < nextShort ? 1 : -1;
      flags = 0;
      if (signal >= endBar) {
        isWhole = true;
        return n;
      }
    }
    if (n == handMax) {
      if (flags != 0) {
        carriedSignal = signal;
        carriedSide = side;
      }
      handMax = min(HAND_MAX, 2 * handMax);
      return n;
    }
    if (side > 0) flags |= IS_LONG;
    const item = inHand(n);
    n += 1;
    store<i32>(item, signal + 1, ENTRY_BAR);
    if (signal + 1 >= endBar) {
      store<i32>(item, flags, FLAGS);
      isWhole = true;
      return n;
    }
    const against = side > 0 ? enterShort : enterLong;
    const exit = exitSignal(signal + 1, side, against);
    const isReversing = canFlip && exit < endBar && isSet(against, exit);
    const limit = min(exit + 1, endBar);
    store<i32>(item, limit, EXIT_BAR);
    store<i32>(item, isReversing ? flags | IS_REVERSING : flags, FLAGS);
    if (isReversing) {
      signal = exit;
      side = -side;
      flags = IS_REVERSED;
    } else {
      if (limit == endBar) {
        isWhole = true;
        return n;
      }
      signal = -1;
      bar = limit;
    }
  }
  return n;
}

/** Gives `count` in hand their levels; how many of them are on the path. */
function prepare(count: i32): i32 {
  for (let n = 0; n < count; n++) {
    const item = inHand(n);
    const isPlanned = plan(item);
    const flags = load<i32>(item, FLAGS) & ~IS_PLANNED;
    store<f64>(item, gap, GAP);
    store<f64>(item, price, PRICE);
    store<i32>(item, isPlanned ? flags | IS_PLANNED : flags, FLAGS);
    if (!isPlanned) return cut(n + 1);
    if (load<i32>(item, KIND) == NEVER_FILLED) continue;
    if (!reachesLevel(item)) continue;
    store<i32>(item, (flags | IS_PLANNED) & ~IS_REVERSING, FLAGS);
    if ((flags & IS_REVERSING) != 0) return cut(n + 1);
    const isOnPath = n + 1 < count && load<i32>(inHand(n + 1), ENTRY_BAR) == nextSignal + 1;
    if (!isOnPath) return cut(n + 1);
  }
  return count;
}

/** The next of the point's list in hand, if the path from `bar` on is there; how many. */
function takeFromList(bar: i32): i32 {
  const items = itemsOf(list);
  const total = countOf(list);
  while (cursor < total && load<i32>(items + ITEM * cursor, ENTRY_BAR) <= bar) cursor += 1;
  const first = items + ITEM * cursor;
  if (cursor == total || load<i32>(first, ENTRY_BAR) != nextEntry(bar) + 1) return 0;
  listStart = cursor;
  let count = total - cursor;
  if (isUntouched) {
    hand = first;
    step = ITEM;
  } else {
    hand = room;
    step = PLANNED_ITEM;
    count = min(handMax, count);
    for (let n = 0; n < count; n++) copyItem(inHand(n), first + ITEM * n);
    handMax = min(HAND_MAX, 2 * handMax);
  }
  cursor += count;
  isWhole = isWholeList(list) && cursor == total;
  return count;
}

function forget(): void {
  nextLong = -1;
  nextShort = -1;
  carriedSignal = -1;
}

function cut(count: i32): i32 {
  leavePath(count);
  isWhole = false;
  return count;
}

/** First bar from `bar` on whose close ends a position of `side`. */
// @ts-ignore: decorator
@inline
function exitSignal(bar: i32, side: i32, against: usize): i32 {
  const exit = nextBit(side > 0 ? exitLong : exitShort, bar, endBar);
  return canFlip ? nextBit(against, bar, exit) : exit;
}

/** Whether a level ends an item before its signal does; its end and its extremes are moved then. */
// @ts-ignore: decorator
@inline
function reachesLevel(item: usize): bool {
  const side = sideOf(item);
  const adverse = adverseLevel(item, side);
  const favourable = favourableLevel(side);
  const levels = levelsOf(side, adverse, favourable);
  if (!v128.any_true(f64x2.le(v128.load(item, LOW_HIGH), levels))) return false;
  const entryBar = load<i32>(item, ENTRY_BAR);
  const bar = firstTouch(entryBar, load<i32>(item, EXIT_BAR), levels);
  const isAdverse = side > 0 ? lowAt(bar) <= adverse : highAt(bar) >= adverse;
  store<i32>(item, ENDS_BY_LEVEL, KIND);
  store<i32>(item, bar, EXIT_BAR);
  store<f64>(item, levelPrice(openAt(bar), isAdverse, side, adverse, favourable), EXIT_PRICE);
  if (bar > entryBar) measure(item + LOW_HIGH, entryBar, bar);
  nextSignal = nextEntry(bar);
  return true;
}
