import type { Role } from '../../src/card/keys.ts';
import type { Condition, IdeaCard, Operator, Rule } from '../../src/card/schema.ts';
import type { MultiTFFeedStore } from '../../src/feed/multi-tf.ts';
import { timeframeMs, type Timeframe } from '../../src/time.ts';
import type { ReferenceBar } from '../reference/engine.ts';
import { feedsFromArrays, type RoleArrays } from './backtests.ts';

/** Random cards over random candles, all from one seed: gaps, jumps, flat spells, missing values. */
export interface RandomBacktest {
  readonly card: IdeaCard;
  readonly profile: 'standard' | 'trade';
  readonly exec: readonly ReferenceBar[];
  readonly mtf: readonly ReferenceBar[] | undefined;
  readonly htf: readonly ReferenceBar[] | undefined;
  readonly start: number;
  readonly funding: readonly { readonly tsMs: number; readonly rate: number }[];
}

const START_MS = Date.UTC(2024, 2, 1, 5);
const KEYS = ['a', 'b', 'c', 'open', 'high', 'low', 'close'] as const;
const OPERATORS: readonly Operator[] = [
  'gt',
  'gte',
  'lt',
  'lte',
  'eq',
  'cross_above',
  'cross_below',
];

/** Small, seeded, good enough for tests (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

export function randomBacktest(seed: number): RandomBacktest {
  const dice = new Dice(seed);
  const profile = dice.chance(0.65) ? 'standard' : 'trade';
  const bars = 40 + dice.below(160);
  const exec = randomBars(dice, '15m', bars);
  const mtf = dice.chance(0.3) ? resampled(dice, exec, '1h') : undefined;
  const htf = dice.chance(0.4) ? resampled(dice, exec, '4h') : undefined;
  const roles = (['exec', mtf && 'mtf', htf && 'htf'] as const).filter(
    (role) => role !== undefined,
  );
  const card = randomCard(dice, profile, roles);
  return {
    card,
    profile,
    exec,
    mtf,
    htf,
    start: dice.below(15),
    funding: dice.chance(0.5) ? randomFunding(dice, exec) : [],
  };
}

/** The same backtest as the engine takes it. */
export function feedsOf(input: RandomBacktest): MultiTFFeedStore {
  return feedsFromArrays({
    exec: arraysOf(input.exec, '15m'),
    ...(input.mtf ? { mtf: arraysOf(input.mtf, '1h') } : {}),
    ...(input.htf ? { htf: arraysOf(input.htf, '4h') } : {}),
    windowStartBar: input.start,
  });
}

export function fundingOf(input: RandomBacktest): { tsMs: Float64Array; rate: Float64Array } {
  return {
    tsMs: Float64Array.from(input.funding, ({ tsMs }) => tsMs),
    rate: Float64Array.from(input.funding, ({ rate }) => rate),
  };
}

/** A walk with jumps at the open, spikes, flat spells and missing bars. */
export function randomBars(dice: Dice, timeframe: Timeframe, count: number): ReferenceBar[] {
  const ms = timeframeMs(timeframe);
  const bars: ReferenceBar[] = [];
  const volatility = dice.pick([0.002, 0.01, 0.04]);
  let price = dice.pick([1, 100, 30_000]);
  let tsOpen = START_MS;
  let flat = 0;
  for (let row = 0; row < count; row++) {
    if (flat === 0 && dice.chance(0.02)) flat = 3 + dice.below(6);
    const move = () => (flat > 0 ? 0 : dice.between(-volatility, volatility));
    const open = price * (1 + (dice.chance(0.08) ? 6 * move() : 0));
    const close = open * (1 + move());
    const wick = dice.chance(0.05) ? 5 : 1;
    const high = Math.max(open, close) * (1 + Math.abs(move()) * wick);
    const low = Math.min(open, close) * (1 - Math.min(0.9, Math.abs(move()) * wick));
    bars.push({
      tsOpen,
      tsClose: tsOpen + ms,
      open,
      high,
      low,
      close,
      values: randomValues(dice, row, close),
    });
    price = close;
    flat = Math.max(0, flat - 1);
    tsOpen += ms * (dice.chance(0.03) ? 1 + dice.below(30) : 1);
  }
  return bars;
}

function randomValues(dice: Dice, row: number, close: number): Record<string, number> {
  const missing = row < 4 || dice.chance(0.02);
  return {
    a: row < 3 ? Number.NaN : close * dice.between(0.99, 1.01),
    b: close * dice.between(0.985, 1.015),
    c: dice.chance(0.1) ? close : close * 1.002,
    atr: missing ? Number.NaN : dice.chance(0.03) ? 0 : close * dice.between(0.002, 0.05),
  };
}

function resampled(
  dice: Dice,
  exec: readonly ReferenceBar[],
  timeframe: Timeframe,
): ReferenceBar[] {
  const ms = timeframeMs(timeframe);
  const starts = [...new Set(exec.map(({ tsOpen }) => Math.floor(tsOpen / ms) * ms))];
  return starts.map((tsOpen, row) => {
    const inside = exec.filter((bar) => Math.floor(bar.tsOpen / ms) * ms === tsOpen);
    const close = inside.at(-1)?.close ?? 1;
    return {
      tsOpen,
      tsClose: tsOpen + ms,
      open: inside[0]?.open ?? 1,
      high: Math.max(...inside.map(({ high }) => high)),
      low: Math.min(...inside.map(({ low }) => low)),
      close,
      values: randomValues(dice, row + 2, close),
    };
  });
}

