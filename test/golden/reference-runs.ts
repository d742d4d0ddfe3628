import type { Candles } from '../../src/candles/query.ts';
import { goldenCandles } from '../support/golden-candles.ts';

/**
 * The golden runs of the reference engine (specification, Appendix B.1 and B.2): numbers as printed
 * there by the Python program, not computed here.
 */
export type GoldenTrade = readonly [
  row: number,
  side: 'long' | 'short',
  entryRow: number,
  exitRow: number,
  entryPrice: number,
  notional: number,
  stop: number,
  target: number,
  reason: string,
  exitPrice: number,
  realized: number,
  netPnl: number,
  fees: number,
  mae: number,
  mfe: number,
];

const ACCOUNT = `account:
  starting_equity_usdt: 10000
  max_leverage: 5
  min_trade_notional_usdt: 10
  slippage_bps: 2
  fee_model: { taker_bps: 6 }
symbol_universe: [BTCUSDT]
position_policy: { mode: long_short }
`;

export const CROSS_CARD = `id: golden-cross
version: '1'
${ACCOUNT}tf_configs:
  exec:
    tf: 15m
    role: exec
    warmup_bars: 50
    feature_specs:
      - { indicator_type: ema, output_key: ema_fast, params: { length: 9 } }
      - { indicator_type: ema, output_key: ema_slow, params: { length: 21 } }
      - { indicator_type: rsi, output_key: rsi, params: { length: 14 } }
      - { indicator_type: atr, output_key: atr, params: { length: 14 } }
signal_rules:
  entry_rules:
    - direction: long
      conditions:
        - { indicator_key: ema_fast, operator: cross_above, value: ema_slow, is_indicator_comparison: true }
        - { indicator_key: rsi, operator: lt, value: 75 }
    - direction: short
      conditions:
        - { indicator_key: ema_fast, operator: cross_below, value: ema_slow, is_indicator_comparison: true }
        - { indicator_key: rsi, operator: gt, value: 25 }
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: rsi, operator: lt, value: 45 }]
    - direction: short
      conditions: [{ indicator_key: rsi, operator: gt, value: 55 }]
risk_model:
  stop_loss: { type: atr_multiple, value: 1.5, atr_key: atr, buffer_pct: 0.1 }
  take_profit: { type: rr_ratio, value: 2.5 }
  sizing: { model: percent_equity, value: 1.0, max_leverage: 3 }
`;

export const TREND_CARD = `id: golden-trend
version: '1'
${ACCOUNT}tf_configs:
  exec:
    tf: 15m
    role: exec
    warmup_bars: 50
    feature_specs:
      - { indicator_type: ema, output_key: ema_fast, params: { length: 9 } }
      - { indicator_type: ema, output_key: ema_slow, params: { length: 21 } }
      - { indicator_type: rsi, output_key: rsi, params: { length: 14 } }
      - { indicator_type: atr, output_key: atr, params: { length: 14 } }
  htf:
    tf: 1h
    role: htf
    warmup_bars: 30
    feature_specs:
      - { indicator_type: ema, output_key: ema_trend, params: { length: 5 } }
signal_rules:
  entry_rules:
    - direction: long
      conditions:
        - { indicator_key: rsi, operator: gt, value: 50 }
        - { indicator_key: close, operator: gt, value: ema_trend, is_indicator_comparison: true, tf: htf }
    - direction: short
      conditions:
        - { indicator_key: rsi, operator: lt, value: 50 }
        - { indicator_key: close, operator: lt, value: ema_trend, is_indicator_comparison: true, tf: htf }
  exit_rules:
    - direction: long
      conditions:
        - { indicator_key: close, operator: lt, value: ema_trend, is_indicator_comparison: true, tf: htf }
    - direction: short
      conditions:
        - { indicator_key: close, operator: gt, value: ema_trend, is_indicator_comparison: true, tf: htf }
risk_model:
  stop_loss: { type: percent, value: 3 }
  take_profit: { type: percent, value: 4 }
  sizing: { model: percent_equity, value: 1.0, max_leverage: 3 }
`;

