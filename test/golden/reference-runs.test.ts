import { describe, expect, test } from 'vitest';
import { tradeRecords } from '../../src/engine/trade-log.ts';
import { computeMetrics } from '../../src/metrics/metrics.ts';
import { runCard } from '../support/backtests.ts';
import {
  CROSS_CARD,
  CROSS_METRICS,
  CROSS_TRADES,
  exec15m,
  hourly,
  TREND_CARD,
  TREND_METRICS,
  TREND_TRADES,
  type GoldenTrade,
} from './reference-runs.ts';

const WINDOW = { startMs: Date.UTC(2025, 0, 3), endMs: Date.UTC(2025, 0, 12) };

describe('profile trade reproduces the golden runs of the reference to the last digit', () => {
  test('B.1: one timeframe, crosses, ATR stop with buffer, rr target', () => {
    const { result, feeds } = runCard({
      cardText: CROSS_CARD,
      candles: [exec15m()],
      sweep: { profile: 'trade', window: WINDOW },
    });
    expect(result.facts.startBar - feeds.firstBar).toBe(63);
    expect(feeds.endBar - feeds.firstBar).toBe(928);
    expect(result.trades.count).toBe(39);
    expectTrades(result, feeds.firstBar, CROSS_TRADES);
    expect(computeMetrics(result)).toMatchObject(CROSS_METRICS);
  });

  test('B.2: two timeframes, percent stop and target, a close at the end of the data', () => {
    const { result, feeds } = runCard({
      cardText: TREND_CARD,
      candles: [exec15m(), hourly()],
      sweep: { profile: 'trade', window: WINDOW },
    });
    expect(result.facts.startBar - feeds.firstBar).toBe(120);
    expect(feeds.endBar - feeds.firstBar).toBe(985);
    expect(result.trades.count).toBe(189);
    expectTrades(result, feeds.firstBar, TREND_TRADES);
    expect(result.equity.at(-1)).toBe(17288.53560970683);
    expect(result.finalCash).toBe(17283.85092410389);
    expect(computeMetrics(result)).toMatchObject(TREND_METRICS);
  });
});

function expectTrades(
  result: Parameters<typeof tradeRecords>[0],
  firstBar: number,
  golden: readonly GoldenTrade[],
): void {
  const records = tradeRecords(result);
  for (const [row, side, entryBar, exitBar, ...rest] of golden) {
    const trade = records[row];
    expect([
      row,
      trade?.side,
      (result.trades.entryBar[row] ?? 0) - firstBar,
      (result.trades.exitBar[row] ?? 0) - firstBar,
      trade?.entry_price,
      trade?.entry_size_usdt,
      trade?.stop_loss,
      trade?.take_profit,
      trade?.exit_reason,
      trade?.exit_price,
      trade?.realized_pnl,
      trade?.net_pnl,
      trade?.fees_paid,
      trade?.mae_pct,
      trade?.mfe_pct,
    ]).toEqual([row, side, entryBar, exitBar, ...rest]);
  }
}
