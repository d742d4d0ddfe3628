import { firstAtOrAfter, type FundingRates } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { DAY_MS, type Window } from '../../time.ts';
import type { KernelMemory } from './kernel-memory.ts';

/**
 * What the points of a sweep share about one exec feed and window, in the kernel's memory: prices and
 * the extremes of any range of bars (assembly/market.ts), and the row that each daily sample reads.
 * Built once.
 */
export class Market {
  readonly startBar: number;
  readonly endBar: number;
  readonly benchmarkFirst: number;
  readonly benchmarkLast: number;
  readonly days: number;

  constructor(memory: KernelMemory, feeds: MultiTFFeedStore, window: Window) {
    const { open, low, high, close, tsClose, funding } = feeds.exec.store;
    this.startBar = feeds.windowStartBar;
    this.endBar = feeds.endBar;
    this.benchmarkFirst = close[this.startBar] ?? 0;
    this.benchmarkLast = close[this.endBar - 1] ?? 0;
    const { code } = memory;
    const { endBar } = this;
    const at = memory.allocate(code.marketBytes(endBar));
    const bars = memory.float64(at, 4 * endBar);
    for (let bar = 0; bar < endBar; bar++) {
      bars[4 * bar] = low[bar] as number;
      bars[4 * bar + 1] = -(high[bar] as number);
      bars[4 * bar + 2] = close[bar] as number;
      bars[4 * bar + 3] = open[bar] as number;
    }
    code.openMarket(at, this.startBar, endBar);
    const rows = dayBarsOf(tsClose, this.startBar, endBar, window);
    this.days = rows.length;
    const daysAt = memory.allocate(4 * (rows.length + 1));
    const dayBars = memory.int32(daysAt, rows.length + 1);
    dayBars.set(rows);
    dayBars[rows.length] = BEYOND;
    code.openDays(daysAt, rows.length);
    if (funding !== undefined) this.#openFunding(memory, feeds, funding);
  }

  /** A settlement falls due at the open of the first bar that does not begin before it. */
  #openFunding(memory: KernelMemory, feeds: MultiTFFeedStore, { tsMs, rate }: FundingRates): void {
    const { tsOpen } = feeds.exec.store;
    const at = memory.allocate(FUNDING_BYTES * (tsMs.length + 1));
    const numbers = memory.float64(at, 2 * (tsMs.length + 1));
    const bars = memory.int32(at, 4 * (tsMs.length + 1));
    for (const [n, ms] of tsMs.entries()) {
      const bar = firstAtOrAfter(tsOpen, ms);
      bars[4 * n] = bar < this.endBar ? bar : BEYOND;
      numbers[2 * n + 1] = rate[n] as number;
    }
    bars[4 * tsMs.length] = BEYOND;
    memory.code.openFunding(at);
  }
}

// --- internal ---

const FUNDING_BYTES = 16;

/** A row that no run reaches. */
const BEYOND = 0x7f_ff_ff_ff;

/**
 * Row that the sample of each UTC day reads, −1 before the first bar (design §12.3); as
 * `dailySamples` of metrics/returns.ts for a run that reaches the end of the window.
 */
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
