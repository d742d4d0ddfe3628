import { describe, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import type { IdeaCard } from '../../../src/card/schema.ts';
import type { BacktestResult } from '../../../src/engine/backtest.ts';
import { userStrategy } from '../../../src/engine/strategy-view.ts';
import { tradeRecords } from '../../../src/engine/trade-log.ts';
import type {
  StrategyFunction,
  StrategySignal,
  StrategyView,
} from '../../../src/engine/user-strategy.ts';
import { crossCard } from '../../support/cards.ts';
import { feedsFromArrays, runArrays } from '../../support/backtests.ts';

const MINUTE = 60_000;
const START_MS = Date.UTC(2023, 0, 1);
const CLOSES = [100, 101, 102, 103, 104, 105, 106, 107];

/** Bars that open at the last close, and a trend bar of 15m after every third. */
function feeds() {
  const ohlc = (closes: readonly number[], minutes: number) => ({
    tsOpen: closes.map((_, bar) => START_MS + bar * minutes * MINUTE),
    open: closes.map((close, bar) => closes[bar - 1] ?? close),
    high: closes,
    low: closes.map((close, bar) => closes[bar - 1] ?? close),
    close: closes,
  });
  return feedsFromArrays({
    exec: { timeframe: '5m', ...ohlc(CLOSES, 5), indicators: { fast: CLOSES.map((c) => c / 2) } },
    htf: { timeframe: '15m', ...ohlc([102, 105, 107], 15), indicators: { trend: [1, 2, 3] } },
  });
}

function card(edit: (card: IdeaCard) => Partial<IdeaCard> = () => ({})): IdeaCard {
  const text = crossCard('  window: { start: 2023-03-01, end: 2023-03-08 }\n');
  const parsed = parseCard(text, { strategy: 'test.ts' }).card;
  const base: IdeaCard = {
    ...parsed,
    risk_model: { stop_loss: null, take_profit: null, sizing: null },
    strategy_params: { patience: 3, note: 'calm', fast: 7 },
  };
  return { ...base, ...edit(base) };
}

function run(decide: StrategyFunction, of: IdeaCard = card()): BacktestResult {
  const bars = feeds();
  const strategy = userStrategy({ decide, card: of, feeds: bars, params: { fast: 12 } });
  return runArrays(bars, of, { strategy });
}

function failing(decide: (view: StrategyView) => unknown): () => BacktestResult {
  return () =>
    run((view) => {
      decide(view);
      return null;
    });
}

describe('what a strategy sees', () => {
  test('prices, indicators and bars back of each timeframe, closed bars only', () => {
    const seen: unknown[] = [];
    run((view) => {
      const { exec, barNumber } = view;
      if (barNumber < 2) return null;
      const { htf } = view;
      if (barNumber !== 5) return null;
      seen.push(
        exec.close,
        exec.price('close', 2),
        exec.indicator('fast', 1),
        exec.price('open', 99),
      );
      seen.push(htf.close, htf.indicator('trend'), htf.indicator('trend', 1), htf.tsClose);
      return null;
    });
    expect(seen).toEqual([105, 103, 52, Number.NaN, 105, 2, 1, START_MS + 30 * MINUTE]);
  });

  test('its position, its equity and params of the point above those of the card', () => {
    const seen: unknown[] = [];
    const gaps: number[] = [];
    const params: unknown[] = [];
    run((view) => {
      const { position, equity, barNumber } = view;
      if (position === null) return barNumber === 0 ? 'long' : null;
      const { side, entryPrice, barsHeld, stopLoss, takeProfit, unrealizedPnl, size } = position;
      seen.push([side, entryPrice > 100, barsHeld, stopLoss, takeProfit, size > 0]);
      const pnl = (CLOSES[view.barNumber]! - entryPrice) * size;
      gaps.push(Math.abs(unrealizedPnl - pnl), equity - unrealizedPnl);
      params.push(view.param('fast'), view.param('patience'), view.option('note'));
      return barsHeld >= view.param('patience') ? 'exit' : null;
    });
    expect(params.slice(0, 3)).toEqual([12, 3, 'calm']);
    // Cash is the starting equity less the entry's fee.
    const [pnlGap, cash] = [gaps[0]!, gaps[1]!];
    expect(pnlGap).toBeLessThan(1e-9);
    expect(cash).toBeGreaterThan(9_980);
    expect(cash).toBeLessThan(10_000);
    expect(seen).toEqual([0, 1, 2, 3].map((held) => ['long', true, held, null, null, true]));
  });

  test('nothing that leads on to the feed or to another bar', () => {
    run((view) => {
      const things = [view, view.exec, ...(view.position ? [view.position] : [])];
      for (const thing of things) expect(Object.keys(thing)).toEqual([]);
      expect('moveTo' in view).toBe(false);
      return 'long';
    });
  });
});

describe('a strategy that fails', () => {
  test.each<[string, (view: StrategyView) => unknown, RegExp]>([
    [
      'looks ahead',
      ({ exec }) => exec.price('close', -1),
      /barsBack is -1: the future is not visible/,
    ],
    ['looks ahead by name', ({ exec }) => exec.indicator('fast', -1), /the future is not visible/],
    ['looks between bars', ({ exec }) => exec.price('close', 0.5), /no whole number/],
    [
      'mistypes a key',
      ({ exec }) => exec.indicator('fasst'),
      /no exec indicator "fasst"; did you mean fast\?/,
    ],
    [
      'mistypes a param',
      (view) => view.param('patienc'),
      /no param "patienc"; did you mean patience\?/,
    ],
    ['reads text as a number', (view) => view.param('note'), /is "calm", no number/],
    ['mistypes a price', ({ exec }) => exec.price('hlc3' as 'open'), /"hlc3" is no price/],
    ['wants a role that is not there', (view) => view.mtf.close, /the card configures no mtf/],
    [
      'throws',
      () => {
        throw new Error('enough');
      },
      /2023-01-01T00:00:00Z: enough$/,
    ],
  ])('names the bar and the reason: %s', (_name, decide, message) => {
    expect(failing(decide)).toThrow(/^the strategy failed at the bar of 2023-01-01T00:00:00Z: /);
    expect(failing(decide)).toThrow(message);
    expect(failing(decide)).toThrow(expect.objectContaining({ code: 'STRATEGY_FAILED' }));
  });

  test.each<[unknown, string]>([
    ['buy', 'it returned "buy", not long, short, exit or null'],
    [1, 'it returned 1,'],
    [Promise.resolve('long'), 'it returned a promise (an async function),'],
    [{ side: 'long' }, 'it returned {"side":"long"},'],
    [10n, 'it returned a bigint,'],
  ])('returns %s', (value, message) => {
    expect(() => run(() => value as StrategySignal)).toThrow(message);
  });

  test('throws something that is no error', () => {
    expect(() =>
      run(() => {
        // oxlint-disable-next-line typescript/only-throw-error
        throw 'text';
      }),
    ).toThrow('it threw "text"');
  });
});

describe('signals of a strategy', () => {
  const sides = (result: BacktestResult) => tradeRecords(result).map(({ side }) => side);

  test('a direction that the policy forbids means nothing, an exit without a position neither', () => {
    const longOnly = card(() => ({ position_policy: { mode: 'long_only', allow_flip: false } }));
    expect(sides(run(() => 'short', longOnly))).toEqual([]);
    expect(sides(run(() => 'exit', longOnly))).toEqual([]);
    expect(sides(run(() => undefined, longOnly))).toEqual([]);
    expect(sides(run(() => 'long', longOnly))).toEqual(['long']);
  });

  test('the opposite entry reverses where flips are allowed, and means nothing where not', () => {
    const decide: StrategyFunction = ({ barNumber }) => (barNumber < 3 ? 'long' : 'short');
    const flipping = card(() => ({ position_policy: { mode: 'long_short', allow_flip: true } }));
    expect(sides(run(decide, flipping))).toEqual(['long', 'short']);
    expect(sides(run(decide))).toEqual(['long']);
  });
});
