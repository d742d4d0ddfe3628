import { describe, expect, test } from 'vitest';
import type { IdeaCard } from '../../../src/card/schema.ts';
import type { BacktestOptions, BacktestResult } from '../../../src/engine/backtest.ts';
import { PROFILES } from '../../../src/engine/profile.ts';
import type { SignalCode, Strategy } from '../../../src/engine/strategy.ts';
import { tradeRecords } from '../../../src/engine/trade-log.ts';
import { computeMetrics } from '../../../src/metrics/metrics.ts';
import { feedsFromArrays, runArrays } from '../../support/backtests.ts';

/** Worked examples of design §5 and §12, computed by hand: open, high, low, close per bar. */
type Candle = readonly [open: number, high: number, low: number, close: number];
const FIRST_OPEN_MS = Date.UTC(2024, 0, 1, 4);
const HOUR_MS = 3_600_000;

const LONG = 1;
const SHORT = 2;
const EXIT = 3;

interface Example {
  readonly candles: readonly Candle[];
  /** Signal per bar; none where missing. */
  readonly signals: Readonly<Record<number, SignalCode>>;
  readonly card?: Partial<IdeaCard['account']>;
  readonly risk?: IdeaCard['risk_model'];
  readonly allowFlip?: boolean;
  readonly options?: Partial<BacktestOptions>;
}

describe('fills', () => {
  test('an entry decided at a close fills at the next open with slippage and fee', () => {
    const result = play({
      candles: [flat(100), [100, 101, 99, 100], flat(100), flat(110)],
      signals: { 0: LONG, 2: EXIT },
      card: { slippage_bps: 100, fee_model: { taker_bps: 50, maker_bps: 0 } },
      risk: notional(101),
    });
    const [trade] = tradeRecords(result);
    expect(trade).toMatchObject({
      entry_time: '2024-01-01T05:00:00Z',
      entry_price: 101,
      entry_size: 1,
      exit_time: '2024-01-01T07:00:00Z',
      exit_price: 108.9,
      exit_reason: 'signal',
    });
    expect(trade?.realized_pnl).toBeCloseTo(7.9, 12);
    expect(trade?.fees_paid).toBeCloseTo(0.505 + 0.5445, 12);
    expect(trade?.net_pnl).toBeCloseTo(7.9 - 1.0495, 12);
  });

  test('an order decided on the last bar counts as an attempt and never fills', () => {
    const result = play({ candles: [flat(100), flat(100)], signals: { 1: LONG } });
    expect(result).toMatchObject({ outcome: 'no_trades', entryAttempts: 1, entryRejections: 0 });
  });

  test('the cap is the gate: an all-in order is filled to what margin and fee allow', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(100)],
      signals: { 0: LONG },
      card: { fee_model: { taker_bps: 100, maker_bps: 0 } },
      risk: notional(1e9, 3),
    });
    const [trade] = tradeRecords(result);
    expect(trade?.entry_size_usdt).toBeCloseTo((1000 * 3) / 1.03, 9);
    expect(result.entryRejections).toBe(0);
  });

  test('an order below the minimum is dropped at the signal and not counted', () => {
    const result = play({
      candles: [flat(100), flat(100)],
      signals: { 0: LONG },
      card: { min_trade_notional_usdt: 50 },
      risk: notional(20),
    });
    expect(result).toMatchObject({ entryAttempts: 0, entryRejections: 0 });
  });

  test('the end-of-data close pays its costs inside the curve', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(120)],
      signals: { 0: LONG },
      card: { fee_model: { taker_bps: 100, maker_bps: 0 } },
      risk: notional(100),
    });
    expect(result.trades.count).toBe(1);
    expect(tradeRecords(result)[0]).toMatchObject({
      exit_reason: 'end_of_data',
      exit_time: '2024-01-01T06:00:00Z',
    });
    expect(result.equity.at(-1)).toBeCloseTo(1000 + 20 - 1 - 1.2, 9);
    expect(result.equity.at(-1)).toBe(result.finalCash);
  });
});

