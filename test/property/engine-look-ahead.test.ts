import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candles } from '../../src/candles/query.ts';
import type { BacktestResult } from '../../src/engine/backtest.ts';
import { PROFILES, type ProfileName } from '../../src/engine/profile.ts';
import { SignalBuffers } from '../../src/engine/signals.ts';
import { compileStrategy, ruleStrategy, type Strategy } from '../../src/engine/strategy.ts';
import { tradeRecords } from '../../src/engine/trade-log.ts';
import { runArrays, runCard } from '../support/backtests.ts';
import { crossCard, multiTimeframeCard } from '../support/cards.ts';
import { candlesOf } from '../support/feeds.ts';
import {
  Dice,
  feedsOf,
  fundingOf,
  randomBacktest,
  type RandomBacktest,
} from '../support/random-backtests.ts';
import type { ReferenceBar } from '../reference/engine.ts';

describe('no look-ahead', () => {
  test('changing every bar after i leaves decisions, trades and equity up to i as they were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, at) => {
          const input = randomBacktest(seed);
          const bars = input.exec.length - input.start;
          const last = input.start + Math.min(bars - 2, Math.floor(at * bars));
          const known = pastOf(input, last);
          expect(pastOf(withOtherFuture(input, last, seed), last)).toEqual(known);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a strategy that peeks at the next close is caught by the same comparison', () => {
    const caught = Array.from({ length: 30 }, (_, seed) => {
      const input = { ...randomBacktest(seed + 1), profile: 'standard' as const };
      const last = input.start + 12;
      const changed = withOtherFuture(input, last, seed);
      const [known, other] = [input, changed].map((each) => {
        const feeds = feedsOf(each);
        const { close } = feeds.exec.store;
        const decisions: number[] = [];
        const peeking: Strategy = {
          decide({ barIndex }, side) {
            const rises = (close[barIndex + 1] ?? 0) > (close[barIndex] ?? 0);
            if (barIndex <= last) decisions.push(rises ? 1 : 0);
            return side === 0 && rises ? 1 : 0;
          },
        };
        runArrays(feeds, each.card, { strategy: peeking });
        return decisions.join('');
      });
      return known !== other;
    });
    expect(caught.filter(Boolean).length).toBeGreaterThan(5);
  });

  test.each<[string, ProfileName]>([
    ['one timeframe', 'standard'],
    ['three timeframes', 'standard'],
    ['one timeframe', 'trade'],
    ['three timeframes', 'trade'],
  ])('holds from candles to trades: %s, profile %s', (kind, profile) => {
    const isMulti = kind !== 'one timeframe';
    const cardText = (isMulti ? multiTimeframeCard : crossCard)(
      '  window: { start: 2023-01-15, end: 2023-01-18 }\n',
    );
    const candles = [
      candlesOf({ timeframe: '5m', bars: 5400, missing: (row) => row % 701 === 3 }),
      ...(isMulti
        ? [candlesOf({ timeframe: '15m', bars: 1800 }), candlesOf({ timeframe: '1h', bars: 450 })]
        : []),
    ];
    const whole = runCard({ cardText, candles, sweep: { profile } });
    expect(whole.result.trades.count).toBeGreaterThan(3);
    for (const share of [0.2, 0.55, 0.9]) {
      const point = Math.floor(whole.result.equity.length * share);
      const knownMs = whole.result.equityTs[point] as number;
      const other = runCard({
        cardText,
        candles: candles.map((each) => shakenAfter(each, knownMs)),
        sweep: { profile },
      });
      expect(pastOfResult(other.result, point)).toEqual(pastOfResult(whole.result, point));
    }
  });
});

/** What a run says of the bars up to `last`. */
function pastOf(input: RandomBacktest, last: number): object {
  const feeds = feedsOf(input);
  const decisions: number[] = [];
  const rules = ruleStrategy(input.card);
  const spy: Strategy = {
    decide(view, side, canFlip) {
      const code = rules.decide(view, side, canFlip);
      if (view.barIndex <= last) decisions.push(code);
      return code;
    },
  };
  const options = {
    rules: PROFILES[input.profile],
    funding: input.funding.length > 0 ? fundingOf(input) : undefined,
  };
  const viaView = runArrays(feeds, input.card, { ...options, strategy: spy });
  const strategy = compileStrategy(input.card, feeds);
  const viaBytes = runArrays(feeds, input.card, { ...options, strategy });
  const bytes = strategy.evaluate?.(input.start, new SignalBuffers()).slice(input.start, last + 1);
  const point = last - input.start;
  return {
    decisions,
    bytes: [...(bytes ?? [])],
    viaView: pastOfResult(viaView, point),
    viaBytes: pastOfResult(viaBytes, point),
  };
}

function pastOfResult(result: BacktestResult, point: number): object {
  const last = result.facts.startBar + point;
  return {
    equity: [...result.equity.subarray(0, point + 1)],
    trades: tradeRecords(result).filter((_, row) => (result.trades.exitBar[row] ?? 0) <= last),
  };
}

/** Every bar that closes after exec bar `last` becomes another one; times stay. */
function withOtherFuture(input: RandomBacktest, last: number, seed: number): RandomBacktest {
  const dice = new Dice(seed + 77);
  const knownMs = input.exec[last]?.tsClose ?? 0;
  const change = (bars: readonly ReferenceBar[]) =>
    bars.map((bar) => (bar.tsClose <= knownMs ? bar : otherBar(bar, dice)));
  return {
    ...input,
    exec: change(input.exec),
    mtf: input.mtf && change(input.mtf),
    htf: input.htf && change(input.htf),
    funding: input.funding.map((event) =>
      event.tsMs < knownMs ? event : { ...event, rate: dice.between(-0.01, 0.01) },
    ),
  };
}

function otherBar(bar: ReferenceBar, dice: Dice): ReferenceBar {
  const factor = dice.between(0.5, 2);
  return {
    ...bar,
    open: bar.open * factor,
    high: bar.high * factor * 1.01,
    low: bar.low * factor * 0.99,
    close: bar.close * factor,
    values: Object.fromEntries(
      Object.entries(bar.values).map(([key, value]) => [key, value * dice.between(0.5, 2)]),
    ),
  };
}

/** Candles that close after `knownMs` swing wildly instead. */
function shakenAfter(candles: Candles, knownMs: number): Candles {
  const ms = (candles.tsOpen[1] as number) - (candles.tsOpen[0] as number);
  const factor = (row: number) =>
    (candles.tsOpen[row] as number) + ms <= knownMs ? 1 : 1.5 + Math.sin(row);
  const shake = (column: Float64Array) => column.map((value, row) => value * factor(row));
  return {
    ...candles,
    open: shake(candles.open),
    high: shake(candles.high),
    low: shake(candles.low),
    close: shake(candles.close),
    volume: shake(candles.volume),
  };
}
