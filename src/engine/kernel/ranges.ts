import { LAYOUT, type Market } from './market.ts';
import { STATE, type RunState } from './run-state.ts';

const {
  BLOCK_SHIFT,
  BLOCKS_SHIFT,
  IN_BLOCK,
  MAX_CLOSE,
  MAX_HIGH,
  MIN_CLOSE,
  MIN_LOW,
  PREFIX,
  RECORD,
  SUFFIX,
} = LAYOUT;
const { ADVERSE, EXIT, FAVOURABLE, HIGH_LEVEL, LOW_LEVEL, RANGE, SIDE } = STATE;

/** Blocks of a super block, and less one. */
const BLOCKS = 1 << BLOCKS_SHIFT;
const IN_SUPER = BLOCKS - 1;

/** Writes the extremes over `[from, end)`, `end` above `from`. Comparisons only, so exact. */
export function measureRange(market: Market, state: RunState, from: number, end: number): void {
  const first = from >>> BLOCK_SHIFT;
  const final = (end - 1) >>> BLOCK_SHIFT;
  if (first === final) {
    measureBars(market, state, from, end);
    return;
  }
  const { records } = market;
  const a = RECORD * from + SUFFIX;
  const b = RECORD * end + PREFIX;
  const minLow = records[a + MIN_LOW] as number;
  const maxHigh = records[a + MAX_HIGH] as number;
  const minClose = records[a + MIN_CLOSE] as number;
  const maxClose = records[a + MAX_CLOSE] as number;
  const low = records[b + MIN_LOW] as number;
  const high = records[b + MAX_HIGH] as number;
  const bottom = records[b + MIN_CLOSE] as number;
  const top = records[b + MAX_CLOSE] as number;
  state[RANGE + MIN_LOW] = low < minLow ? low : minLow;
  state[RANGE + MAX_HIGH] = high > maxHigh ? high : maxHigh;
  state[RANGE + MIN_CLOSE] = bottom < minClose ? bottom : minClose;
  state[RANGE + MAX_CLOSE] = top > maxClose ? top : maxClose;
  if (final > first + 1) measureBlocks(market, state, first + 1, final);
}

/** The first bar in `[from, end)` that touches one of the two levels; `end` when there is none. */
export function firstTouch(market: Market, state: RunState, from: number, end: number): number {
  const { records, blocks, supers } = market;
  const lowLevel = state[LOW_LEVEL] as number;
  const highLevel = state[HIGH_LEVEL] as number;
  const blockEnd = (from | IN_BLOCK) + 1;
  if (end <= blockEnd) return touchedBar(market, state, from, end);
  const here = RECORD * from + SUFFIX;
  if (
    (records[here + MIN_LOW] as number) <= lowLevel ||
    (records[here + MAX_HIGH] as number) >= highLevel
  ) {
    return touchedBar(market, state, from, blockEnd);
  }
  const last = (end + IN_BLOCK) >>> BLOCK_SHIFT;
  let block = blockEnd >>> BLOCK_SHIFT;
  while (block < last) {
    const isSuper = (block & IN_SUPER) === 0 && block + BLOCKS <= last;
    const at = isSuper ? 4 * (block >>> BLOCKS_SHIFT) : 4 * block;
    const extremes = isSuper ? supers : blocks;
    const isTouched =
      (extremes[at + MIN_LOW] as number) <= lowLevel ||
      (extremes[at + MAX_HIGH] as number) >= highLevel;
    if (!isTouched) {
      block += isSuper ? BLOCKS : 1;
      continue;
    }
    const found = searchBlocks(market, state, {
      block,
      last: isSuper ? block + BLOCKS : block + 1,
      end,
    });
    if (found < end) return found;
    block += isSuper ? BLOCKS : 1;
  }
  return end;
}

