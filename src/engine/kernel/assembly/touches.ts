/**
 * Where the positions of a list end if one level alone could end them before their signals do, in a row
 * for every stop and every target that came by: points that differ in levels have most of these in
 * common, and of two rows the earlier end of each position is the point's. A grid of 20 stops and 20
 * targets makes 40 rows instead of searching 400 times.
 *
 * A row is a header; for each position a number that orders ends; the positions as they end; and the
 * vector each is planned with.
 */
import {
  ENDS_BY_LEVEL,
  ENTRY_BAR,
  EXIT_BAR,
  EXIT_PRICE,
  ITEM,
  KIND,
  LOW_HIGH,
  NEVER_FILLED,
  copyItem,
} from './items';
import {
  adverseLevel,
  favourableLevel,
  gap,
  levelsOf,
  plan,
  price,
  sideOf,
} from './levels';
import { countOf, itemsOf } from './lists';
import { endBar, firstTouch, measure, openAt } from './market';
import { nextEntry } from './terms';

const ROWS_MAX: i32 = 128;
const HEADER: usize = 64;

let keys: usize = 0;
let rows: usize = 0;
let bytesMax: usize = 0;
let rowBytes: usize = 0;
let count: i32 = 0;
let list: usize = 0;

/** Bytes for keys and rows to be given to `openTouches`. */
export function touchesBytes(rowsBytes: usize): usize {
  return 8 * ROWS_MAX + rowsBytes;
}

export function openTouches(at: usize, rowsBytes: usize): void {
  keys = at;
  rows = at + 8 * ROWS_MAX;
  bytesMax = rowsBytes;
}

/** Forgets all rows: those to come are of another list. */
export function beginTouches(ofList: usize): void {
  list = ofList;
  count = 0;
  rowBytes = plansOf(0) + 16 * <usize>countOf(list);
  rowBytes = (rowBytes + 63) & ~63;
}

/**
 * The row of the running point's stop and liquidation, or of its target, which is known by `key`; 0
 * where there is no place for it, or a position has no order or is followed by none of the list.
 */
export function rowOf(key: f64, isAdverse: bool): usize {
  for (let r = 0; r < count; r++) {
    if (load<f64>(keys + 8 * r) == key) return usable(rows + rowBytes * r);
  }
  if (count == ROWS_MAX || rowBytes * (count + 1) > bytesMax) return 0;
  const row = rows + rowBytes * count;
  store<f64>(keys + 8 * count, key);
  count += 1;
  store<i32>(row, i32(fill(row, isAdverse)));
  return usable(row);
}

/** Writes where the position lies that ends first, for each of two rows, to `places`. */
export function chooseEnds(places: usize, adverseRow: usize, favourableRow: usize): void {
  const positions = countOf(list);
  let adverse = i32x4.add(i32x4.splat(<i32>endsOf(adverseRow)), i32x4(0, 64, 128, 192));
  let favourable = i32x4.add(i32x4.splat(<i32>endsOf(favourableRow)), i32x4(0, 64, 128, 192));
  for (let n: usize = 0; n < <usize>positions; n += 4) {
    const isFirst = i32x4.lt_s(
      v128.load(favourableRow + HEADER + 4 * n),
      v128.load(adverseRow + HEADER + 4 * n),
    );
    v128.store(places + 4 * n, v128.bitselect(favourable, adverse, isFirst));
    adverse = i32x4.add(adverse, i32x4.splat(4 * <i32>ITEM));
    favourable = i32x4.add(favourable, i32x4.splat(4 * <i32>ITEM));
  }
}

/** What the positions of a row of stops are planned with, 16 bytes each. */
export function plansOf(row: usize): usize {
  return endsOf(row) + ITEM * <usize>countOf(list);
}

// --- internal ---

// @ts-ignore: decorator
@inline
function usable(row: usize): usize {
  return load<i32>(row) == 0 ? 0 : row;
}

// @ts-ignore: decorator
@inline
function endsOf(row: usize): usize {
  return row + HEADER + ((4 * <usize>countOf(list) + 63) & ~63);
}

/** False where a position has no order or is followed by none of the list. */
function fill(row: usize, isAdverse: bool): bool {
  const positions = countOf(list);
  const ends = endsOf(row);
  const plans = plansOf(row);
  for (let n = 0; n < positions; n++) {
    const item = itemsOf(list) + ITEM * n;
    if (!plan(item)) return false;
    const end = ends + ITEM * n;
    copyItem(end, item);
    v128.store(plans + 16 * n, f64x2.replace_lane(f64x2.splat(price), 0, gap));
    const order = load<i32>(item, KIND) == NEVER_FILLED ? i32.MAX_VALUE : endOf(end, item, isAdverse);
    store<i32>(row + HEADER + 4 * n, order);
    if (load<i32>(end, KIND) != ENDS_BY_LEVEL) continue;
    const next = nextEntry(load<i32>(end, EXIT_BAR));
    const isLast = n + 1 == positions;
    if (isLast ? next < endBar : load<i32>(item + ITEM, ENTRY_BAR) != next + 1) return false;
  }
  return true;
}

/**
 * Ends a position at the level if it is reached. Ends are in the order of the numbers returned: of two in
 * one bar the stop's is first, but for a target that the bar opens beyond.
 */
// @ts-ignore: decorator
@inline
function endOf(end: usize, item: usize, isAdverse: bool): i32 {
  const side = sideOf(item);
  const level = isAdverse ? adverseLevel(item, side) : favourableLevel(side);
  const levels = isAdverse
    ? levelsOf(side, level, side * Infinity)
    : levelsOf(side, side * -Infinity, level);
  const limit = load<i32>(item, EXIT_BAR);
  if (!v128.any_true(f64x2.le(v128.load(item, LOW_HIGH), levels))) return 2 * limit + 1;
  const entryBar = load<i32>(item, ENTRY_BAR);
  const bar = firstTouch(entryBar, limit, levels);
  const open = openAt(bar);
  const isBeyond = isAdverse ? side * open <= side * level : side * open >= side * level;
  store<i32>(end, ENDS_BY_LEVEL, KIND);
  store<i32>(end, bar, EXIT_BAR);
  store<f64>(end, isBeyond ? open : level, EXIT_PRICE);
  if (bar > entryBar) measure(end, entryBar, bar);
  return 2 * bar + i32(isAdverse || !isBeyond);
}
