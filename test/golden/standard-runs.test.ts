import { describe, expect, test } from 'vitest';
import type { BacktestResult } from '../../src/engine/backtest.ts';
import { tradeRecords } from '../../src/engine/trade-log.ts';
import { computeMetrics } from '../../src/metrics/metrics.ts';
import { runCard } from '../support/backtests.ts';
import { CROSS_CARD, exec15m, hourly, TREND_CARD } from './reference-runs.ts';

const WINDOW = { startMs: Date.UTC(2025, 0, 4), endMs: Date.UTC(2025, 0, 13) };
const EIGHT_HOURS_MS = 8 * 3_600_000;

/**
 * Reviewed results of profile `standard` as text that a diff can be read of. Regenerated with
 * `npx vitest run --project golden --update` only, together with a new ENGINE_VERSION.
 */
describe('profile standard on the golden candles', () => {
  test('crosses, ATR stop, rr target', async () => {
    await expect(textOf(CROSS_CARD)).toMatchFileSnapshot('standard/cross.txt');
  });

  test('two timeframes, percent stop and target', async () => {
    await expect(textOf(TREND_CARD)).toMatchFileSnapshot('standard/trend.txt');
  });

  test('leverage 20 with flips and funding, no stop: liquidations', async () => {
    const reckless = CROSS_CARD.replace('mode: long_short', 'mode: long_short, allow_flip: true')
      .replace(/ {2}stop_loss:.*\n {2}take_profit:.*\n/, '')
      .replace(
        'model: percent_equity, value: 1.0, max_leverage: 3',
        'model: percent_notional, value: 150, max_leverage: 20',
      )
      .replace(/ {2}exit_rules:[\S\s]*?(?=risk_model)/, '');
    await expect(textOf(reckless, true)).toMatchFileSnapshot('standard/liquidations.txt');
  });
});

function textOf(cardText: string, hasFunding = false): string {
  const days = (WINDOW.endMs - WINDOW.startMs) / EIGHT_HOURS_MS;
  const tsMs = Float64Array.from(
    { length: days },
    (_, row) => WINDOW.startMs + row * EIGHT_HOURS_MS,
  );
  const { result } = runCard({
    cardText,
    candles: [exec15m(), hourly()],
    sweep: { profile: 'standard', window: WINDOW },
    options: hasFunding
      ? { funding: { tsMs, rate: tsMs.map((_, row) => 0.0001 * ((row % 5) - 1)) } }
      : {},
  });
  return linesOf(result).join('\n') + '\n';
}

function linesOf(result: BacktestResult): string[] {
  const trades = tradeRecords(result).map(
    ({ side, entry_time, entry_price, exit_time, exit_price, exit_reason, net_pnl }) =>
      `${side} ${entry_time} ${entry_price} ${exit_time} ${exit_price} ${exit_reason} ${net_pnl}`,
  );
  const metrics = Object.entries(computeMetrics(result)).map(([name, value]) => `${name} ${value}`);
  return [`outcome ${result.outcome}`, ...metrics, ...trades];
}