describe('stops and targets', () => {
  const risk: IdeaCard['risk_model'] = {
    stop_loss: { type: 'fixed_points', value: 5, atr_key: null, buffer_pct: 0 },
    take_profit: { type: 'fixed_points', value: 10, atr_key: null },
    sizing: { model: 'fixed_usdt', value: 100, max_leverage: 1 },
  };

  test.each<[string, Candle, string, number]>([
    ['the stop inside the bar fills at the stop', [100, 101, 94, 96], 'sl', 95],
    ['the target inside the bar fills at the target', [100, 111, 99, 105], 'tp', 110],
    ['a bar that holds both takes the stop', [100, 111, 94, 105], 'sl', 95],
    ['a bar that opens below the stop fills at the open', [92, 93, 90, 91], 'sl', 92],
    ['a bar that opens above the target fills at the open', [113, 114, 112, 113], 'tp', 113],
    ['a bar that opens above the target has left before it falls', [113, 114, 80, 81], 'tp', 113],
  ])('%s', (_, candle, reason, price) => {
    const candles = [flat(100), flat(100), candle, flat(100)];
    const [trade] = tradeRecords(play({ candles, signals: { 0: LONG }, risk }));
    expect(trade).toMatchObject({ exit_reason: reason, exit_price: price });
  });

  test('a short mirrors the long', () => {
    const candles = [flat(100), flat(100), [107, 108, 106, 107] as Candle, flat(100)];
    const [trade] = tradeRecords(play({ candles, signals: { 0: SHORT }, risk }));
    expect(trade).toMatchObject({ exit_reason: 'sl', exit_price: 107, duration_bars: 1 });
  });

  test('an entry filled beyond its own stop is stopped out at that open', () => {
    const candles = [flat(100), [93, 99, 92, 98] as Candle, flat(98)];
    const [trade] = tradeRecords(play({ candles, signals: { 0: LONG }, risk }));
    expect(trade).toMatchObject({
      entry_price: 93,
      exit_price: 93,
      exit_reason: 'sl',
      duration_bars: 0,
      mae_pct: 0,
      mfe_pct: 0,
    });
  });

  test('profile trade fills at the level whatever the open', () => {
    const candles = [flat(100), flat(100), [92, 93, 90, 91] as Candle, ...Array(10).fill(flat(91))];
    const reference = {
      ...risk,
      sizing: { model: 'percent_equity' as const, value: 1, max_leverage: 1 },
    };
    const [trade] = tradeRecords(
      play({ candles, signals: { 0: LONG }, risk: reference, options: { rules: PROFILES.trade } }),
    );
    expect(trade).toMatchObject({ exit_reason: 'sl', exit_price: 95 });
  });
});