// oxfmt-ignore
export const CROSS_TRADES: readonly GoldenTrade[] = [
  [0, 'short', 70, 90, 98.98649874, 2401.404366044173, 103.12915000393718, 88.94669074015701, 'signal', 101.03240244000001, -49.633456483703426, -51.10407917722015, 2.9114653131432293, 2.7896, 9.3367],
  [1, 'long', 91, 103, 103.38627312, 2515.2451419330146, 99.27763002248399, 113.32711094379002, 'tp', 113.30444552160127, 241.29542730519205, 239.64150296364912, 3.1630714267027322, 0.7445, 9.0763],
  [2, 'short', 113, 125, 100.98849826, 2504.499698944927, 105.11663798811931, 90.99137677970174, 'tp', 91.00957505505768, 247.47580757393652, 246.12159323911393, 2.85691415418955, 0.5392, 9.0264],
  [33, 'long', 797, 817, 111.36946944, 6184.075896480038, 107.53773608791457, 120.5924917802136, 'signal', 112.19545642, 45.86504900767457, 42.12708444038194, 7.448410105180649, 0.6301, 8.0194],
  [34, 'short', 819, 839, 106.92101152000001, 5895.6348146244645, 110.7871365656, 97.59791458600002, 'signal', 107.281452, -19.874722585190128, -23.42402830751592, 7.086686611100471, 0.9187, 7.6299],
  [38, 'short', 906, 926, 108.78783808, 6220.558661160786, 112.69186939272385, 99.3759505181904, 'signal', 107.12982168, 94.80644582514888, 91.1309944959475, 7.407786525897853, 0.7067, 7.99],
];

export const CROSS_METRICS = {
  initial_equity: 10000.0,
  final_equity: 22282.03,
  net_profit: 12282.03,
  net_return_pct: 122.82,
  benchmark_return_pct: 0.15,
  alpha_pct: 122.67,
  max_drawdown_abs: 477.67,
  max_drawdown_pct: 2.53,
  max_drawdown_duration_bars: 41,
  total_trades: 39,
  win_rate: 94.87,
  avg_trade_return_pct: 7.59,
  profit_factor: 167.18,
  sharpe: 82.09,
  sortino: 231.44,
  win_count: 37,
  loss_count: 2,
  gross_profit: 12459.78,
  gross_loss: 74.53,
  total_fees: 206.39,
  avg_win_usdt: 336.75,
  avg_loss_usdt: 37.26,
  largest_win_usdt: 520.39,
  largest_loss_usdt: 51.1,
  avg_trade_duration_bars: 8.51,
  avg_winning_trade_duration_bars: 7.89,
  avg_losing_trade_duration_bars: 20.0,
  max_consecutive_wins: 33,
  max_consecutive_losses: 1,
  expectancy_usdt: 317.57,
  payoff_ratio: 9.04,
  recovery_factor: 25.71,
  omega_ratio: 7.62,
  long_trades: 19,
  short_trades: 20,
  long_win_rate: 100.0,
  short_win_rate: 90.0,
  long_pnl: 6132.97,
  short_pnl: 6252.29,
  total_bars: 865,
  bars_in_position: 332,
  time_in_market_pct: 38.38,
  ulcer_index: 0.3611,
  profit_factor_mode: 'finite',
  entry_attempts: 40,
  entry_rejections: 0,
  entry_rejection_rate: 0.0,
  min_margin_ratio: 1.0,
  margin_calls: 0,
  closest_liquidation_pct: 99.84,
  skewness: 0.9599,
  kurtosis: 5.1646,
  var_95_pct: 0.0403,
  cvar_95_pct: 0.2741,
  avg_leverage_used: 0.27,
  max_gross_exposure_pct: 31.92,
  mae_avg_pct: 0.71,
  mfe_avg_pct: 8.04,
};

// oxfmt-ignore
export const TREND_TRADES: readonly GoldenTrade[] = [
  [0, 'long', 121, 122, 112.35086568, 3333.333333333339, 108.95854800000001, 116.82153600000001, 'sl', 108.93675629040001, -101.29307471838942, -103.23229887355839, 3.939224155168973, 1.9044, 0.6427],
  [1, 'long', 123, 124, 108.64652496, 3298.255900375488, 105.366056, 112.969792, 'signal', 106.10187538, -77.24964507344333, -79.18224882662456, 3.9115572934065197, 3.0073, 0.4907],
  [2, 'short', 125, 126, 103.49559674, 3271.2021662531915, 106.621789, 99.375648, 'tp', 99.3955231296, 129.59169373970443, 127.70672745619633, 3.847687583260007, 0.6954, 2.9741],
  [6, 'short', 145, 145, 95.85372542, 3362.7316717898907, 98.749087, 92.037984, 'sl', 98.7688368174, -102.2676727469927, -104.34667235371484, 4.096638609796065, 0.0, 0.0],
  [187, 'short', 966, 982, 102.66476294, 5778.541051938888, 105.76585899999999, 98.577888, 'sl', 105.78701217179999, -175.73746671859664, -179.31003382979114, 7.039691742357823, 2.5874, 2.5024],
  [188, 'long', 984, 984, 109.82065974, 5717.615332451898, 106.504739, 114.190648, 'end_of_data', 112.47030144, 137.94883444782278, 134.43549594768294, 6.943907699610971, 0.6827, 2.9824],
];

