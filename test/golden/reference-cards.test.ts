import { describe, expect, test } from 'vitest';
import { tradeRecords, type TradeRecord } from '../../src/engine/trade-log.ts';
import { sha256 } from '../../src/hash.ts';
import { computeMetrics } from '../../src/metrics/metrics.ts';
import { runCard } from '../support/backtests.ts';
import { exec15m, hourly } from './reference-runs.ts';
import cases from './reference-cards.json' with { type: 'json' };

/**
 * Cards of ours run by the reference program on the candles of Appendix A: what its defects and its
 * account do, each where it decides the run. Trades and equity are the first 16 digits of the SHA-256
 * of their doubles, little endian, without a negative zero; metrics are as it printed them.
 */
describe('profile trade runs cards as the reference does, to the last bit', () => {
  test.each(cases)('$title', ({ card, window, trades, trade_bits, equity_bits, metrics }) => {
    const [startMs, endMs] = window.map((instant) => Date.parse(instant)) as [number, number];
    const { result } = runCard({
      cardText: JSON.stringify(card),
      candles: [exec15m(), hourly()],
      sweep: { profile: 'trade', window: { startMs, endMs } },
    });
    expect(computeMetrics(result)).toMatchObject(metrics);
    expect(result.trades.count).toBe(trades);
    expect(bits(tradeRecords(result).map(tradeRow))).toBe(trade_bits);
    const points = Array.from(result.equity, (equity, k) => [result.equityTs[k] as number, equity]);
    expect(bits(points)).toBe(equity_bits);
  });
});

const REASONS = ['signal', 'sl', 'tp', 'end_of_data', 'liquidated', 'account_blown'];

function tradeRow(trade: TradeRecord): number[] {
  return [
    Date.parse(trade.entry_time),
    Date.parse(trade.exit_time),
    trade.side === 'long' ? 1 : -1,
    REASONS.indexOf(trade.exit_reason),
    trade.entry_price,
    trade.entry_size,
    trade.entry_size_usdt,
    trade.exit_price,
    trade.realized_pnl,
    trade.fees_paid,
    trade.net_pnl,
    trade.stop_loss ?? Number.NaN,
    trade.take_profit ?? Number.NaN,
    trade.duration_bars,
    trade.mae_pct,
    trade.mfe_pct,
  ];
}

function bits(rows: readonly (readonly number[])[]): string {
  const plain = Float64Array.from(rows.flat(), (value) => value + 0);
  return sha256(new Uint8Array(plain.buffer)).slice(0, 16);
}