describe('liquidation (isolated margin)', () => {
  test('entry 100, leverage 10, maintenance 0.005, long: liquidated at 90.5', () => {
    const result = play({
      candles: [flat(100), flat(100), [95, 96, 90, 95], flat(95)],
      signals: { 0: LONG },
      risk: notional(1000, 10),
    });
    expect(tradeRecords(result)[0]).toMatchObject({ exit_reason: 'liquidated', exit_price: 90.5 });
    expect(result.finalCash).toBe(1000 - 95);
    expect(result).toMatchObject({ outcome: 'completed', bars: 4 });
    expect(result.equity.length).toBe(4);
  });

  test('the short mirrors it at 109.5', () => {
    const candles = [flat(100), flat(100), [105, 110, 104, 105] as Candle, flat(100)];
    const result = play({ candles, signals: { 0: SHORT }, risk: notional(1000, 10) });
    const [trade] = tradeRecords(result);
    expect(trade?.exit_reason).toBe('liquidated');
    expect(trade?.exit_price).toBeCloseTo(109.5, 12);
  });

  test('a stop before the level wins; the level before a farther stop wins', () => {
    const candles = [flat(100), flat(100), [98, 99, 80, 85] as Candle, flat(85)];
    const withStop = (points: number) =>
      tradeRecords(
        play({
          candles,
          signals: { 0: LONG },
          risk: {
            ...notional(1000, 10),
            stop_loss: { type: 'fixed_points', value: points, atr_key: null, buffer_pct: 0 },
          },
        }),
      )[0];
    expect(withStop(5)).toMatchObject({ exit_reason: 'sl', exit_price: 95 });
    expect(withStop(15)).toMatchObject({ exit_reason: 'liquidated', exit_price: 90.5 });
  });

  test('a bar that opens far beyond costs the margin and no more', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(60), flat(60)],
      signals: { 0: LONG },
      card: { fee_model: { taker_bps: 10, maker_bps: 0 } },
      risk: notional(1000, 10),
    });
    const [trade] = tradeRecords(result);
    expect(trade?.exit_reason).toBe('liquidated');
    expect(trade?.net_pnl).toBeCloseTo(-100, 9);
    expect(result.finalCash).toBeCloseTo(900, 9);
  });

  test('an account that cannot open the minimum any more is blown and the run ends', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(60), flat(60), flat(60)],
      signals: { 0: LONG },
      risk: notional(1e9, 10),
    });
    expect(result.outcome).toBe('account_blown');
    expect(result.equity.length).toBe(3);
    expect(result.equity.at(-1)).toBeCloseTo(0, 9);
  });
});

describe('funding', () => {
  test('is settled on the last close before any fill of the bar that opens at the event', () => {
    const result = play({
      candles: [flat(100), flat(100), [101, 102, 100, 102], [103, 104, 103, 103], flat(103)],
      signals: { 0: LONG, 2: EXIT },
      risk: notional(100),
      options: {
        // At the open of bar 1 (nothing held yet), of bar 2 and of bar 3 (closed at that open).
        funding: fundingAt([1, 0.01], [2, 0.01], [3, -0.005]),
      },
    });
    const [trade] = tradeRecords(result);
    const paid = 1 * 100 * 0.01;
    const received = 1 * 102 * 0.005;
    expect(result.fundingPaid).toBeCloseTo(paid, 12);
    expect(result.fundingReceived).toBeCloseTo(received, 12);
    expect(trade?.net_pnl).toBeCloseTo(3 - paid + received, 12);
    expect(result.equity[2]).toBeCloseTo(1000 + 2 - paid, 12);
    expect(computeMetrics(result)).toMatchObject({
      total_funding_paid_usdt: paid,
      total_funding_received_usdt: received,
      net_funding_usdt: received - paid,
    });
  });

  test('an event in a gap is settled before the first bar after it; shorts receive', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(100)],
      signals: { 0: SHORT },
      risk: notional(100),
      options: { funding: fundingAt([1.5, 0.01]) },
    });
    expect(result.fundingReceived).toBeCloseTo(1, 12);
    expect(result.equity[2]).toBeCloseTo(1001, 9);
  });

  test('profile trade has none', () => {
    const result = play({
      candles: [flat(100), flat(100), ...Array(10).fill(flat(100))],
      signals: { 0: LONG },
      risk: {
        stop_loss: { type: 'percent', value: 5, atr_key: null, buffer_pct: 0 },
        take_profit: null,
        sizing: { model: 'percent_equity', value: 1, max_leverage: 3 },
      },
      options: { rules: PROFILES.trade, funding: fundingAt([2, 0.01]) },
    });
    expect(result.trades.count).toBe(1);
    expect(result.fundingPaid).toBe(0);
  });
});

