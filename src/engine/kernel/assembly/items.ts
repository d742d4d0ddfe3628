/**
 * A position, in bytes: two vectors of extremes, then numbers; a line of the cache. Where it has been
 * given its levels, what it is planned with stands behind it, and the next begins after that.
 */
export const ITEM: usize = 64;
export const PLANNED_ITEM: usize = 80;

export const LOW_HIGH: usize = 0;
export const CLOSES: usize = 16;
/** Open of the entry bar; price of the exit before slippage. */
export const OPEN: usize = 32;
export const EXIT_PRICE: usize = 40;
/** Bar of the entry, and the bar on which it is over. */
export const ENTRY_BAR: usize = 48;
export const EXIT_BAR: usize = 52;
export const KIND: usize = 56;
export const FLAGS: usize = 60;
/** What it is planned with: distance from the signal's close to the stop, and that close. */
export const GAP: usize = 64;
export const PRICE: usize = 72;

/** How a position ends: at a level, at the open after a signal, with the data; or never begins. */
export const ENDS_BY_LEVEL: i32 = 0;
export const ENDS_BY_SIGNAL: i32 = 1;
export const ENDS_WITH_DATA: i32 = 2;
export const NEVER_FILLED: i32 = 3;

export const IS_LONG: i32 = 1;
/** The card gives the order its levels; without them there is no order. */
export const IS_PLANNED: i32 = 2;
/** Opened by the order that closed the position before it. */
export const IS_REVERSED: i32 = 4;
/** The next of the list is opened by the order that closes this one. */
export const IS_REVERSING: i32 = 8;

/** As memory.copy, which is a call. */
// @ts-ignore: decorator
@inline
export function copyItem(into: usize, item: usize): void {
  v128.store(into, v128.load(item));
  v128.store(into, v128.load(item, 16), 16);
  v128.store(into, v128.load(item, 32), 32);
  v128.store(into, v128.load(item, 48), 48);
}
