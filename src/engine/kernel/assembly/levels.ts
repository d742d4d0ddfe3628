/** Stop, target and liquidation of a position, and the price at which one of them ends it. */
import { IS_LONG, OPEN, ENTRY_BAR, FLAGS } from './items';
import { closeAt } from './market';
import {
  LEVEL_ATR,
  LEVEL_NONE,
  LEVEL_PERCENT,
  LEVEL_POINTS,
  LEVEL_RATIO,
  SIZE_PERCENT_EQUITY,
  SIZE_RISK,
  bufferShare,
  hasBuffer,
  imr,
  mmr,
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

/** Of the position that `plan` saw last; NaN where there is none. */
export let stop: f64 = 0;
export let target: f64 = 0;
/** Its signal's close, and the distance from there to the stop. */
export let price: f64 = 0;
export let gap: f64 = 0;

export function hasLevels(): bool {
  return stopType != LEVEL_NONE || targetType != LEVEL_NONE || dividesByGap();
}

/**
 * Sets stop, target and gap of a position; false where there is no order: a wanted stop has no price, or
 * the size no stop distance to divide by (C1).
 */
// @ts-ignore: decorator
@inline
export function plan(item: usize): bool {
  const signalBar = load<i32>(item, ENTRY_BAR) - 1;
  const side = sideOf(item);
  price = closeAt(signalBar);
  const distance = stopDistance(signalBar, price);
  stop = price - side * distance;
  if (hasBuffer) stop -= side * (price * bufferShare);
  gap = abs(price - stop);
  if (stopType != LEVEL_NONE && stop != stop) return false;
  if (dividesByGap() && !(gap > 0)) return false;
  let away: f64 = NaN;
  if (targetType == LEVEL_PERCENT) away = price * targetShare;
  else if (targetType == LEVEL_RATIO) away = distance * targetValue;
  else if (targetType == LEVEL_POINTS) away = targetValue;
  else if (targetType == LEVEL_ATR) {
    away = targetAtr == 0 ? NaN : load<f64>(targetAtr + 8 * signalBar) * targetValue;
  }
  target = price + side * away;
  return true;
}

/** 1 for long, −1 for short. */
// @ts-ignore: decorator
@inline
export function sideOf(item: usize): f64 {
  return (load<i32>(item, FLAGS) & IS_LONG) != 0 ? 1 : -1;
}

/** The nearer of stop and liquidation, which needs the position's open; of what `plan` saw. */
// @ts-ignore: decorator
@inline
export function adverseLevel(item: usize, side: f64): f64 {
  const open = load<f64>(item, OPEN);
  const entry = open + side * (open * slippage);
  const adverse = stop != stop ? side * -Infinity : stop;
  const liquidation = side > 0 ? entry * (1 - imr + mmr) : entry * (1 + imr - mmr);
  return side * (liquidation - adverse) > 0 ? liquidation : adverse;
}

/** The target, beyond all prices where there is none. */
// @ts-ignore: decorator
@inline
export function favourableLevel(side: f64): f64 {
  return target != target ? side * Infinity : target;
}

/** Low and negated high at or below which a level is reached. */
// @ts-ignore: decorator
@inline
export function levelsOf(side: f64, adverse: f64, favourable: f64): v128 {
  return side > 0
    ? f64x2.replace_lane(f64x2.splat(adverse), 1, -favourable)
    : f64x2.replace_lane(f64x2.splat(favourable), 1, -adverse);
}

/** Price of the level reached in a bar that opens at `open`: the open where that is beyond it. */
// @ts-ignore: decorator
@inline
export function levelPrice(
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

// --- internal ---

// @ts-ignore: decorator
@inline
function dividesByGap(): bool {
  return sizing == SIZE_PERCENT_EQUITY || sizing == SIZE_RISK;
}

/** Distance from `price` to the stop of an order at the close of `bar`; NaN for none. */
// @ts-ignore: decorator
@inline
function stopDistance(bar: i32, price: f64): f64 {
  if (stopType == LEVEL_PERCENT) return price * stopShare;
  if (stopType == LEVEL_POINTS) return stopValue;
  if (stopType == LEVEL_ATR) return stopAtr == 0 ? NaN : load<f64>(stopAtr + 8 * bar) * stopValue;
  return NaN;
}
