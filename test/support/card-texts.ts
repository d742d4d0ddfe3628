import { parseCard, type ParsedCard } from '../../src/card/parse.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import type { Grid } from '../../src/grid/grid.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../../src/grid/sweep.ts';

/** A small valid card; `edit` changes the text, `sweep` is the body of its sweep section. */
export const CARD_TEXT = `id: demo
version: "1"
account: { starting_equity_usdt: 10000, max_leverage: 3, min_trade_notional_usdt: 10, slippage_bps: 2, fee_model: { taker_bps: 6 } }
symbol_universe: [SOLUSDT]
tf_configs:
  exec:
    tf: 15m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: fast, params: { length: 9 } }
      - { indicator_type: ema, output_key: slow, params: { length: 21 } }
      - { indicator_type: rsi, output_key: rsi, params: { length: 14 } }
      - { indicator_type: macd, output_key: macd, params: { fast: 12, slow: 26, signal: 9 } }
      - { indicator_type: atr, output_key: atr }
signal_rules:
  entry_rules:
    - direction: long
      conditions:
        - { indicator_key: fast, operator: cross_above, value: slow, is_indicator_comparison: true }
        - { indicator_key: rsi, operator: lt, value: 70 }
        - { indicator_key: macd_histogram, operator: gt, value: 0 }
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]
risk_model:
  stop_loss: { type: percent, value: 2 }
  take_profit: { type: rr_ratio, value: 2 }
  sizing: { model: percent_equity, value: 1, max_leverage: 3 }
`;

export const WINDOW_LINE = '  window: { start: 2023-02-01, end: 2023-12-01 }\n';

export function cardText(edit: Record<string, string> = {}): string {
  return Object.entries(edit).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`card text has no ${from}`);
    return text.replace(from, to);
  }, CARD_TEXT);
}

/** The card with a sweep section of these lines. */
export function sweepText(...lines: string[]): string {
  return `${CARD_TEXT}sweep:\n${WINDOW_LINE}${lines.map((line) => `  ${line}\n`).join('')}`;
}

export const NOW_MS = Date.UTC(2026, 0, 10, 13, 30);

export function parsed(text: string): ParsedCard {
  return parseCard(text);
}

export function sweepOf(text: string, overrides: SweepOverrides = {}): Sweep {
  return resolveSweep(parseCard(text), overrides, NOW_MS);
}

export function gridOf(...lines: string[]): Grid {
  return createGrid(sweepOf(sweepText(...lines)));
}