export const TREND_METRICS = {
  initial_equity: 10000.0,
  final_equity: 17288.54,
  net_profit: 7288.54,
  net_return_pct: 72.89,
  benchmark_return_pct: 0.15,
  alpha_pct: 72.74,
  max_drawdown_abs: 488.57,
  max_drawdown_pct: 3.34,
  max_drawdown_duration_bars: 40,
  total_trades: 189,
  win_rate: 57.14,
  avg_trade_return_pct: 0.95,
  profit_factor: 1.71,
  sharpe: 31.18,
  sortino: 49.05,
  win_count: 108,
  loss_count: 81,
  gross_profit: 18776.98,
  gross_loss: 10980.39,
  total_fees: 1026.35,
  avg_win_usdt: 173.86,
  avg_loss_usdt: 135.56,
  largest_win_usdt: 222.74,
  largest_loss_usdt: 179.31,
  avg_trade_duration_bars: 3.37,
  avg_winning_trade_duration_bars: 2.39,
  avg_losing_trade_duration_bars: 4.67,
  max_consecutive_wins: 4,
  max_consecutive_losses: 3,
  expectancy_usdt: 41.25,
  payoff_ratio: 1.28,
  recovery_factor: 14.92,
  omega_ratio: 1.52,
  long_trades: 97,
  short_trades: 92,
  long_win_rate: 58.76,
  short_win_rate: 55.43,
  long_pnl: 4621.14,
  short_pnl: 3175.45,
  total_bars: 865,
  bars_in_position: 637,
  time_in_market_pct: 73.64,
  ulcer_index: 1.476,
  profit_factor_mode: 'finite',
  entry_attempts: 189,
  entry_rejections: 0,
  entry_rejection_rate: 0.0,
  min_margin_ratio: 1.0,
  margin_calls: 0,
  closest_liquidation_pct: 99.83,
  skewness: -0.2127,
  kurtosis: 2.5842,
  var_95_pct: 0.5737,
  cvar_95_pct: 0.7405,
  avg_leverage_used: 0.33,
  max_gross_exposure_pct: 34.4,
  mae_avg_pct: 1.31,
  mfe_avg_pct: 2.31,
};

const START_MS = Date.UTC(2025, 0, 1);
const MINUTES_15 = 15 * 60_000;

/** The golden candles as 1200 bars of 15m. */
export function exec15m(): Candles {
  const candles = goldenCandles(1200);
  return {
    symbol: 'BTCUSDT',
    timeframe: '15m',
    tsOpen: Float64Array.from(candles.close, (_, row) => START_MS + row * MINUTES_15),
    ...candles,
    length: 1200,
  };
}

/** Four bars to one: open first, high max, low min, close last, volume summed. */
export function hourly(): Candles {
  const fine = exec15m();
  const rows = Array.from({ length: fine.length / 4 }, (_, row) => row * 4);
  const pick = (combine: (row: number) => number) => Float64Array.from(rows, combine);
  const group = (column: Float64Array, row: number) => column.subarray(row, row + 4);
  return {
    symbol: 'BTCUSDT',
    timeframe: '1h',
    tsOpen: pick((row) => fine.tsOpen[row] as number),
    open: pick((row) => fine.open[row] as number),
    high: pick((row) => Math.max(...group(fine.high, row))),
    low: pick((row) => Math.min(...group(fine.low, row))),
    close: pick((row) => fine.close[row + 3] as number),
    volume: pick((row) => group(fine.volume, row).reduce((sum, value) => sum + value, 0)),
    length: rows.length,
  };
}
