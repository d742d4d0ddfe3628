/**
 * Drawdowns of an equity curve that is given by events: between two new peaks the peak is constant and
 * every fall is monotone in the equity, rounding included, so the lowest point between them gives both
 * extremes; and while a position is held equity is monotone in the close (each rounded operation
 * is), so a block of bars is looked into only where its best close makes a new peak.
 */
import { closeAt, peakCloses } from './market';

export let peak: f64 = 0;
export let lowest: f64 = 0;
export let fall: f64 = 0;
export let fallFraction: f64 = 0;
export let drawdownBars: i32 = 0;
let peakBar: i32 = 0;

/** A new curve, that begins with `money` before the row `bar`. */
export function openCurve(bar: i32, money: f64): void {
  peak = money;
  lowest = money;
  peakBar = bar - 1;
  fall = 0;
  fallFraction = 0;
  drawdownBars = 0;
}

/** Numbers of a curve put aside, in `CURVE_NUMBERS` places 16 bytes apart, peak and lowest first. */
export const CURVE_NUMBERS: usize = 6;

export function saveCurve(at: usize): void {
  store<f64>(at, peak);
  store<f64>(at, lowest, 16);
  store<f64>(at, fall, 32);
  store<f64>(at, fallFraction, 48);
  store<f64>(at, peakBar, 64);
  store<f64>(at, drawdownBars, 80);
}

export function resumeCurve(at: usize): void {
  peak = load<f64>(at);
  lowest = load<f64>(at, 16);
  fall = load<f64>(at, 32);
  fallFraction = load<f64>(at, 48);
  peakBar = <i32>load<f64>(at, 64);
  drawdownBars = <i32>load<f64>(at, 80);
}

// @ts-ignore: decorator
@inline
export function addFlat(bar: i32, money: f64): void {
  if (money > peak) {
    settleCurve(bar);
    peak = money;
    lowest = money;
    peakBar = bar;
  } else {
    lowest = lesser(lowest, money);
  }
}

// @ts-ignore: decorator
@inline
export function addHeldCurve(
  extremes: v128,
  from: i32,
  end: i32,
  held: f64,
  entry: f64,
  size: f64,
  side: f64,
): void {
  const least = f64x2.extract_lane(extremes, 0);
  const most = -f64x2.extract_lane(extremes, 1);
  const isLong = side > 0;
  if (held + side * ((isLong ? most : least) - entry) * size > peak) {
    walkPeaks(from, end, held, entry, size, side);
    return;
  }
  lowest = lesser(lowest, held + side * ((isLong ? least : most) - entry) * size);
}

/** Accounts for the run of points after the last peak and before row `end`. */
export function settleCurve(end: i32): void {
  drawdownBars = max(drawdownBars, end - peakBar - 1);
  const depth = peak - lowest;
  if (depth > fall) fall = depth;
  const part = depth / peak;
  if (part > fallFraction) fallFraction = part;
}

// --- internal ---

/** The second where it is below the first: one instruction, where a branch could not be foreseen. */
// @ts-ignore: decorator
@inline
function lesser(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)), 0);
}

function walkPeaks(from: i32, end: i32, held: f64, entry: f64, size: f64, side: f64): void {
  const isLong = side > 0;
  let bar = from;
  while (bar < end) {
    const next = min(end, (bar | 31) + 1);
    const isBlock = next - bar == 32;
    const extremes = peakCloses(bar);
    const least = f64x2.extract_lane(extremes, 0);
    const most = -f64x2.extract_lane(extremes, 1);
    if (isBlock && !(held + side * ((isLong ? most : least) - entry) * size > peak)) {
      lowest = lesser(lowest, held + side * ((isLong ? least : most) - entry) * size);
    } else {
      visitBars(bar, next, held, entry, size, side);
    }
    bar = next;
  }
}

function visitBars(from: i32, end: i32, held: f64, entry: f64, size: f64, side: f64): void {
  for (let bar = from; bar < end; bar++) {
    const equity = held + side * (closeAt(bar) - entry) * size;
    if (equity > peak) {
      settleCurve(bar);
      peak = equity;
      peakBar = bar;
      lowest = equity;
    } else if (equity < lowest) {
      lowest = equity;
    }
  }
}
