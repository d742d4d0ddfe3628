import type { IdeaCard } from '../../card/schema.ts';
import type { FeedStore } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import type { BacktestFacts } from '../../metrics/facts.ts';
import { METRICS } from '../../metrics/registry.ts';
import type { Window } from '../../time.ts';
import type { BacktestOutcome } from '../backtest.ts';
import { DailyReturns } from './daily.ts';
import { EventRun } from './event-run.ts';
import { Market } from './market.ts';
import { PointFacts } from './point-facts.ts';
import { STATE } from './run-state.ts';
import { SignalSource } from './signal-bits.ts';

/** What is not a number of a point's result. */
export interface KernelRow {
  readonly outcome: BacktestOutcome;
  readonly profitFactorMode: string;
}

/** Bytes of condition bitsets one thread keeps: 300 conditions on both sides over a year of 5m. */
const BIT_BYTES_MAX = 8 * 2 ** 20;

/** Bytes of float32 columns one thread keeps: 101 columns of 200,000 bars. */
const LANE_BYTES_MAX = 80 * 2 ** 20;

/**
 * The fast path of a sweep's points: the metrics of `runBacktest` and `writeMetrics` bit for bit,
 * for the cards that `kernelSupport` accepts. One per thread and sweep: it keeps what points share.
 */
export class SweepKernel {
  readonly #window: Window;
  readonly #signals: SignalSource;
  readonly #benches = new Map<FeedStore, Bench>();

  constructor(window: Window, { bitBytesMax = BIT_BYTES_MAX, laneBytesMax = LANE_BYTES_MAX } = {}) {
    this.#window = window;
    this.#signals = new SignalSource({ bitBytesMax, laneBytesMax });
  }

  /**
   * Runs one point and writes the numbers of METRIC_COLUMNS to `out`, NaN for no value. Undefined,
   * and nothing written, where the bar loop must run it: with funding, in a window without a bar,
   * or when equity is no finite number.
   */
  run(card: IdeaCard, feeds: MultiTFFeedStore, out: Float64Array): KernelRow | undefined {
    if (feeds.exec.store.funding || feeds.endBar <= feeds.windowStartBar) return undefined;
    const bench = this.#benchOf(feeds);
    bench.events.run(card, feeds, this.#signals.of(card, feeds));
    if (!Number.isFinite(bench.events.state[STATE.CASH])) return undefined;
    return bench.write(card.account.starting_equity_usdt, out);
  }

  #benchOf(feeds: MultiTFFeedStore): Bench {
    const { store } = feeds.exec;
    let bench = this.#benches.get(store);
    const isSame =
      bench?.market.startBar === feeds.windowStartBar && bench.market.endBar === feeds.endBar;
    if (bench === undefined || !isSame) {
      bench = new Bench(new Market(feeds, this.#window));
      this.#benches.set(store, bench);
    }
    return bench;
  }
}

// --- internal ---

/** What runs points over one market. */
class Bench {
  readonly market: Market;
  readonly events: EventRun;
  readonly #daily: DailyReturns;
  readonly #facts: PointFacts;

  constructor(market: Market) {
    this.market = market;
    this.events = new EventRun(market);
    this.#daily = new DailyReturns(market.dayBars.length);
    this.#facts = new PointFacts(market, this.#daily.facts);
  }

  write(initialEquity: number, out: Float64Array): KernelRow {
    const { events } = this;
    this.#daily.measure(events.samples, initialEquity);
    const profitFactorMode = writeFacts(this.#facts.of(events, initialEquity), out);
    return { outcome: outcomeOf(events), profitFactorMode };
  }
}

function outcomeOf({ counts, isBlown }: EventRun): BacktestOutcome {
  if (counts.trades === 0) return 'no_trades';
  return isBlown ? 'account_blown' : 'completed';
}

/** As `writeMetrics` without rounding; returns `profit_factor_mode`. */
function writeFacts(facts: BacktestFacts, out: Float64Array): string {
  let column = 0;
  let mode = '';
  for (const metric of METRICS) {
    const value = metric.compute(facts);
    if (typeof value === 'string') {
      mode = value;
    } else {
      out[column] = Number.isFinite(value) ? value : Number.NaN;
      column += 1;
    }
  }
  return mode;
}
