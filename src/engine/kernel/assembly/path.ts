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
  CLOSES,
  ENDS_BY_LEVEL,
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
  OPEN,
  PRICE,
} from './items';
import { countOf, isWholeList, itemsOf, measureItems, staysWithin } from './lists';
import { endBar, firstTouch, highAt, lowAt, measure, openAt } from './market';
import {
  BAR,
  NEXT,
  OPEN as TOUCH_OPEN,
  beginTouches,
  rowOf,
  setNext,
  touchAt,
} from './touches';
import {
  LEVEL_ATR,
  LEVEL_NONE,
  LEVEL_PERCENT,
  LEVEL_POINTS,
  LEVEL_RATIO,
  SIZE_PERCENT_EQUITY,
  SIZE_RISK,
  adverseKey,
  bufferShare,
  canFlip,
  enterLong,
  enterShort,
  exitLong,
  exitShort,
  favourableKey,
  hasBuffer,
  imr,
  list,
  mmr,
  signalsKey,
  sizing,
  slippage,
  stopAtr,
  stopShare,
  stopType,
  stopValue,
  targetAtr,
  targetShare,
  targetType,
  targetValue,
} from './terms';

/** Where the positions in hand lie, and how many of them there are at most: 20 kB. */
const HAND: usize = 8192;
const HAND_MAX: i32 = 256;
/** One place more, to measure in. */
export const SPARE: usize = HAND + ITEM * HAND_MAX;
export const HAND_END: usize = SPARE + ITEM;

/** Whether what is in hand reaches the end of the data. */
export let isWhole: bool = false;

let hand: usize = HAND;
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
  forget();
  cursor = 0;
  listStart = -1;
  isUntouched = list != 0 && staysUntouched();
  adverseRow = 0;
  favourableRow = 0;
  // The first point of its signals notes no touches that none may ask for again.
  if (list != 0 && !isUntouched && signalsKey == lastKey) {
    if (touchesKey != signalsKey) beginTouches(countOf(list));
    touchesKey = signalsKey;
    adverseRow = rowOf(adverseKey);
    favourableRow = rowOf(favourableKey);
  }
  lastKey = signalsKey;
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
  return hand + ITEM * n;
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
  hand = HAND;
  const found = lookAtSignals(bar);
  measureItems(HAND, found);
  return prepare(found);
}

// --- internal ---

let stop: f64 = 0;
let target: f64 = 0;
/** The next entry signal after the level that was reached last. */
let nextSignal: i32 = 0;
/** Rows of first touches of the running point's levels, 0 for none. */
let adverseRow: usize = 0;
let favourableRow: usize = 0;

/** More than all roundings of a level. */
const ROUNDING: f64 = 1e-9;

/** Without stop and target there is the price of liquidation, which is far away at low leverage. */
function staysUntouched(): bool {
  const hasLevels = stopType != LEVEL_NONE || targetType != LEVEL_NONE || dividesByGap();
  if (hasLevels) return false;
  const floor = (1 + slippage) * (1 - imr + mmr) * (1 + ROUNDING);
  const ceiling = (1 - slippage) * (1 + imr - mmr) * (1 - ROUNDING);
  return staysWithin(list, floor, ceiling);
}

// @ts-ignore: decorator
@inline
function dividesByGap(): bool {
  return sizing == SIZE_PERCENT_EQUITY || sizing == SIZE_RISK;
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
    const item = itemAt(n);
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
    const item = itemAt(n);
    if (!plan(item)) return cut(n + 1);
    if (load<i32>(item, KIND) == NEVER_FILLED) continue;
    if (!reachesLevel(item, listStart + n)) continue;
    const flags = load<i32>(item, FLAGS);
    store<i32>(item, flags & ~IS_REVERSING, FLAGS);
    if ((flags & IS_REVERSING) != 0) return cut(n + 1);
    const isOnPath = n + 1 < count && load<i32>(itemAt(n + 1), ENTRY_BAR) == nextSignal + 1;
    if (!isOnPath) return cut(n + 1);
  }
  return count;
}

/** Distance from `price` to the stop of an order of `side` at the close of `bar`; NaN for none. */
// @ts-ignore: decorator
@inline
function stopDistance(bar: i32, price: f64): f64 {
  if (stopType == LEVEL_PERCENT) return price * stopShare;
  if (stopType == LEVEL_POINTS) return stopValue;
  if (stopType == LEVEL_ATR) return stopAtr == 0 ? NaN : load<f64>(stopAtr + 8 * bar) * stopValue;
  return NaN;
}