/** EXIT of the level reached inside `bar`: at the open where the bar opens beyond it. */
export function priceLevel({ open, low, high }: Market, state: RunState, bar: number): void {
  const side = state[SIDE] as number;
  const adverse = state[ADVERSE] as number;
  const favourable = state[FAVOURABLE] as number;
  const price = open[bar] as number;
  const isAdverse = side > 0 ? (low[bar] as number) <= adverse : (high[bar] as number) >= adverse;
  const opensBelow = side * price <= side * adverse;
  const opensAbove = !opensBelow && side * price >= side * favourable;
  const level = isAdverse && !opensAbove ? adverse : favourable;
  state[EXIT] = opensAbove || (isAdverse && opensBelow) ? price : level;
}

// --- internal ---

/** The first touched bar of blocks `[block, last)` below `end`, else `end`. */
function searchBlocks(
  market: Market,
  state: RunState,
  { block, last, end }: { block: number; last: number; end: number },
): number {
  const { blocks } = market;
  const lowLevel = state[LOW_LEVEL] as number;
  const highLevel = state[HIGH_LEVEL] as number;
  for (let at = block; at < last; at++) {
    const isTouched =
      (blocks[4 * at + MIN_LOW] as number) <= lowLevel ||
      (blocks[4 * at + MAX_HIGH] as number) >= highLevel;
    if (!isTouched) continue;
    const start = at << BLOCK_SHIFT;
    const stop = Math.min(end, start + IN_BLOCK + 1);
    const bar = touchedBar(market, state, start, stop);
    if (bar < stop) return bar;
  }
  return end;
}

function touchedBar({ low, high }: Market, state: RunState, from: number, end: number): number {
  const lowLevel = state[LOW_LEVEL] as number;
  const highLevel = state[HIGH_LEVEL] as number;
  let bar = from;
  while (bar < end && (low[bar] as number) > lowLevel && (high[bar] as number) < highLevel) bar++;
  return bar;
}

function measureBars(
  { low, high, close }: Market,
  state: RunState,
  from: number,
  end: number,
): void {
  let minLow = low[from] as number;
  let maxHigh = high[from] as number;
  let minClose = close[from] as number;
  let maxClose = minClose;
  for (let bar = from + 1; bar < end; bar++) {
    const bottom = low[bar] as number;
    const top = high[bar] as number;
    const price = close[bar] as number;
    if (bottom < minLow) minLow = bottom;
    if (top > maxHigh) maxHigh = top;
    if (price < minClose) minClose = price;
    if (price > maxClose) maxClose = price;
  }
  state[RANGE + MIN_LOW] = minLow;
  state[RANGE + MAX_HIGH] = maxHigh;
  state[RANGE + MIN_CLOSE] = minClose;
  state[RANGE + MAX_CLOSE] = maxClose;
}

function measureBlocks(
  { blocks, supers }: Market,
  state: RunState,
  from: number,
  end: number,
): void {
  let minLow = state[RANGE + MIN_LOW] as number;
  let maxHigh = state[RANGE + MAX_HIGH] as number;
  let minClose = state[RANGE + MIN_CLOSE] as number;
  let maxClose = state[RANGE + MAX_CLOSE] as number;
  let block = from;
  while (block < end) {
    const isSuper = (block & IN_SUPER) === 0 && block + BLOCKS <= end;
    const at = isSuper ? 4 * (block >>> BLOCKS_SHIFT) : 4 * block;
    const extremes = isSuper ? supers : blocks;
    const bottom = extremes[at + MIN_LOW] as number;
    const top = extremes[at + MAX_HIGH] as number;
    const lowest = extremes[at + MIN_CLOSE] as number;
    const highest = extremes[at + MAX_CLOSE] as number;
    if (bottom < minLow) minLow = bottom;
    if (top > maxHigh) maxHigh = top;
    if (lowest < minClose) minClose = lowest;
    if (highest > maxClose) maxClose = highest;
    block += isSuper ? BLOCKS : 1;
  }
  state[RANGE + MIN_LOW] = minLow;
  state[RANGE + MAX_HIGH] = maxHigh;
  state[RANGE + MIN_CLOSE] = minClose;
  state[RANGE + MAX_CLOSE] = maxClose;
}
