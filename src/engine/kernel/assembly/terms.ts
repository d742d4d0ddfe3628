import { nextBit } from './bits';
import { endBar } from './market';

/**
 * Terms of the running point, written by the caller as numbers at TERMS in the order below, and its
 * signals, as addresses of bitsets. Those of a second point stand TERMS_BYTES behind them.
 */
export const TERMS: usize = 2048;
export const TERMS_BYTES: usize = 256;

export const LEVEL_NONE: i32 = 0;
export const LEVEL_PERCENT: i32 = 1;
export const LEVEL_POINTS: i32 = 2;
export const LEVEL_ATR: i32 = 3;
export const LEVEL_RATIO: i32 = 4;

export const SIZE_PERCENT_NOTIONAL: i32 = 0;
export const SIZE_FIXED: i32 = 1;
export const SIZE_PERCENT_EQUITY: i32 = 2;
export const SIZE_RISK: i32 = 3;

export let startingEquity: f64 = 0;
export let starvation: f64 = 0;
export let minNotional: f64 = 0;
export let leverage: f64 = 0;
export let imr: f64 = 0;
export let mmr: f64 = 0;
export let feeRate: f64 = 0;
export let slippage: f64 = 0;
export let stopValue: f64 = 0;
export let stopShare: f64 = 0;
export let bufferShare: f64 = 0;
export let targetValue: f64 = 0;
export let targetShare: f64 = 0;
export let sizeValue: f64 = 0;
export let sizeShare: f64 = 0;
export let stopType: i32 = 0;
export let hasBuffer: bool = false;
export let targetType: i32 = 0;
export let sizing: i32 = 0;
export let canFlip: bool = false;
/** Addresses of float64 columns, 0 where the level needs none or it does not exist. */
export let stopAtr: usize = 0;
export let targetAtr: usize = 0;

export let enterLong: usize = 0;
export let enterShort: usize = 0;
export let exitLong: usize = 0;
export let exitShort: usize = 0;
/** Equal for points with the same signals. */
export let signalsKey: f64 = 0;
/** Equal for points whose positions have the same stop and liquidation, and the same target. */
export let adverseKey: f64 = 0;
export let favourableKey: f64 = 0;
/** The list of positions of these signals, 0 for none. */
export let list: usize = 0;

/** Sets the terms of the first point or, with 1, of the second. */
export function readTerms(which: i32): void {
  terms = TERMS + TERMS_BYTES * which;
  startingEquity = term(0);
  starvation = term(1);
  minNotional = term(2);
  leverage = term(3);
  imr = term(4);
  mmr = term(5);
  feeRate = term(6);
  slippage = term(7);
  stopValue = term(8);
  stopShare = term(9);
  bufferShare = term(10);
  targetValue = term(11);
  targetShare = term(12);
  sizeValue = term(13);
  sizeShare = term(14);
  stopType = <i32>term(15);
  hasBuffer = term(16) != 0;
  targetType = <i32>term(17);
  sizing = <i32>term(18);
  canFlip = term(19) != 0;
  stopAtr = <usize>term(20);
  targetAtr = <usize>term(21);
  enterLong = <usize>term(22);
  enterShort = <usize>term(23);
  exitLong = <usize>term(24);
  exitShort = <usize>term(25);
  signalsKey = term(26);
  adverseKey = term(27);
  favourableKey = term(28);
  list = <usize>term(29);
}

/** The first bar from `bar` on at whose close the running point enters. */
// @ts-ignore: decorator
@inline
export function nextEntry(bar: i32): i32 {
  return min(nextBit(enterLong, bar, endBar), nextBit(enterShort, bar, endBar));
}

// --- internal ---

let terms: usize = TERMS;

// @ts-ignore: decorator
@inline
function term(place: usize): f64 {
  return load<f64>(terms + 8 * place);
}