// @ts-ignore: decorator
@inline
function nextEntry(bar: i32): i32 {
  return min(nextBit(enterLong, bar, endBar), nextBit(enterShort, bar, endBar));
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
  } else {
    hand = HAND;
    count = min(handMax, count);
    memory.copy(HAND, first, ITEM * count);
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

/**
 * Stop and target of an item, in `stop` and `target`; false where there is no order: a wanted stop
 * has no price, or the size no stop distance to divide by (C1).
 */
// @ts-ignore: decorator
@inline
function plan(item: usize): bool {
  const entryBar = load<i32>(item, ENTRY_BAR);
  const flags = load<i32>(item, FLAGS);
  const side: f64 = (flags & IS_LONG) != 0 ? 1 : -1;
  const price = load<f64>(item, PRICE);
  const distance = stopDistance(entryBar - 1, price);
  stop = price - side * distance;
  if (hasBuffer) stop -= side * (price * bufferShare);
  const gap = abs(price - stop);
  store<f64>(item, gap, GAP);
  store<i32>(item, flags & ~IS_PLANNED, FLAGS);
  if (stopType != LEVEL_NONE && stop != stop) return false;
  if (dividesByGap() && !(gap > 0)) return false;
  store<i32>(item, flags | IS_PLANNED, FLAGS);
  let away: f64 = NaN;
  if (targetType == LEVEL_PERCENT) away = price * targetShare;
  else if (targetType == LEVEL_RATIO) away = distance * targetValue;
  else if (targetType == LEVEL_POINTS) away = targetValue;
  else if (targetType == LEVEL_ATR) {
    away = targetAtr == 0 ? NaN : load<f64>(targetAtr + 8 * (entryBar - 1)) * targetValue;
  }
  target = price + side * away;
  return true;
}

/** Whether a level ends an item before its signal does; its end and its extremes are moved then. */
// @ts-ignore: decorator
@inline
function reachesLevel(item: usize, place: i32): bool {
  const side: f64 = (load<i32>(item, FLAGS) & IS_LONG) != 0 ? 1 : -1;
  const open = load<f64>(item, OPEN);
  const entry = open + side * (open * slippage);
  const nowhere = side * -Infinity;
  const favourable = target != target ? -nowhere : target;
  let adverse = stop != stop ? nowhere : stop;
  const liquidation = side > 0 ? entry * (1 - imr + mmr) : entry * (1 + imr - mmr);
  if (side * (liquidation - adverse) > 0) adverse = liquidation;
  const levels = levelsOf(side, adverse, favourable);
  const reached = i64x2.bitmask(f64x2.le(v128.load(item, LOW_HIGH), levels));
  if (reached == 0) return false;
  store<i32>(item, ENDS_BY_LEVEL, KIND);
  if (listStart >= 0 && adverseRow != 0 && favourableRow != 0) {
    takeTouch(item, place, reached, side, adverse, favourable);
    return true;
  }
  const entryBar = load<i32>(item, ENTRY_BAR);
  const bar = firstTouch(entryBar, load<i32>(item, EXIT_BAR), levels);
  const isAdverse = side > 0 ? lowAt(bar) <= adverse : highAt(bar) >= adverse;
  store<i32>(item, bar, EXIT_BAR);
  store<f64>(item, levelPrice(openAt(bar), isAdverse, side, adverse, favourable), EXIT_PRICE);
  if (bar > entryBar) measure(item + LOW_HIGH, entryBar, bar);
  nextSignal = nextEntry(bar);
  return true;
}

/** Low and negated high at or below which a level is reached. */
// @ts-ignore: decorator
@inline
function levelsOf(side: f64, adverse: f64, favourable: f64): v128 {
  return side > 0
    ? f64x2.replace_lane(f64x2.splat(adverse), 1, -favourable)
    : f64x2.replace_lane(f64x2.splat(favourable), 1, -adverse);
}

/** The earlier of the touches that the item's levels are known to have; `reached` says which have one. */
function takeTouch(
  item: usize,
  place: i32,
  reached: i32,
  side: f64,
  adverse: f64,
  favourable: f64,
): void {
  const entryBar = load<i32>(item, ENTRY_BAR);
  const limit = load<i32>(item, EXIT_BAR);
  const adverseBit = side > 0 ? 1 : 2;
  let at: usize = 0;
  let bar = limit;
  let isAdverse = false;
  if ((reached & adverseBit) != 0) {
    const levels = levelsOf(side, adverse, side * Infinity);
    at = touchAt(adverseRow, place, entryBar, limit, levels);
    bar = load<i32>(at, BAR);
    isAdverse = true;
  }
  if ((reached & ~adverseBit) != 0) {
    const levels = levelsOf(side, side * -Infinity, favourable);
    const other = touchAt(favourableRow, place, entryBar, limit, levels);
    if (load<i32>(other, BAR) < bar) {
      at = other;
      bar = load<i32>(other, BAR);
      isAdverse = false;
    }
  }
  store<i32>(item, bar, EXIT_BAR);
  const open = load<f64>(at, TOUCH_OPEN);
  store<f64>(item, levelPrice(open, isAdverse, side, adverse, favourable), EXIT_PRICE);
  if (bar > entryBar) {
    v128.store(item, v128.load(at), LOW_HIGH);
    v128.store(item, v128.load(at, 16), CLOSES);
  }
  if (load<i32>(at, NEXT) < 0) setNext(at, nextEntry(bar));
  nextSignal = load<i32>(at, NEXT);
}

/** Price of the level reached in a bar that opens at `open`: the open where that is beyond it. */
// @ts-ignore: decorator
@inline
function levelPrice(
  open: f64,
  isAdverse: bool,
  side: f64,
  adverse: f64,
  favourable: f64,
): f64 {
  const opensBelow = side * open <= side * adverse;
  const opensAbove = !opensBelow && side * open >= side * favourable;
  const level = isAdverse && !opensAbove ? adverse : favourable;
  return opensAbove || (isAdverse && opensBelow) ? open : level;
}