describe('flips', () => {
  test('an opposite entry closes and reopens at the next open', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(110), flat(110), flat(99)],
      signals: { 0: LONG, 2: SHORT },
      allowFlip: true,
      risk: notional(110),
    });
    expect(tradeRecords(result)).toMatchObject([
      { side: 'long', exit_reason: 'signal', exit_time: '2024-01-01T07:00:00Z', exit_price: 110 },
      { side: 'short', entry_time: '2024-01-01T07:00:00Z', entry_price: 110, realized_pnl: 11 },
    ]);
  });

  test('is capped with the cash left after closing', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(100), flat(50), flat(50)],
      signals: { 0: LONG, 2: SHORT },
      allowFlip: true,
      risk: {
        ...notional(100),
        sizing: { model: 'percent_notional', value: 100, max_leverage: 1 },
      },
    });
    // Sized on 1000 at the signal; the gap to 50 leaves 500 after closing.
    expect(tradeRecords(result)[1]).toMatchObject({ side: 'short', entry_size_usdt: 500 });
  });

  test('too small a flip leaves the close standing', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(100), flat(1), flat(1)],
      signals: { 0: LONG, 2: SHORT },
      allowFlip: true,
      card: { min_trade_notional_usdt: 100 },
      risk: {
        ...notional(100),
        sizing: { model: 'percent_notional', value: 100, max_leverage: 1 },
      },
    });
    expect(result).toMatchObject({
      entryAttempts: 2,
      entryRejections: 1,
      outcome: 'account_blown',
    });
    expect(result.trades.count).toBe(1);
  });

  test('without allow_flip an opposite entry means nothing', () => {
    const result = play({
      candles: [flat(100), flat(100), flat(100), flat(100)],
      signals: { 0: LONG, 1: SHORT },
    });
    expect(result).toMatchObject({ entryAttempts: 1 });
    expect(tradeRecords(result)).toMatchObject([{ exit_reason: 'end_of_data' }]);
  });
});

describe('entries without a stop', () => {
  const bars = { candles: [flat(100), flat(100), flat(100)], signals: { 0: LONG } as const };

  test('are skipped and counted where the size needs the stop distance', () => {
    const result = play({
      ...bars,
      risk: {
        stop_loss: { type: 'atr_multiple', value: 2, atr_key: 'atr', buffer_pct: 0 },
        take_profit: null,
        sizing: { model: 'percent_equity', value: 1, max_leverage: 1 },
      },
    });
    expect(result).toMatchObject({ entriesSkipped: 1, entryAttempts: 0, outcome: 'no_trades' });
  });

  test('run on percent_notional 100 without leverage when there is no risk model', () => {
    const result = play({ ...bars, risk: null });
    expect(tradeRecords(result)).toMatchObject([
      { entry_size_usdt: 1000, stop_loss: null, take_profit: null },
    ]);
  });

  test.each([
    ['percent_equity', 2, 400],
    ['risk_based', 15, 300],
    ['fixed_usdt', 250, 250],
    ['percent_notional', 30, 300],
  ] as const)(
    '%s %d makes a position of %d USDT with a stop 5 points away',
    (model, value, expected) => {
      const result = play({
        ...bars,
        risk: {
          stop_loss: { type: 'fixed_points', value: 5, atr_key: null, buffer_pct: 0 },
          take_profit: null,
          sizing: { model, value, max_leverage: 1 },
        },
      });
      expect(tradeRecords(result)[0]?.entry_size_usdt).toBeCloseTo(expected, 9);
    },
  );
});

describe('daily samples', () => {
  test('one per UTC day, carried over days without bars, on the starting equity first', () => {
    // Bars open at 20:00 of day 0, 22:00 (closes at midnight, still day 0), then on day 3.
    const hours = [20, 23, 72, 73];
    const closes = [100, 110, 121, 121];
    const result = play(
      {
        candles: closes.map((close, row) => (row === 0 ? flat(100) : [100, close, 100, close])),
        signals: { 0: LONG },
        risk: {
          ...notional(100),
          sizing: { model: 'percent_notional', value: 100, max_leverage: 1 },
        },
      },
      hours.map((hour) => Date.UTC(2024, 0, 1, hour)),
    );
    const metrics = computeMetrics(result);
    // Day ends: 1100, 1100, 1100, 1210 on a base of 1000.
    const returns = [0.1, 0, 0, 0.1];
    const mean = 0.05;
    const sigma = Math.sqrt(returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 4);
    expect(metrics.sharpe).toBeCloseTo((mean / sigma) * Math.sqrt(365), 9);
    expect(metrics.cagr_pct).toBeCloseTo(100 * (1.21 ** (365 / 4) - 1), 0);
    expect(metrics.volatility_pct).toBeCloseTo(100 * sigma * Math.sqrt(365), 9);
    expect(metrics.total_bars).toBe(4);
  });
});

