import type { IdeaCard } from '../../src/card/schema.ts';
import { runBacktest } from '../../src/engine/backtest.ts';
import type { SweepKernel } from '../../src/engine/kernel/kernel.ts';
import { PROFILES } from '../../src/engine/profile.ts';
import { compileStrategy } from '../../src/engine/strategy.ts';
import { MultiTFFeedStore, type RoleFeed } from '../../src/feed/multi-tf.ts';
import { writeMetrics } from '../../src/metrics/metrics.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';
import { DAY_MS, timeframeMs, type Timeframe, type Window } from '../../src/time.ts';
import type { ReferenceBar } from '../reference/engine.ts';
import { feedsFromArrays, type RoleArrays } from './backtests.ts';
import { Dice, randomBacktest, randomBars } from './random-backtests.ts';

/** One market and several cards over it, as the points of a sweep. */
export interface KernelSweep {
  readonly feeds: MultiTFFeedStore;
  readonly window: Window;
  readonly cards: readonly IdeaCard[];
}

/**
 * Markets of up to 3,000 bars with gaps, jumps, spikes and flat spells; series that are noise, that
 * are smooth (long positions, whole blocks without an event) or that tie; cards of every shape.
 */
export function kernelSweep(seed: number): KernelSweep {
  const dice = new Dice(seed + 0.5);
  const [timeframe, mtf, htf] = dice.pick(TIMEFRAME_TRIPLES);
  const bars = randomBars(dice, '15m', dice.pick([3, 30, 120, 400, 400, 1100, 3000]));
  const exec = ticked(stretched(bars, timeframe, dice), dice);
  const scale = dice.pick([1, 1, 1, 1e-7, 1e6]);
  const isSmooth = dice.chance(0.6);
  const arrays = (rows: readonly ReferenceBar[], of: Timeframe): RoleArrays =>
    rolesArrays(rows, of, { dice, scale, isSmooth });
  const higher = (of: Timeframe): RoleArrays => arrays(resampled(exec, timeframeMs(of)), of);
  const start = Math.min(bars.length - 1, dice.below(60));
  const open = feedsFromArrays({
    exec: { ...arrays(exec, timeframe), ...randomFunding(dice, exec) },
    mtf: higher(mtf),
    htf: higher(htf),
    windowStartBar: start,
    endBar: Math.max(start + 1, bars.length - dice.below(20)),
  });
  // Rows before a point's own frame hold values of other points of a grid, which it must not see.
  const isNarrow = dice.chance(0.2);
  const framed = (feed: RoleFeed, most: number): RoleFeed => ({
    ...feed,
    indicators: isNarrow ? narrowed(feed.indicators) : feed.indicators,
    firstBar: dice.chance(0.5) ? 0 : dice.below(most),
  });
  const whole = new MultiTFFeedStore({
    exec: framed(open.exec, open.windowStartBar + 1),
    mtf: open.mtf && framed(open.mtf, 12),
    htf: open.htf && framed(open.htf, 6),
    windowStartBar: open.windowStartBar,
    endBar: open.endBar,
  });
  const { store } = whole.exec;
  const startMs = (store.tsOpen[whole.windowStartBar] as number) - days(dice, 2);
  const endMs = (store.tsClose[whole.endBar - 1] as number) + days(dice, 3);
  return { feeds: whole, window: { startMs, endMs }, cards: cardsOf(dice, 6) };
}

/** Metrics, outcome and mode by the bar loop. */
export function loopRow(
  { feeds, window }: KernelSweep,
  card: IdeaCard,
): { readonly row: Float64Array; readonly outcome: string; readonly mode: string } {
  const result = runBacktest(feeds, compileStrategy(card, feeds), {
    card,
    rules: PROFILES.standard,
    windowStartMs: window.startMs,
    windowEndMs: window.endMs,
    funding: feeds.exec.store.funding,
  });
  const row = new Float64Array(METRIC_COLUMNS.length);
  const mode = writeMetrics(result, row);
  return { row, outcome: result.outcome, mode };
}

/** The same by the kernel, in groups of `groupSize` cards. */
export function kernelRows(
  kernel: SweepKernel,
  { feeds, cards }: KernelSweep,
  groupSize: number,
): { readonly row: Float64Array; readonly outcome: string; readonly mode: string }[] {
  const points = cards.map((card) => ({
    card,
    feeds,
    out: new Float64Array(METRIC_COLUMNS.length).fill(Number.NaN),
  }));
  const rows = [];
  for (let n = 0; n < points.length; n += groupSize) {
    const group = points.slice(n, n + groupSize);
    for (const [k, done] of kernel.run(group).entries()) {
      if (done === undefined) throw new Error('the kernel declined');
      const row = (group[k] as (typeof points)[number]).out;
      rows.push({ row, outcome: done.outcome, mode: done.profitFactorMode });
    }
  }
  return rows;
}