function randomFunding(
  dice: Dice,
  exec: readonly ReferenceBar[],
): { tsMs: number; rate: number }[] {
  const last = exec.at(-1)?.tsOpen ?? START_MS;
  const events: { tsMs: number; rate: number }[] = [];
  for (let tsMs = START_MS; tsMs <= last; tsMs += 4 * 3_600_000 + 60_000 * dice.below(3)) {
    events.push({ tsMs, rate: dice.between(-0.003, 0.003) });
  }
  return events;
}

function randomCard(dice: Dice, profile: 'standard' | 'trade', roles: readonly Role[]): IdeaCard {
  const mode = dice.pick(['long_short', 'long_short', 'long_only', 'short_only'] as const);
  const rules = (count: number): Rule[] =>
    Array.from({ length: count }, () => randomRule(dice, roles));
  const config = (tf: Timeframe, role: Role) => ({
    tf,
    role,
    feature_specs: [],
    warmup_bars: 0,
    required_indicators: [],
    market_structure: null,
  });
  return {
    id: 'random',
    version: '1',
    name: null,
    description: null,
    account: {
      starting_equity_usdt: dice.pick([1000, 10_000]),
      max_leverage: 3,
      margin_mode: 'isolated_usdt',
      fee_model: { taker_bps: dice.pick([0, 6, 50]), maker_bps: 0 },
      slippage_bps: dice.pick([0, 2, 30]),
      min_trade_notional_usdt: dice.pick([0, 10, 500]),
      maintenance_margin_rate: dice.pick([0.005, 0.02]),
      max_notional_usdt: null,
      max_margin_usdt: null,
    },
    symbol_universe: ['TESTUSDT'],
    tf_configs: {
      exec: config('15m', 'exec'),
      ...(roles.includes('mtf') ? { mtf: config('1h', 'mtf') } : {}),
      ...(roles.includes('htf') ? { htf: config('4h', 'htf') } : {}),
    },
    bars_history_required: 0,
    position_policy: { mode, allow_flip: dice.chance(0.4) },
    signal_rules: {
      entry_rules: rules(1 + dice.below(3)),
      exit_rules: rules(dice.below(3)).map((rule) => ({ ...rule, exit_type: 'signal' as const })),
    },
    risk_model: randomRisk(dice, profile),
  };
}

function randomRule(dice: Dice, roles: readonly Role[]): Rule {
  return {
    direction: dice.pick(['long', 'short']),
    conditions: Array.from({ length: 1 + dice.below(2) }, () => randomCondition(dice, roles)),
  };
}

function randomCondition(dice: Dice, roles: readonly Role[]): Condition {
  const isComparison = dice.chance(0.85);
  return {
    indicator_key: dice.pick(KEYS),
    operator: dice.pick(OPERATORS),
    value: isComparison ? dice.pick(KEYS) : dice.pick([1, 100, 30_000, '100.5']),
    is_indicator_comparison: isComparison,
    tf: dice.pick(roles),
    prev_offset: dice.pick([0, 1, 1, 1, 2, 7]),
  };
}

function randomRisk(dice: Dice, profile: 'standard' | 'trade'): IdeaCard['risk_model'] {
  const isWhole = profile === 'trade';
  if (!isWhole && dice.chance(0.15)) return null;
  if (isWhole && dice.chance(0.2)) return recklessRisk(dice);
  const level = () => dice.pick(['atr_multiple', 'percent', 'fixed_points'] as const);
  const stopType = level();
  const targetType = dice.chance(0.4) ? ('rr_ratio' as const) : level();
  const value = (type: string) =>
    type === 'percent'
      ? dice.between(0.2, 8)
      : type === 'fixed_points'
        ? dice.between(0.01, 300)
        : dice.between(0.3, 3);
  return {
    stop_loss:
      !isWhole && dice.chance(0.2)
        ? null
        : {
            type: stopType,
            value: value(stopType),
            atr_key: stopType === 'atr_multiple' ? 'atr' : null,
            buffer_pct: dice.pick([0, 0, 0.1]),
          },
    take_profit:
      !isWhole && dice.chance(0.2)
        ? null
        : {
            type: targetType,
            value: value(targetType),
            atr_key: targetType === 'atr_multiple' ? 'atr' : null,
          },
    sizing:
      !isWhole && dice.chance(0.15)
        ? null
        : {
            model: dice.pick([
              'percent_equity',
              'percent_equity',
              'percent_notional',
              'fixed_usdt',
              'risk_based',
            ]),
            value: dice.pick([0.5, 2, 50, 100, 2000]),
            max_leverage: dice.pick([1, 3, 20, 50]),
          },
  };
}

/** Nearly all equity at risk on a wide stop: what the reference liquidates at a close. */
function recklessRisk(dice: Dice): IdeaCard['risk_model'] {
  return {
    stop_loss: { type: 'percent', value: dice.between(4, 9), atr_key: null, buffer_pct: 0 },
    take_profit: null,
    sizing: { model: 'percent_equity', value: dice.between(70, 99), max_leverage: 50 },
  };
}

function arraysOf(bars: readonly ReferenceBar[], timeframe: Timeframe): RoleArrays {
  const pick = (name: 'tsOpen' | 'open' | 'high' | 'low' | 'close') =>
    Float64Array.from(bars, (bar) => bar[name]);
  const values = (key: string) => Float64Array.from(bars, (bar) => bar.values[key] ?? Number.NaN);
  return {
    timeframe,
    tsOpen: pick('tsOpen'),
    open: pick('open'),
    high: pick('high'),
    low: pick('low'),
    close: pick('close'),
    indicators: { a: values('a'), b: values('b'), c: values('c'), atr: values('atr') },
  };
}
