/** EMA cross both ways, ATR stop, reward-to-risk target: the card of the real-candle sweeps. */
export function crossCard(sweep: string): string {
  return `
id: ema-cross
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 3, min_trade_notional_usdt: 10,
           slippage_bps: 2, fee_model: { taker_bps: 6 } }
symbol_universe: [BTCUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: fast, params: { length: 10 } }
      - { indicator_type: ema, output_key: slow, params: { length: 100 } }
      - { indicator_type: atr, output_key: atr, params: { length: 14 } }
position_policy: { mode: long_short }
signal_rules:
  entry_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_above, value: slow, is_indicator_comparison: true }]
    - direction: short
      conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]
    - direction: short
      conditions: [{ indicator_key: fast, operator: cross_above, value: slow, is_indicator_comparison: true }]
risk_model:
  stop_loss: { type: atr_multiple, value: 2, atr_key: atr }
  take_profit: { type: rr_ratio, value: 2 }
  sizing: { model: percent_equity, value: 1, max_leverage: 3 }
sweep:
  name: ema-cross
${sweep}`;
}

/** Exec 5m entries in the direction of the 1h trend and the 15m momentum; crosses on two roles. */
export function multiTimeframeCard(sweep: string): string {
  return `
id: mtf-trend
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 3, min_trade_notional_usdt: 10,
           slippage_bps: 2, fee_model: { taker_bps: 6 } }
symbol_universe: [BTCUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: rsi, output_key: rsi, params: { length: 14 } }
      - { indicator_type: atr, output_key: atr, params: { length: 14 } }
  mtf:
    tf: 15m
    role: mtf
    feature_specs:
      - { indicator_type: macd, output_key: macd, params: { fast: 12, slow: 26, signal: 9 } }
  htf:
    tf: 1h
    role: htf
    feature_specs:
      - { indicator_type: ema, output_key: trend, params: { length: 50 } }
position_policy: { mode: long_short }
signal_rules:
  entry_rules:
    - direction: long
      conditions:
        - { indicator_key: close, operator: gt, value: trend, is_indicator_comparison: true, tf: htf }
        - { indicator_key: macd_macd, operator: cross_above, value: macd_signal, is_indicator_comparison: true, tf: mtf }
        - { indicator_key: rsi, operator: gt, value: 50 }
    - direction: short
      conditions:
        - { indicator_key: close, operator: lt, value: trend, is_indicator_comparison: true, tf: htf }
        - { indicator_key: macd_macd, operator: cross_below, value: macd_signal, is_indicator_comparison: true, tf: mtf }
        - { indicator_key: rsi, operator: lt, value: 50 }
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: rsi, operator: cross_below, value: 40 }]
    - direction: short
      conditions: [{ indicator_key: rsi, operator: cross_above, value: 60 }]
risk_model:
  stop_loss: { type: atr_multiple, value: 3, atr_key: atr, buffer_pct: 0.1 }
  take_profit: { type: rr_ratio, value: 1.5 }
  sizing: { model: percent_equity, value: 1, max_leverage: 3 }
sweep:
  name: mtf-trend
${sweep}`;
}
