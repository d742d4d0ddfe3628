import { parseCard } from '../../src/card/parse.ts';
import type { IdeaCard } from '../../src/card/schema.ts';
import type { BacktestResult } from '../../src/engine/backtest.ts';
import type { Timeframe } from '../../src/time.ts';
import { feedsFromArrays, runArrays } from './backtests.ts';

/** Open, high, low, close. */
export type Candle = readonly [open: number, high: number, low: number, close: number];

/**
 * A backtest of somebody else's example: candles, signals by bar, and levels as prices. Decisions
 * fall at the close of the signal's bar and fill at the next open; no costs unless given.
 */
export interface SignalRun {
  readonly candles: readonly Candle[];
  readonly timeframe?: Timeframe;
  /** Open time of each bar, epoch ms; default: one after another from 2024. */
  readonly tsOpen?: ArrayLike<number>;
  readonly long?: readonly number[];
  readonly short?: readonly number[];
  readonly exit?: readonly number[];
  /** Price of the stop and of the target of an entry decided on a bar, for its side. */
  readonly stopAt?: (signalBar: number) => number;
  readonly targetAt?: (signalBar: number) => number;
  readonly startingEquity?: number;
  readonly sizing?: { readonly model: 'fixed_usdt' | 'percent_notional'; readonly value: number };
  readonly leverage?: number;
  readonly takerBps?: number;
  readonly slippageBps?: number;
  readonly canFlip?: boolean;
}

export function runSignals(run: SignalRun): BacktestResult {
  const { candles, timeframe = '1h' } = run;
  const column = (index: number) => candles.map((candle) => candle[index] as number);
  const close = column(3);
  const distances = (priceAt: SignalRun['stopAt']) =>
    close.map((price, bar) => (priceAt ? Math.abs(price - priceAt(bar)) : Number.NaN));
  const flags = (bars: readonly number[] = []) =>
    close.map((_, bar) => (bars.includes(bar) ? 1 : 0));
  const feeds = feedsFromArrays({
    exec: {
      timeframe,
      tsOpen: run.tsOpen ?? candles.map((_, bar) => Date.UTC(2024, 0, 1) + bar * 3_600_000),
      open: column(0),
      high: column(1),
      low: column(2),
      close,
      indicators: {
        long: flags(run.long),
        short: flags(run.short),
        exit: flags(run.exit),
        stop_distance: distances(run.stopAt),
        target_distance: distances(run.targetAt),
      },
    },
  });
  return runArrays(feeds, cardOf(run, timeframe));
}

// --- internal ---

function cardOf(run: SignalRun, timeframe: Timeframe): IdeaCard {
  const keys = ['long', 'short', 'exit', 'stop_distance', 'target_distance'];
  const sizing = run.sizing ?? { model: 'percent_notional', value: 100 };
  const rule = (direction: string, key: string) =>
    `{ direction: ${direction}, conditions: [{ indicator_key: ${key}, operator: eq, value: 1 }] }`;
  const { card } = parseCard(`
id: signals
version: '1'
account: { starting_equity_usdt: ${run.startingEquity ?? 1000}, max_leverage: ${run.leverage ?? 1},
           min_trade_notional_usdt: 0, slippage_bps: ${run.slippageBps ?? 0},
           fee_model: { taker_bps: ${run.takerBps ?? 0} } }
symbol_universe: [TESTUSDT]
tf_configs:
  exec:
    tf: ${timeframe}
    role: exec
    feature_specs: [${keys.map((key) => `{ indicator_type: ema, output_key: ${key} }`).join(', ')}]
position_policy: { mode: long_short, allow_flip: ${run.canFlip ?? false} }
signal_rules:
  entry_rules: [${rule('long', 'long')}, ${rule('short', 'short')}]
  exit_rules: [${rule('long', 'exit')}, ${rule('short', 'exit')}]
risk_model:
  stop_loss: ${run.stopAt ? '{ type: atr_multiple, value: 1, atr_key: stop_distance }' : 'null'}
  take_profit: ${run.targetAt ? '{ type: atr_multiple, value: 1, atr_key: target_distance }' : 'null'}
  sizing: { model: ${sizing.model}, value: ${sizing.value}, max_leverage: ${run.leverage ?? 1} }
`);
  return card;
}
