/**
 * First touches that points have in common: where each position of their list first reaches a level,
 * for every stop and every target that came by. A grid of 20 stops and 20 targets then searches 40
 * times instead of 400. A row holds, per position, the extremes of the bars before the touch, the
 * open of its bar, the bar, and the next entry signal from there.
 */
import { firstTouch, measure, openAt } from './market';

export const OPEN: usize = 32;
export const BAR: usize = 40;
export const NEXT: usize = 44;
const TOUCH: usize = 48;

const ROWS_MAX: i32 = 128;
const UNKNOWN: i32 = -1;

let keys: usize = 0;
let rows: usize = 0;
let rowBytes: usize = 0;
let bytesMax: usize = 0;
let count: i32 = 0;
let positions: i32 = 0;

/** Bytes for keys and rows to be given to `openTouches`. */
export function touchesBytes(rowsBytes: usize): usize {
  return 8 * ROWS_MAX + rowsBytes;
}

export function openTouches(at: usize, rowsBytes: usize): void {
  keys = at;
  rows = at + 8 * ROWS_MAX;
  bytesMax = rowsBytes;
}

/** Forgets all rows: the list has others than before, and `length` of them. */
export function beginTouches(length: i32): void {
  count = 0;
  positions = length;
  rowBytes = TOUCH * length;
}

/** The row of a level, 0 where there is no place for it. */
export function rowOf(key: f64): usize {
  for (let r = 0; r < count; r++) {
    if (load<f64>(keys + 8 * r) == key) return rows + rowBytes * r;
  }
  if (count == ROWS_MAX || rowBytes * (count + 1) > bytesMax) return 0;
  const row = rows + rowBytes * count;
  store<f64>(keys + 8 * count, key);
  count += 1;
  for (let n = 0; n < positions; n++) store<i32>(row + TOUCH * n, UNKNOWN, BAR);
  return row;
}

/** The touch of position `n`, held over `[entryBar, limit)`; its bar is `limit` where there is none. */
// @ts-ignore: decorator
@inline
export function touchAt(row: usize, n: i32, entryBar: i32, limit: i32, levels: v128): usize {
  const at = row + TOUCH * n;
  if (load<i32>(at, BAR) == UNKNOWN) find(at, entryBar, limit, levels);
  return at;
}

/** Sets the next entry signal of a touch, which the caller looks for. */
// @ts-ignore: decorator
@inline
export function setNext(at: usize, bar: i32): void {
  store<i32>(at, bar, NEXT);
}

// --- internal ---

function find(at: usize, entryBar: i32, limit: i32, levels: v128): void {
  const bar = firstTouch(entryBar, limit, levels);
  store<i32>(at, bar, BAR);
  store<i32>(at, UNKNOWN, NEXT);
  if (bar == limit) return;
  store<f64>(at, openAt(bar), OPEN);
  if (bar > entryBar) measure(at, entryBar, bar);
}