/** The columns that differ in any bit, with both values. */
export function differences(a: Float64Array, b: Float64Array): string[] {
  return METRIC_COLUMNS.flatMap((name, i) =>
    Object.is(a[i], b[i]) ? [] : [`${name}: loop ${a[i]} kernel ${b[i]}`],
  );
}

// --- internal ---

const TIMEFRAME_TRIPLES = [
  ['5m', '30m', '2h'],
  ['15m', '1h', '4h'],
  ['1h', '4h', '1d'],
  ['4h', '1d', '1w'],
  ['1d', '1w', '1w'],
] as const;

/** Settlements now and then, on bars and between them, several a bar, before the first and after the last. */
function randomFunding(dice: Dice, exec: readonly ReferenceBar[]): Pick<RoleArrays, 'funding'> {
  if (dice.chance(0.6)) return {};
  const [first, last] = [exec[0]?.tsOpen ?? 0, exec.at(-1)?.tsClose ?? 0];
  const barMs = (exec[0]?.tsClose ?? 0) - first;
  const step = barMs * dice.pick([0.3, 1, 4, 30, 96]);
  const rate = dice.pick([0.000_1, 0.003, 0.05]);
  const series = { ts_ms: [] as number[], rate: [] as number[] };
  for (let ms = first - 2 * step; ms <= last + step; ms += step * dice.pick([1, 1, 1.5])) {
    series.ts_ms.push(ms);
    series.rate.push(dice.chance(0.1) ? 0 : dice.between(-rate, rate));
  }
  return { funding: series };
}

function days(dice: Dice, most: number): number {
  return dice.chance(0.5) ? 0 : Math.floor(dice.between(0, most * DAY_MS));
}

function cardsOf(dice: Dice, count: number): IdeaCard[] {
  const cards: IdeaCard[] = [];
  while (cards.length < count) {
    const { card, profile } = randomBacktest(1 + dice.below(1_000_000));
    if (profile !== 'standard') continue;
    const shaped = dice.chance(0.4) ? crossing(dice, card) : thinned(dice, card);
    cards.push(...withOtherLevels(dice, shaped));
  }
  return cards;
}

/** A card, and mostly others with its signals that differ in levels and sizes alone. */
function withOtherLevels(dice: Dice, card: IdeaCard): IdeaCard[] {
  const risk = card.risk_model;
  if (risk === null || dice.chance(0.3)) return [card];
  const { stop_loss: stop, take_profit: target, sizing } = risk;
  const others = Array.from({ length: dice.pick([3, 3, 6]) }, () => ({
    ...card,
    risk_model: {
      ...risk,
      stop_loss: stop && { ...moved(dice, stop), value: stop.value * dice.pick([0.2, 0.7, 1, 3]) },
      take_profit: target && {
        ...moved(dice, target),
        value: target.value * dice.pick([0.05, 0.2, 1, 1, 4]),
      },
      sizing: sizing && { ...sizing, value: sizing.value * dice.pick([0.3, 1, 1]) },
    },
  }));
  return [card, ...others];
}

/** A level of ATRs now and then by another one. */
function moved<T extends { readonly atr_key: string | null }>(dice: Dice, level: T): T {
  if (level.atr_key === null || dice.chance(0.3)) return level;
  return { ...level, atr_key: dice.pick(['range', 'wide', 'narrow']) };
}

/** In on one cross and out on the opposite one: what ends a position early is followed by the next one. */
function crossing(dice: Dice, card: IdeaCard): IdeaCard {
  const direction = dice.pick(['long', 'short'] as const);
  const sides = dice.pick([
    ['cross_above', 'cross_below'],
    ['gt', 'lte'],
    ['cross_above', 'lt'],
  ] as const);
  const pair = dice.pick([
    ['a', 'b'],
    ['s', 'b'],
    ['c', 'b'],
  ] as const);
  const rule = (operator: (typeof sides)[number]) => ({
    direction,
    conditions: [
      {
        indicator_key: pair[0],
        operator,
        value: pair[1],
        is_indicator_comparison: true,
        tf: 'exec' as const,
        prev_offset: 1,
      },
    ],
  });
  return {
    ...card,
    signal_rules: {
      entry_rules: [rule(sides[0])],
      exit_rules: [{ ...rule(sides[1]), exit_type: 'signal' }],
    },
  };
}

