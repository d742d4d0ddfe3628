import {
  BLOCK_SHIFT,
  BLOCKS_SHIFT,
  MAX_CLOSE,
  MAX_HIGH,
  MIN_CLOSE,
  MIN_LOW,
  type Market,
} from './market.ts';

/** Bars of a block less one. */
const IN_BLOCK = (1 << BLOCK_SHIFT) - 1;
/** Blocks of a super block, and less one. */
const BLOCKS = 1 << BLOCKS_SHIFT;
const IN_SUPER = BLOCKS - 1;

/** Extremes of a range of bars, and the search for the first bar that touches a level. */
export class Ranges {
  minLow = 0;
  maxHigh = 0;
  minClose = 0;
  maxClose = 0;
  readonly #market: Market;

  constructor(market: Market) {
    this.#market = market;
  }

  /** The extremes over `[from, end)`, `end` above `from`. Comparisons only, so exact. */
  measure(from: number, end: number): void {
    const last = end - 1;
    const first = from >>> BLOCK_SHIFT;
    const final = last >>> BLOCK_SHIFT;
    if (first === final) {
      this.#measureBars(from, end);
      return;
    }
    const { suffixes, prefixes } = this.#market;
    this.minLow = Infinity;
    this.maxHigh = -Infinity;
    this.minClose = Infinity;
    this.maxClose = -Infinity;
    this.#take(suffixes, 4 * from);
    this.#take(prefixes, 4 * last);
    if (final > first + 1) this.#measureBlocks(first + 1, final);
  }

  /**
   * The first bar in `[from, end)` whose low is at or below `lowLevel` or whose high is at or above
   * `highLevel`; `end` when there is none.
   */
  firstTouch(from: number, end: number, lowLevel: number, highLevel: number): number {
    const { suffixes, blocks, supers } = this.#market;
    const blockEnd = (from | IN_BLOCK) + 1;
    if (end <= blockEnd) return this.#touchedBar(from, end, lowLevel, highLevel);
    if (isTouched(suffixes, 4 * from, lowLevel, highLevel)) {
      return this.#touchedBar(from, blockEnd, lowLevel, highLevel);
    }
    const last = (end + IN_BLOCK) >>> BLOCK_SHIFT;
    let block = blockEnd >>> BLOCK_SHIFT;
    while (block < last) {
      if ((block & IN_SUPER) === 0 && block + BLOCKS <= last) {
        if (!isTouched(supers, 4 * (block >>> BLOCKS_SHIFT), lowLevel, highLevel)) {
          block += BLOCKS;
          continue;
        }
      }
      if (isTouched(blocks, 4 * block, lowLevel, highLevel)) {
        const start = block << BLOCK_SHIFT;
        const stop = Math.min(end, start + IN_BLOCK + 1);
        const bar = this.#touchedBar(start, stop, lowLevel, highLevel);
        if (bar < stop) return bar;
      }
      block += 1;
    }
    return end;
  }

  #measureBars(from: number, end: number): void {
    const { low, high, close } = this.#market;
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
    this.minLow = minLow;
    this.maxHigh = maxHigh;
    this.minClose = minClose;
    this.maxClose = maxClose;
  }

  #measureBlocks(from: number, end: number): void {
    const { blocks, supers } = this.#market;
    let block = from;
    while (block < end) {
      if ((block & IN_SUPER) === 0 && block + BLOCKS <= end) {
        this.#take(supers, 4 * (block >>> BLOCKS_SHIFT));
        block += BLOCKS;
      } else {
        this.#take(blocks, 4 * block);
        block += 1;
      }
    }
  }

  #take(records: Float64Array, at: number): void {
    const low = records[at + MIN_LOW] as number;
    const high = records[at + MAX_HIGH] as number;
    const minClose = records[at + MIN_CLOSE] as number;
    const maxClose = records[at + MAX_CLOSE] as number;
    if (low < this.minLow) this.minLow = low;
    if (high > this.maxHigh) this.maxHigh = high;
    if (minClose < this.minClose) this.minClose = minClose;
    if (maxClose > this.maxClose) this.maxClose = maxClose;
  }

  #touchedBar(from: number, end: number, lowLevel: number, highLevel: number): number {
    const { low, high } = this.#market;
    for (let bar = from; bar < end; bar++) {
      if ((low[bar] as number) <= lowLevel || (high[bar] as number) >= highLevel) return bar;
    }
    return end;
  }
}

// --- internal ---

function isTouched(
  records: Float64Array,
  at: number,
  lowLevel: number,
  highLevel: number,
): boolean {
  return (
    (records[at + MIN_LOW] as number) <= lowLevel || (records[at + MAX_HIGH] as number) >= highLevel
  );
}
