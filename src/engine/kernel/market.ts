import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { DAY_MS, type Window } from '../../time.ts';

/**
 * How the market's arrays are laid out; as with STATE, a module takes its constants apart at its top.
 *
 * A bar's record holds its open, the close before it, the extremes from it to the end of its block,
 * and those from the start of the last bar's block to the last bar. An entry at a bar's open reads
 * the first half and an exit the second, each from one or two cache lines; apart they cost six misses.
 */
export const LAYOUT = {
  /** Bars of a block and of a block of blocks: 2^5 and 2^10; blocks in the latter: 2^5. */
  BLOCK_SHIFT: 5,
  SUPER_SHIFT: 10,
  BLOCKS_SHIFT: 5,
  /** Bars of a block less one. */
  IN_BLOCK: 31,
  /** Places of the four extremes wherever they lie together. */
  MIN_LOW: 0,
  MAX_HIGH: 1,
  MIN_CLOSE: 2,
  MAX_CLOSE: 3,
  /** Numbers of a record, and the places of its parts. */
  RECORD: 10,
  OPEN: 0,
  LAST_CLOSE: 1,
  SUFFIX: 2,
  PREFIX: 6,
} as const;

const {
  BLOCK_SHIFT,
  SUPER_SHIFT,
  BLOCKS_SHIFT,
  IN_BLOCK,
  MIN_LOW,
  MAX_HIGH,
  MIN_CLOSE,
  MAX_CLOSE,
  RECORD,
  OPEN,
  LAST_CLOSE,
  SUFFIX,
  PREFIX,
} = LAYOUT;

/**
 * What the points of a sweep share about one exec feed and window: extremes of low, high and close
 * per block, from each bar to its block's end and from its block's start to each bar, so that a
 * range of bars costs two records and the blocks between; and the row that each daily sample reads.
 * Built once, 8 ns a bar.
 */
export class Market {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly startBar: number;
  readonly endBar: number;
  /** Records of RECORD numbers, one more than rows: what an event at the open of a bar reads. */
  readonly records: Float64Array;
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
    this.records = new Float64Array(RECORD * (this.endBar + 1));
    this.blocks = new Float64Array(4 * ((this.endBar >>> BLOCK_SHIFT) + 1));
    this.supers = new Float64Array(4 * ((this.endBar >>> SUPER_SHIFT) + 1));
    this.#fillPrices();
    this.#fillPrefixes();
    this.#fillSuffixes();
    this.#fillSupers();
    this.dayBars = dayBarsOf(store.tsClose, this.startBar, this.endBar, window);
  }

  #fillPrices(): void {
    const { records, open, close, endBar } = this;
    for (let bar = 0; bar <= endBar; bar++) {
      records[RECORD * bar + OPEN] = bar < endBar ? (open[bar] as number) : Number.NaN;
      records[RECORD * bar + LAST_CLOSE] = bar > 0 ? (close[bar - 1] as number) : Number.NaN;
    }
  }

  #fillPrefixes(): void {
    const { records, blocks, endBar } = this;
    for (let bar = 0; bar < endBar; bar++) {
      const at = RECORD * (bar + 1) + PREFIX;
      this.#writeBar(records, at, bar);
      if ((bar & IN_BLOCK) !== 0) merge(records, at, at - RECORD, records);
      copy(records, at, blocks, 4 * (bar >>> BLOCK_SHIFT));
    }
  }

  #fillSuffixes(): void {
    const { records, endBar } = this;
    for (let bar = endBar - 1; bar >= 0; bar--) {
      const at = RECORD * bar + SUFFIX;
      this.#writeBar(records, at, bar);
      const isLast = (bar & IN_BLOCK) === IN_BLOCK || bar === endBar - 1;
      if (!isLast) merge(records, at, at + RECORD, records);
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

  #writeBar(into: Float64Array, at: number, bar: number): void {
    const close = this.close[bar] as number;
    into[at + MIN_LOW] = this.low[bar] as number;
    into[at + MAX_HIGH] = this.high[bar] as number;
    into[at + MIN_CLOSE] = close;
    into[at + MAX_CLOSE] = close;
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
