import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IdeaCard, Rule } from '../../src/card/schema.ts';
import type { BacktestResult } from '../../src/engine/backtest.ts';
import { PROFILES } from '../../src/engine/profile.ts';
import { computeMetrics } from '../../src/metrics/metrics.ts';
import { METRICS } from '../../src/metrics/registry.ts';
import { runArrays, runCard } from '../support/backtests.ts';
import { crossCard, multiTimeframeCard } from '../support/cards.ts';
import { candlesOf, sliceCandles } from '../support/feeds.ts';
import {
  feedsOf,
  fundingOf,
  randomBacktest,
  type RandomBacktest,
} from '../support/random-backtests.ts';
import type { ReferenceBar } from '../reference/engine.ts';

const anySeed = fc.integer({ min: 1, max: 1e9 });

describe('laws of the engine', () => {
  test('cash is conserved over fills, fees and funding', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const result = run(randomBacktest(seed));
        const { trades } = result;
        const sum = (name: 'realized' | 'fees' | 'funding') =>
          trades
            .column(name)
            .subarray(0, trades.count)
            .reduce((total, value) => total + value, 0);
        const start = result.facts.constants.startingEquity;
        const expected = start + sum('realized') - sum('fees') - sum('funding');
        expect(Math.abs(result.finalCash - expected)).toBeLessThan(1e-9 * scaleOf(result));
        expect(
          Math.abs(sum('funding') - (result.fundingPaid - result.fundingReceived)),
        ).toBeLessThan(1e-9 * scaleOf(result));
      }),
      { numRuns: 500 },
    );
  });

  test('equity is cash plus the unrealised PnL of the open position', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const input = { ...randomBacktest(seed), funding: [] };
        const result = run(input);
        const { equity, facts, trades } = result;
        const at = (name: Parameters<typeof trades.column>[0], row: number) =>
          trades.column(name)[row] as number;
        const isReplaced =
          facts.rules.endOfData === 'replaces_point' && !Number.isNaN(facts.equityBeforeLastClose);
        for (let i = 0; i < equity.length - (isReplaced ? 1 : 0); i++) {
          const bar = facts.startBar + i;
          const close = input.exec[bar]?.close as number;
          let expected = facts.constants.startingEquity;
          for (let row = 0; row < trades.count; row++) {
            const entryFee = at('notional', row) * facts.constants.feeRate;
            const isClosed = (trades.exitBar[row] as number) <= bar;
            const isEndOfData = trades.reason[row] === 3 && bar === trades.exitBar[row];
            if (isClosed && !isEndOfData) expected += at('realized', row) - at('fees', row);
            else if ((trades.entryBar[row] as number) <= bar) {
              const move = (trades.side[row] as number) * (close - at('entryPrice', row));
              expected += move * at('size', row) - entryFee;
            }
          }
          expect(Math.abs((equity[i] as number) - expected)).toBeLessThan(1e-9 * scaleOf(result));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('in profile standard no trade loses more than its margin, and cash never falls below 0', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const input = { ...randomBacktest(seed), profile: 'standard' as const };
        const result = run(input);
        const { leverage } = result.facts.constants;
        const net = result.trades.column('netPnl');
        const notional = result.trades.column('notional');
        for (let row = 0; row < result.trades.count; row++) {
          const margin = (notional[row] as number) / leverage;
          expect(net[row] as number).toBeGreaterThanOrEqual(-margin * (1 + 1e-9));
        }
        expect(result.finalCash).toBeGreaterThan(-1e-9 * scaleOf(result));
      }),
      { numRuns: 500 },
    );
  });

  test('prices and account times a power of two scale money and leave every ratio equal', () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom(0.25, 2, 1024), (seed, factor) => {
        const plain = withoutEpsilon(randomBacktest(seed));
        const small = computeMetrics(run({ ...plain, profile: 'standard' }));
        const large = computeMetrics(run({ ...scaled(plain, factor), profile: 'standard' }));
        for (const { name, unit } of METRICS) {
          const value = small[name];
          const expected = unit === 'usdt' && typeof value === 'number' ? value * factor : value;
          expect({ name, value: large[name] }).toEqual({ name, value: expected });
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each(['one timeframe', 'three timeframes'])(
    'bars before the warm-up change no metric: %s',
    (kind) => {
      const isMulti = kind !== 'one timeframe';
      const cardText = (isMulti ? multiTimeframeCard : crossCard)(
        '  window: { start: 2023-02-10, end: 2023-02-13 }\n',
      );
      const window = { startMs: Date.UTC(2023, 1, 10), endMs: Date.UTC(2023, 1, 13) };
      const candles = [
        candlesOf({ timeframe: '5m', bars: 12_600 }),
        ...(isMulti
          ? [
              candlesOf({ timeframe: '15m', bars: 4200 }),
              candlesOf({ timeframe: '1h', bars: 1050 }),
            ]
          : []),
      ];
      const [metrics, shorter] = [0, Date.UTC(2023, 0, 20)].map((fromMs) => {
        const kept = candles.map((each) =>
          sliceCandles(each, (row) => (each.tsOpen[row] as number) >= fromMs),
        );
        return computeMetrics(runCard({ cardText, candles: kept, sweep: { window } }).result);
      });
      expect(metrics?.total_trades).toBeGreaterThan(3);
      expect(shorter).toEqual(metrics);
    },
  );
});

function run(input: RandomBacktest): BacktestResult {
  return runArrays(feedsOf(input), input.card, {
    rules: PROFILES[input.profile],
    funding: input.funding.length > 0 ? fundingOf(input) : undefined,
  });
}

/** Size of the sums that a tolerance is relative to. */
function scaleOf(result: BacktestResult): number {
  const turnover = result.trades.column('notional').subarray(0, result.trades.count);
  return turnover.reduce((total, value) => total + value, result.facts.constants.startingEquity);
}

/** `eq` compares with an absolute epsilon, which does not scale. */
function withoutEpsilon(input: RandomBacktest): RandomBacktest {
  const plain = <R extends Rule>(rules: readonly R[]): R[] =>
    rules.map((rule) => ({
      ...rule,
      conditions: rule.conditions.map((condition) =>
        condition.operator === 'eq' ? { ...condition, operator: 'gte' as const } : condition,
      ),
    }));
  const { entry_rules, exit_rules } = input.card.signal_rules;
  return {
    ...input,
    card: {
      ...input.card,
      signal_rules: { entry_rules: plain(entry_rules), exit_rules: plain(exit_rules) },
    },
  };
}

function scaled(input: RandomBacktest, factor: number): RandomBacktest {
  const bars = (all: readonly ReferenceBar[]) =>
    all.map((bar) => ({
      ...bar,
      open: bar.open * factor,
      high: bar.high * factor,
      low: bar.low * factor,
      close: bar.close * factor,
      values: Object.fromEntries(
        Object.entries(bar.values).map(([key, value]) => [key, value * factor]),
      ),
    }));
  return {
    ...input,
    card: scaledCard(input.card, factor),
    exec: bars(input.exec),
    mtf: input.mtf && bars(input.mtf),
    htf: input.htf && bars(input.htf),
  };
}

function scaledCard(card: IdeaCard, factor: number): IdeaCard {
  const rules = <R extends Rule>(all: readonly R[]): R[] =>
    all.map((rule) => ({
      ...rule,
      conditions: rule.conditions.map((condition) =>
        condition.is_indicator_comparison
          ? condition
          : { ...condition, value: Number(condition.value) * factor },
      ),
    }));
  const points = <L extends { readonly type: string; readonly value: number }>(level: L | null) =>
    level?.type === 'fixed_points' ? { ...level, value: level.value * factor } : level;
  const { risk_model: risk, account, signal_rules: signals } = card;
  const isUsdt = risk?.sizing?.model === 'fixed_usdt' || risk?.sizing?.model === 'risk_based';
  return {
    ...card,
    account: {
      ...account,
      starting_equity_usdt: account.starting_equity_usdt * factor,
      min_trade_notional_usdt: account.min_trade_notional_usdt * factor,
    },
    signal_rules: {
      entry_rules: rules(signals.entry_rules),
      exit_rules: rules(signals.exit_rules),
    },
    risk_model: risk && {
      stop_loss: points(risk.stop_loss),
      take_profit: points(risk.take_profit),
      sizing:
        risk.sizing && isUsdt ? { ...risk.sizing, value: risk.sizing.value * factor } : risk.sizing,
    },
  };
}
