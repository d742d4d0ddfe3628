import { describe, expect, test } from 'vitest';
import { ENGINE_VERSION, PROFILES } from '../../src/engine/profile.ts';
import { tradeRecords } from '../../src/engine/trade-log.ts';
import { hashJson, sha256, type Json } from '../../src/hash.ts';
import { computeMetrics } from '../../src/metrics/metrics.ts';
import { runArrays, runCard } from '../support/backtests.ts';
import { feedsOf, fundingOf, randomBacktest } from '../support/random-backtests.ts';
import { CROSS_CARD, exec15m, hourly, TREND_CARD } from './reference-runs.ts';
import golden from './engine-version.json' with { type: 'json' };

/**
 * The engine's version is part of every sweep's identity, so that stored results of another engine
 * are never taken for today's. When a hash below moves, results have moved: raise ENGINE_VERSION,
 * write the new hashes into engine-version.json and a line into the changelog.
 */
describe('no result changes without a new ENGINE_VERSION', () => {
  test('the version is the one that the hashes belong to', () => {
    expect(ENGINE_VERSION).toBe(golden.engine_version);
  });

  test('single timeframe, both profiles', () => {
    expect(cardHash(CROSS_CARD, 'standard')).toBe(golden.cross_standard);
    expect(cardHash(CROSS_CARD, 'trade')).toBe(golden.cross_trade);
  });

  test('two timeframes, both profiles', () => {
    expect(cardHash(TREND_CARD, 'standard')).toBe(golden.trend_standard);
    expect(cardHash(TREND_CARD, 'trade')).toBe(golden.trend_trade);
  });

  test('two hundred random cards: funding, liquidation, flips, gaps', () => {
    const parts = Array.from({ length: 200 }, (_, seed) => {
      const input = randomBacktest(seed + 1);
      return resultHash(
        runArrays(feedsOf(input), input.card, {
          rules: PROFILES[input.profile],
          funding: input.funding.length > 0 ? fundingOf(input) : undefined,
        }),
      );
    });
    expect(sha256(parts.join('\n'))).toBe(golden.random_cards);
  });
});

function cardHash(cardText: string, profile: 'standard' | 'trade'): string {
  const { result } = runCard({
    cardText,
    candles: [exec15m(), hourly()],
    sweep: { profile, window: { startMs: Date.UTC(2025, 0, 4), endMs: Date.UTC(2025, 0, 13) } },
  });
  expect(result.trades.count).toBeGreaterThan(30);
  return resultHash(result);
}

/** Every bit of a result: outcome, trades, equity, metrics. */
function resultHash(result: Parameters<typeof computeMetrics>[0]): string {
  const { equity } = result;
  return hashJson({
    outcome: result.outcome,
    trades: tradeRecords(result) as unknown as Json,
    equity: sha256(new Uint8Array(equity.buffer, equity.byteOffset, equity.byteLength)),
    metrics: computeMetrics(result) as unknown as Json,
  });
}
