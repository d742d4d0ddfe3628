import type { IdeaCard } from '../../card/schema.ts';
import type { FeedStore, FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import type { BacktestFacts } from '../../metrics/facts.ts';
import { METRICS } from '../../metrics/registry.ts';
import type { Window } from '../../time.ts';
import type { BacktestOutcome } from '../backtest.ts';
import { runConstants } from '../models.ts';
import { PROFILES } from '../profile.ts';
import { ColumnSlots } from './column-slots.ts';
import { KernelMemory } from './kernel-memory.ts';
import { Market } from './market.ts';
import { PointFacts, RESULT } from './point-facts.ts';
import { NO_BITS, SignalSource } from './signal-bits.ts';
import { PositionLists } from './position-lists.ts';
import { LevelSource, TERMS_LENGTH, writeTerms, type PointTerms } from './terms.ts';

/** What is not a number of a point's result. */
export interface KernelRow {
  readonly outcome: BacktestOutcome;
  readonly profitFactorMode: string;
}

/** A grid point, and where its metrics are written. */
export interface KernelPoint {
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
  readonly out: Float64Array;
}

/** Points whose signals are made together, from columns that they have in common. */
export const GROUP_POINTS = 16;

/** What a thread keeps of each market, in bytes. */
export interface KernelBudget {
  /** Condition bitsets: 80 conditions over a year of 5m stay in the second-level cache. */
  readonly bitBytesMax: number;
  /** Columns in steps of 16 bits: 118 of 200,000 bars, the last axis of a large grid and what meets it. */
  readonly columnBytesMax: number;
  /**
   * Positions of a list of signals: 520 kB, of which only what is written takes memory. Not a power
   * of two, or the lists of a group would contend for the same lines of the cache.
   */
  readonly positionsMax: number;
}

const BUDGET: KernelBudget = {
  bitBytesMax: 2 ** 20,
  columnBytesMax: 52 * 2 ** 20,
  positionsMax: 8_150,
};

/** Ends at levels that points with the same signals share: 128 levels of 1,100 positions. */
const TOUCH_BYTES = 12 * 2 ** 20;

/**
 * What a bench takes in the end, where there are 50,000 bars or more: to grow on the way costs a collection
 * of garbage each time. Of half a million bars on it grows all the same.
 */
const BYTES_A_BAR = 512;
const FIRST_BYTES_MAX = 256 * 2 ** 20;

/** Markets that a thread keeps, each with its memory: symbols of a sweep. */
const BENCHES_MAX = 4;

/**
 * The fast path of a sweep's points: the metrics of `runBacktest` and `writeMetrics` bit for bit,
 * for the cards that `kernelSupport` accepts. One per thread and sweep: it keeps what points share.
 */
export class SweepKernel {
  readonly #window: Window;
  readonly #budget: KernelBudget;
  readonly #benches = new Map<FeedStore, Bench>();

  constructor(window: Window, budget: Partial<KernelBudget> = {}) {
    this.#window = window;
    this.#budget = { ...BUDGET, ...budget };
  }

  /**
   * Runs some points and writes the numbers of METRIC_COLUMNS to the `out` of each, NaN for no
   * value. Undefined, and nothing written, where the bar loop must run one: in a window without a bar,
   * or when equity is no finite number. The signals of all come first, because the
   * columns they are read from push everything else out of the cache: GROUP_POINTS at once are best.
   */
  run(points: readonly KernelPoint[]): readonly (KernelRow | undefined)[] {
    const groups = new Map<Bench, number[]>();
    for (const [n, { feeds }] of points.entries()) {
      if (feeds.endBar <= feeds.windowStartBar) continue;
      const bench = this.#benchOf(feeds);
      const group = groups.get(bench);
      if (group) group.push(n);
      else groups.set(bench, [n]);
    }
    const rows = points.map((): KernelRow | undefined => undefined);
    for (const [bench, group] of groups) {
      const found = bench.run(group.map((n) => points[n] as KernelPoint));
      for (const [k, n] of group.entries()) rows[n] = found[k];
    }
    return rows;
  }

  #benchOf(feeds: MultiTFFeedStore): Bench {
    const { store } = feeds.exec;
    const known = this.#benches.get(store);
    if (known?.fits(feeds)) return known;
    const [oldest] = this.#benches.keys();
    if (this.#benches.size >= BENCHES_MAX && oldest) this.#benches.delete(oldest);
    const bench = new Bench(feeds, this.#window, this.#budget);
    this.#benches.set(store, bench);
    return bench;
  }
}

// --- internal ---

/** Points whose money goes side by side (assembly/pair.ts). */
const POINTS_AT_ONCE = 2;

type PointSignals = Pick<PointTerms, 'signals' | 'list'>;

/** What runs points over one market. */
class Bench {
  readonly #memory: KernelMemory;
  readonly #market: Market;
  readonly #signals: SignalSource;
  readonly #lists: PositionLists;
  readonly #levels: LevelSource;
  readonly #facts: PointFacts;
  readonly #workAt: number;
  readonly #resultsAt: number;
  #terms: readonly Float64Array[] = [];
  #results: readonly Float64Array[] = [];

  constructor(feeds: MultiTFFeedStore, window: Window, budget: KernelBudget) {
    const memory = new KernelMemory(Math.min(FIRST_BYTES_MAX, BYTES_A_BAR * feeds.endBar));
    this.#memory = memory;
    this.#market = new Market(memory, feeds, window);
    this.#signals = new SignalSource(memory, feeds, budget);
    this.#facts = new PointFacts(this.#market);
    this.#workAt = memory.allocate(memory.code.workBytes());
    this.#lists = new PositionLists(memory, this.#market.endBar, budget.positionsMax);
    const touchesAt = memory.allocate(memory.code.touchesBytes(TOUCH_BYTES));
    memory.code.openTouches(touchesAt, TOUCH_BYTES);
    this.#resultsAt = memory.allocate(POINTS_AT_ONCE * memory.code.RESULT_BYTES.value);
    const { endBar } = feeds;
    // A stop and a target of each point.
    const slotsMin = 2 * POINTS_AT_ONCE;
    const slots = { slotBytes: 8 * endBar, bytesMax: budget.columnBytesMax / 4, slotsMin };
    const atrs = new ColumnSlots<FloatColumn>(memory, slots, (at, column) => {
      memory.float64(at, endBar).set(column.subarray(0, endBar));
      return 0;
    });
    this.#levels = new LevelSource(atrs);
  }

  fits({ windowStartBar, endBar }: MultiTFFeedStore): boolean {
    return this.#market.startBar === windowStartBar && this.#market.endBar === endBar;
  }

  run(points: readonly KernelPoint[]): readonly (KernelRow | undefined)[] {
    const memory = this.#memory;
    this.#signals.beginGroup();
    this.#lists.beginGroup();
    const signals = points.map((point) => this.#signalsOf(point));
    this.#lists.make();
    const rows: (KernelRow | undefined)[] = [];
    for (let n = 0; n < points.length; n += POINTS_AT_ONCE) {
      const few = points.slice(n, n + POINTS_AT_ONCE);
      for (const [k, point] of few.entries())
        this.#setTerms(k, point, signals[n + k] as PointSignals);
      memory.code.runPoints(few.length, this.#workAt, this.#resultsAt);
      for (const [k, point] of few.entries()) rows.push(this.#rowOf(k, point));
    }
    return rows;
  }

  #signalsOf({ card, feeds }: KernelPoint): PointSignals {
    const signals = this.#signals.of(card, feeds);
    const isOneSided = signals.enterLong === NO_BITS || signals.enterShort === NO_BITS;
    // A position that a reversal opens hangs on the one before it.
    const hasList = isOneSided || !card.position_policy.allow_flip;
    return { signals, list: hasList ? this.#lists.of(signals) : 0 };
  }

  #setTerms(place: number, { card, feeds }: KernelPoint, signals: PointSignals): void {
    const constants = runConstants(card, PROFILES.standard);
    const levels = this.#levels.of(card, feeds, constants);
    if (this.#memory.isGone(this.#terms[0])) this.#view();
    writeTerms(this.#terms[place] as Float64Array, card, { constants, levels, ...signals });
  }

  #rowOf(place: number, { card, out }: KernelPoint): KernelRow | undefined {
    const results = this.#results[place] as Float64Array;
    if (!Number.isFinite(results[RESULT.CASH])) return undefined;
    const facts = this.#facts.of(results, card.account.starting_equity_usdt);
    return { outcome: outcomeOf(results), profitFactorMode: writeFacts(facts, out) };
  }

  #view(): void {
    const { code } = this.#memory;
    const places = Array.from({ length: POINTS_AT_ONCE }, (_, place) => place);
    const termsAt = (place: number): number => code.TERMS.value + place * code.TERMS_BYTES.value;
    const resultBytes = code.RESULT_BYTES.value;
    const resultsAt = (place: number): number => this.#resultsAt + place * resultBytes;
    this.#terms = places.map((place) => this.#memory.float64(termsAt(place), TERMS_LENGTH));
    this.#results = places.map((place) => this.#memory.float64(resultsAt(place), resultBytes / 8));
  }
}

function outcomeOf(results: Float64Array): BacktestOutcome {
  if (results[RESULT.TRADES] === 0) return 'no_trades';
  return results[RESULT.IS_BLOWN] === 1 ? 'account_blown' : 'completed';
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