/** Random rules signal on nearly every bar; fewer entries and exits make long positions. */
function thinned(dice: Dice, card: IdeaCard): IdeaCard {
  const { entry_rules: entries, exit_rules: exits } = card.signal_rules;
  const rare = (operator: 'cross_above' | 'cross_below') => ({
    indicator_key: 'a',
    operator,
    value: dice.pick(['b', 'close', 's']),
    is_indicator_comparison: true,
    tf: dice.pick(['exec', 'exec', 'mtf', 'htf'] as const),
    prev_offset: dice.pick([1, 1, 2, 5, 33]),
  });
  const withRare = dice.chance(0.5);
  return {
    ...card,
    signal_rules: {
      entry_rules: withRare
        ? entries.map((rule) => ({
            ...rule,
            conditions: [...rule.conditions, rare('cross_above')],
          }))
        : entries,
      exit_rules: dice.chance(0.6)
        ? exits.map((rule) => ({
            ...rule,
            conditions: dice.chance(0.05) ? [] : [...rule.conditions, rare('cross_below')],
          }))
        : exits,
    },
  };
}

/** The columns of a sweep with `precision: float32`. */
function narrowed(columns: RoleFeed['indicators']): RoleFeed['indicators'] {
  return new Map([...columns].map(([key, values]) => [key, Float32Array.from(values)]));
}

/** The same bars on another timeframe, gaps kept. */
function stretched(
  bars: readonly ReferenceBar[],
  timeframe: Timeframe,
  dice: Dice,
): ReferenceBar[] {
  const ms = timeframeMs(timeframe);
  const first = (bars[0] as ReferenceBar).tsOpen - dice.below(96) * timeframeMs('15m');
  const origin = Math.floor(first / ms) * ms;
  return bars.map((bar) => {
    const steps = (bar.tsOpen - (bars[0] as ReferenceBar).tsOpen) / timeframeMs('15m');
    const tsOpen = origin + steps * ms;
    return { ...bar, tsOpen, tsClose: tsOpen + ms };
  });
}

/** Mostly with prices that are whole ticks, as an exchange has them: of 1, of a hundredth, or smaller. */
function ticked(bars: readonly ReferenceBar[], dice: Dice): readonly ReferenceBar[] {
  if (dice.chance(0.3)) return bars;
  const ticks = dice.pick([1, 100, 100, 100_000]);
  const round = (price: number): number => Math.max(1, Math.round(price * ticks)) / ticks;
  return bars.map((bar) => ({
    ...bar,
    open: round(bar.open),
    high: round(bar.high),
    low: round(bar.low),
    close: round(bar.close),
  }));
}

function resampled(exec: readonly ReferenceBar[], ms: number): ReferenceBar[] {
  const buckets = new Map<number, ReferenceBar[]>();
  for (const bar of exec) {
    const key = Math.floor(bar.tsOpen / ms) * ms;
    const bucket = buckets.get(key);
    if (bucket) bucket.push(bar);
    else buckets.set(key, [bar]);
  }
  return [...buckets].map(([tsOpen, inside]) => ({
    tsOpen,
    tsClose: tsOpen + ms,
    open: inside[0]?.open ?? 1,
    high: Math.max(...inside.map(({ high }) => high)),
    low: Math.min(...inside.map(({ low }) => low)),
    close: inside.at(-1)?.close ?? 1,
    values: inside.at(-1)?.values ?? {},
  }));
}

function rolesArrays(
  rows: readonly ReferenceBar[],
  timeframe: Timeframe,
  { dice, scale, isSmooth }: { dice: Dice; scale: number; isSmooth: boolean },
): RoleArrays {
  const pick = (name: 'open' | 'high' | 'low' | 'close') =>
    Float64Array.from(rows, (bar) => bar[name] * scale);
  const close = pick('close');
  const value = (key: string) =>
    Float64Array.from(rows, (bar) => (bar.values[key] ?? Number.NaN) * scale);
  const smooth = (length: number) => {
    let level = close[0] ?? 0;
    return close.map((price) => (level += (price - level) / length));
  };
  return {
    timeframe,
    tsOpen: Float64Array.from(rows, ({ tsOpen }) => tsOpen),
    open: pick('open'),
    high: pick('high'),
    low: pick('low'),
    close,
    indicators: {
      a: isSmooth ? smooth(dice.pick([2, 5, 20])) : value('a'),
      b: isSmooth ? smooth(dice.pick([8, 30, 200])) : value('b'),
      c: value('c'),
      // Steps of one percent: ties with themselves and near ties with the close.
      s: close.map((price) => 1.01 ** Math.round(Math.log(price) / Math.log(1.01))),
      atr: value('atr'),
      range: close.map((price, row) => price * (0.004 + 0.002 * (row % 7))),
      wide: close.map((price) => price * 0.03),
      narrow: close.map((price) => price * 0.003),
    },
  };
}
