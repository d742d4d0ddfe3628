import { describe, expect, test } from 'vitest';
import { PROFILES, type ProfileName } from '../../src/engine/profile.ts';
import { ruleStrategy } from '../../src/engine/strategy.ts';
import type { BacktestResult } from '../../src/engine/backtest.ts';
import { EXIT_REASONS } from '../../src/engine/trade-log.ts';
import { computeMetrics, writeMetrics } from '../../src/metrics/metrics.ts';
import { METRIC_COLUMNS, METRICS } from '../../src/metrics/registry.ts';
import { referenceMetrics } from '../reference/metrics.ts';
import { runReference, type ReferenceResult } from '../reference/engine.ts';
import { runArrays, runCard } from '../support/backtests.ts';
import { crossCard, multiTimeframeCard } from '../support/cards.ts';
import { candlesOf } from '../support/feeds.ts';
import {
  feedsOf,
  fundingOf,
  randomBacktest,
  type RandomBacktest,
} from '../support/random-backtests.ts';

/** ENGINE_SEEDS=100000 runs the long comparison; the default takes a few seconds. */
const SEEDS = Number(process.env['ENGINE_SEEDS'] ?? 1000);
/** 2.2 ms a seed on an idle core; room for a machine twenty times busier. */
const SEEDS_TIMEOUT_MS = 120_000 + SEEDS * 45;

describe('the bar loop', () => {
  test(
    `equals the slow engine on ${SEEDS} random cards and candles, bit for bit`,
    () => {
      const seen = { trades: 0, reasons: new Set<string>(), outcomes: new Set<string>() };
      for (let seed = 1; seed <= SEEDS; seed++) {
        const input = randomBacktest(seed);
        const expected = runReference(input);
        const actual = run(input);
        expect({ seed, ...summaryOf(actual) }).toEqual({ seed, ...summaryOfReference(expected) });
        seen.trades += expected.trades.length;
        for (const { reason } of expected.trades) seen.reasons.add(reason);
        seen.outcomes.add(expected.outcome);
      }
      // The comparison means something only if the generator reaches every branch.
      expect(seen.trades).toBeGreaterThan(SEEDS);
      // `account_blown` closes no trade: with a position open, liquidation comes first.
      const reasons = EXIT_REASONS.filter((reason) => reason !== 'account_blown');
      expect([...seen.reasons].toSorted()).toEqual(reasons.toSorted());
      expect([...seen.outcomes].toSorted()).toEqual([
        'account_blown',
        'completed',
        'liquidated',
        'no_trades',
      ]);
    },
    SEEDS_TIMEOUT_MS,
  );

  test('gives the same bits through the snapshot view, bar by bar, as over signal bytes', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const input = randomBacktest(seed);
      const viaBytes = summaryOf(run(input));
      expect({ seed, ...summaryOf(run(input, true)) }).toEqual({ seed, ...viaBytes });
    }
  }, 120_000);

  test.each<[string, ProfileName]>([
    ['one timeframe', 'standard'],
    ['three timeframes', 'standard'],
    ['one timeframe', 'trade'],
    ['three timeframes', 'trade'],
  ])('does so on planned feeds with gaps: %s, profile %s', (kind, profile) => {
    const isMulti = kind !== 'one timeframe';
    const { result, feeds, sweep } = runCard({
      cardText: (isMulti ? multiTimeframeCard : crossCard)(
        '  window: { start: 2023-01-17, end: 2023-01-25 }\n',
      ),
      candles: [
        candlesOf({ timeframe: '5m', bars: 7200, missing: (row) => row % 313 < 4 }),
        candlesOf({ timeframe: '15m', bars: 2400, missing: (row) => row % 97 === 3 }),
        candlesOf({ timeframe: '1h', bars: 600, missing: (row) => row % 41 === 7 }),
      ],
      sweep: { profile, window: { startMs: Date.UTC(2023, 0, 17), endMs: Date.UTC(2023, 0, 25) } },
    });
    const viaView = runArrays(feeds, sweep.card, {
      strategy: ruleStrategy(sweep.card),
      rules: PROFILES[profile],
      windowStartMs: sweep.window.startMs,
      windowEndMs: sweep.window.endMs,
    });
    expect(result.trades.count).toBeGreaterThan(10);
    expect(summaryOf(viaView)).toEqual(summaryOf(result));
    expect(computeMetrics(viaView)).toEqual(computeMetrics(result));
  });
});