describe('the mark price', () => {
  test('is the close of the step and what the snapshot reads', () => {
    const marks: number[] = [];
    const strategy: Strategy = {
      decide(view) {
        marks.push(view.markPrice);
        return 0;
      },
    };
    const candles = [flat(100), [100, 105, 99, 104] as Candle, flat(103)];
    play({ candles, signals: {}, options: {} }, undefined, strategy);
    expect(marks).toEqual([100, 104, 103]);
  });

  test('is read from the close column once per step', () => {
    const feeds = feedsOf([flat(100), flat(101), flat(102), flat(103)]);
    let reads = 0;
    const close = new Proxy(feeds.exec.store.close, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(target, key, target) as unknown;
      },
    });
    Object.assign(feeds.exec.store, { close });
    const strategy: Strategy = { decide: (view) => (view.markPrice > 1000 ? 1 : 0) };
    runArrays(feeds, card({ candles: [], signals: {} }), { strategy });
    expect(reads).toBe(4);
  });
});

function play(
  example: Example,
  opens?: readonly number[],
  strategy: Strategy = scripted(example.signals),
): BacktestResult {
  return runArrays(feedsOf(example.candles, opens), card(example), {
    strategy,
    ...example.options,
  });
}

function scripted(signals: Readonly<Record<number, SignalCode>>): Strategy {
  return { decide: (view) => signals[view.barIndex] ?? 0 };
}

function flat(price: number): Candle {
  return [price, price, price, price];
}

function feedsOf(candles: readonly Candle[], opens?: readonly number[]) {
  return feedsFromArrays({
    exec: {
      timeframe: '1h',
      tsOpen: opens ?? candles.map((_, row) => FIRST_OPEN_MS + row * HOUR_MS),
      open: candles.map(([open]) => open),
      high: candles.map(([, high]) => high),
      low: candles.map(([, , low]) => low),
      close: candles.map(([, , , close]) => close),
    },
  });
}

function fundingAt(...events: readonly (readonly [bar: number, rate: number])[]) {
  return {
    tsMs: Float64Array.from(events, ([bar]) => FIRST_OPEN_MS + bar * HOUR_MS),
    rate: Float64Array.from(events, ([, rate]) => rate),
  };
}

/** A fixed position value, no stop and no target. */
function notional(usdt: number, leverage = 1): NonNullable<IdeaCard['risk_model']> {
  return {
    stop_loss: null,
    take_profit: null,
    sizing: { model: 'fixed_usdt', value: usdt, max_leverage: leverage },
  };
}

function card({ card: account, risk, allowFlip = false }: Example): IdeaCard {
  return {
    id: 'example',
    version: '1',
    name: null,
    description: null,
    account: {
      starting_equity_usdt: 1000,
      max_leverage: 1,
      margin_mode: 'isolated_usdt',
      fee_model: { taker_bps: 0, maker_bps: 0 },
      slippage_bps: 0,
      min_trade_notional_usdt: 10,
      maintenance_margin_rate: 0.005,
      max_notional_usdt: null,
      max_margin_usdt: null,
      ...account,
    },
    symbol_universe: ['TESTUSDT'],
    tf_configs: {
      exec: {
        tf: '1h',
        role: 'exec',
        feature_specs: [],
        warmup_bars: 0,
        required_indicators: [],
        market_structure: null,
      },
    },
    bars_history_required: 0,
    position_policy: { mode: 'long_short', allow_flip: allowFlip },
    signal_rules: { entry_rules: [], exit_rules: [] },
    risk_model: risk === undefined ? notional(100) : risk,
  };
}
