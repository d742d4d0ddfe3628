import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { DAY_MS, type Window } from '../../time.ts';

/** Bars of a block, and of a block of blocks: 2^5 and 2^10. */
export const BLOCK_SHIFT = 5;
export const SUPER_SHIFT = 10;
export const BLOCKS_SHIFT = SUPER_SHIFT - BLOCK_SHIFT;

/** Places of the four extremes in a record of the interleaved arrays. */
export const MIN_LOW = 0;
export const MAX_HIGH = 1;
export const MIN_CLOSE = 2;
export const MAX_CLOSE = 3;

/**
 * What the points of a sweep share about one exec feed and window: extremes of low, high and close
 * per block, from each bar to its block's end and from its block's start to each bar, so that a
 * range of bars costs two records and the blocks between; and the row that each daily sample reads.
 * Records of four lie together, one cache line or half of one each. Built once, 8 ns a bar.
 */
export class Market {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly startBar: number;
  readonly endBar: number;
  /** Record 4·bar: the extremes from the bar to the end of its block. */
  readonly suffixes: Float64Array;
  /** Record 4·bar: the extremes from the start of the block to the bar. */
  readonly prefixes: Float64Array;
  /** Record 4·block. */
  readonly blocks: Float64Array;
  readonly supers: Float64Array;
  /** Row that the sample of each UTC day reads, −1 before the first bar (design §12.3). */
  readonly dayBars: Int32Array;

  constructor(feeds: MultiTFFeedStore, window: Window) {
    const { store } = feeds.exec;
    this.open = store.open;
    this.high = store.high;
    this.low = store.low;
    this.close = store.close;
    this.startBar = feeds.windowStartBar;
    this.endBar = feeds.endBar;
    this.suffixes = new Float64Array(4 * this.endBar);
    this.prefixes = new Float64Array(4 * this.endBar);
    this.blocks = new Float64Array(4 * ((this.endBar >>> BLOCK_SHIFT) + 1));
    this.supers = new Float64Array(4 * ((this.endBar >>> SUPER_SHIFT) + 1));
    this.#fillPrefixes();
    this.#fillSuffixes();
    this.#fillSupers();
    this.dayBars = dayBarsOf(store.tsClose, this.startBar, this.endBar, window);
  }

  #fillPrefixes(): void {
    const { prefixes, blocks, endBar } = this;
    for (let bar = 0; bar < endBar; bar++) {
      this.#writeBar(prefixes, bar);
      if ((bar & ((1 << BLOCK_SHIFT) - 1)) !== 0) merge(prefixes, 4 * bar, 4 * bar - 4, prefixes);
      copy(prefixes, 4 * bar, blocks, 4 * (bar >>> BLOCK_SHIFT));
    }
  }

  #fillSuffixes(): void {
    const { suffixes, endBar } = this;
    const last = (1 << BLOCK_SHIFT) - 1;
    for (let bar = endBar - 1; bar >= 0; bar--) {
      this.#writeBar(suffixes, bar);
      const isLast = (bar & last) === last || bar === endBar - 1;
      if (!isLast) merge(suffixes, 4 * bar, 4 * bar + 4, suffixes);
    }
  }

  #fillSupers(): void {
    const { blocks, supers } = this;
    const count = (this.endBar + (1 << BLOCK_SHIFT) - 1) >>> BLOCK_SHIFT;
    for (let block = 0; block < count; block++) {
      const at = 4 * (block >>> BLOCKS_SHIFT);
      const isFirst = (block & ((1 << BLOCKS_SHIFT) - 1)) === 0;
      if (isFirst) copy(blocks, 4 * block, supers, at);
      else merge(supers, at, 4 * block, blocks);
    }
  }

  #writeBar(into: Float64Array, bar: number): void {
    const close = this.close[bar] as number;
    into[4 * bar + MIN_LOW] = this.low[bar] as number;
    into[4 * bar + MAX_HIGH] = this.high[bar] as number;
    into[4 * bar + MIN_CLOSE] = close;
    into[4 * bar + MAX_CLOSE] = close;
  }
}

// --- internal ---

function merge(into: Float64Array, at: number, from: number, source: Float64Array): void {
  into[at] = Math.min(into[at] as number, source[from] as number);
  into[at + 1] = Math.max(into[at + 1] as number, source[from + 1] as number);
  into[at + 2] = Math.min(into[at + 2] as number, source[from + 2] as number);
  into[at + 3] = Math.max(into[at + 3] as number, source[from + 3] as number);
}

function copy(source: Float64Array, from: number, into: Float64Array, at: number): void {
  for (let k = 0; k < 4; k++) into[at + k] = source[from + k] as number;
}

/** As `dailySamples` of metrics/returns.ts for a run that reaches the end of the window. */
function dayBarsOf(
  tsClose: Float64Array,
  startBar: number,
  endBar: number,
  window: Window,
): Int32Array {
  const firstDay = Math.floor(window.startMs / DAY_MS);
  const days = Math.max(0, Math.floor((window.endMs - 1) / DAY_MS) - firstDay + 1);
  const rows = new Int32Array(days);
  let next = startBar;
  for (let day = 0; day < days; day++) {
    const dayEnd = (firstDay + day + 1) * DAY_MS;
    while (next < endBar && (tsClose[next] as number) <= dayEnd) next += 1;
    if (day === days - 1) next = endBar;
    rows[day] = next === startBar ? -1 : next - 1;
  }
  return rows;
}