describe('the metrics', () => {
  test('equal the slow ones on random backtests', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const input = randomBacktest(seed);
      const actual = run(input);
      const { windowStartMs, windowEndMs } = actual.facts;
      const expected = referenceMetrics({
        ...input,
        windowStartMs,
        windowEndMs,
        barsPerYear: 35_040,
        result: runReference(input),
      });
      const metrics = computeMetrics(actual);
      expect(Object.keys(expected).toSorted()).toEqual(Object.keys(metrics).toSorted());
      for (const { name, digits } of METRICS) {
        const rounding = input.profile === 'trade' && digits !== null ? 0.5 * 10 ** -digits : 0;
        const difference = distance(metrics[name], expected[name], rounding);
        expect({ seed, name, difference }).toEqual({ seed, name, difference: 0 });
      }
      const row = new Float64Array(METRIC_COLUMNS.length + 1);
      expect(writeMetrics(actual, row, 1)).toBe(metrics.profit_factor_mode);
      expect([...row.subarray(1)]).toEqual(
        METRIC_COLUMNS.map((name) => metrics[name] ?? Number.NaN),
      );
    }
  }, 120_000);
});

/** 0 when equal within 1e-9 of the size (and the rounding of the reference), else the difference. */
function distance(actual: unknown, expected: unknown, rounding: number): unknown {
  if (typeof expected === 'string') return actual === expected ? 0 : actual;
  const wanted = expected as number;
  if (!Number.isFinite(wanted)) return actual === null ? 0 : actual;
  const difference = Math.abs((actual as number) - wanted);
  return difference <= rounding * 1.000001 + 1e-9 * Math.max(1, Math.abs(wanted))
    ? 0
    : [actual, wanted];
}

function run(input: RandomBacktest, isViaView = false): BacktestResult {
  const funding = input.funding.length > 0 ? fundingOf(input) : undefined;
  return runArrays(feedsOf(input), input.card, {
    rules: PROFILES[input.profile],
    funding,
    ...(isViaView ? { strategy: ruleStrategy(input.card) } : {}),
  });
}

function summaryOf(result: BacktestResult): object {
  const { trades } = result;
  const at = (name: Parameters<typeof trades.column>[0], row: number) =>
    trades.column(name)[row] as number;
  const priceAt = (name: 'stop' | 'target', row: number) =>
    Number.isNaN(at(name, row)) ? null : at(name, row);
  return {
    outcome: result.outcome,
    trades: Array.from({ length: trades.count }, (_, row) => ({
      side: trades.side[row] === 1 ? 'long' : 'short',
      entryBar: trades.entryBar[row],
      exitBar: trades.exitBar[row],
      entryPrice: at('entryPrice', row),
      exitPrice: at('exitPrice', row),
      size: at('size', row),
      notional: at('notional', row),
      reason: EXIT_REASONS[trades.reason[row] as number],
      realized: at('realized', row),
      fees: at('fees', row),
      netPnl: at('netPnl', row),
      pnlPct: at('pnlPct', row),
      stop: priceAt('stop', row),
      target: priceAt('target', row),
      mae: at('maePct', row),
      mfe: at('mfePct', row),
      exitTime: at('exitTime', row),
    })),
    equity: [...result.equity],
    attempts: result.entryAttempts,
    rejections: result.entryRejections,
    skipped: result.entriesSkipped,
    paid: result.fundingPaid,
    received: result.fundingReceived,
    cash: result.finalCash,
  };
}

function summaryOfReference(result: ReferenceResult): object {
  const { points: _points, decisions: _decisions, ...rest } = result;
  return rest;
}
