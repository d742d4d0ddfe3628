import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candles } from '../../src/candles/query.ts';
import { parseCard } from '../../src/card/parse.ts';
import type { MultiTFFeedStore } from '../../src/feed/multi-tf.ts';
import { userStrategy } from '../../src/engine/strategy-view.ts';
import type {
  StrategyFunction,
  StrategyView,
  TimeframeView,
} from '../../src/engine/user-strategy.ts';
import { runArrays } from '../support/backtests.ts';
import { multiTimeframeCard } from '../support/cards.ts';
import { candlesOf, libraryOf, sweepOf } from '../support/feeds.ts';
import { withoutRules } from '../support/strategies.ts';

const CARD_TEXT = withoutRules(
  multiTimeframeCard('  window: { start: 2023-01-17, end: 2023-01-20 }\n'),
);
const { card } = parseCard(CARD_TEXT, { strategy: 'any.ts' });
const sweep = { ...sweepOf(multiTimeframeCard('')), card };
const CANDLES = [
  candlesOf({ timeframe: '5m', bars: 5800, missing: (row) => row % 701 === 3 }),
  candlesOf({ timeframe: '15m', bars: 1930 }),
  candlesOf({ timeframe: '1h', bars: 480 }),
];
const BARS = 3 * 288;
const KEYS = {
  exec: ['rsi', 'atr'],
  mtf: ['macd_macd', 'macd_signal', 'macd_histogram'],
  htf: ['trend'],
};

/** What a strategy chooses to read, and how far back. */
const reading = fc.record({
  role: fc.constantFrom('exec', 'mtf', 'htf'),
  name: fc.constantFrom('open', 'high', 'low', 'close', 'volume', 'tsClose', 'indicator'),
  barsBack: fc.nat({ max: 40 }),
});
type Reading = typeof reading extends fc.Arbitrary<infer T> ? T : never;

describe('a strategy in a file', () => {
  test('decides alike at every bar up to i whatever comes after i', () => {
    const whole = bound(CANDLES);
    fc.assert(
      fc.property(
        fc.array(reading, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: BARS - 20 }),
        fc.integer({ min: 2, max: 9 }),
        (readings, last, rarity) => {
          const row = whole.windowStartBar + last;
          const knownMs = whole.exec.store.tsClose[row] as number;
          const other = bound(CANDLES.map((candles) => shakenAfter(candles, knownMs)));
          const known = decisionsOf(whole, readings, rarity);
          expect(decisionsOf(other, readings, rarity).slice(0, last + 1)).toEqual(
            known.slice(0, last + 1),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('does decide differently once the future has come, so that the comparison means something', () => {
    const whole = bound(CANDLES);
    const knownMs = whole.exec.store.tsClose[whole.windowStartBar + 100] as number;
    const other = bound(CANDLES.map((candles) => shakenAfter(candles, knownMs)));
    const readings: Reading[] = [{ role: 'exec', name: 'close', barsBack: 0 }];
    const [known, changed] = [whole, other].map((feeds) => decisionsOf(feeds, readings, 3));
    expect(changed?.slice(0, 101)).toEqual(known?.slice(0, 101));
    expect(changed?.slice(101)).not.toEqual(known?.slice(101));
    expect(new Set(known?.map(([signal]) => signal)).size).toBe(4);
  });
});

function bound(candles: readonly Candles[]): MultiTFFeedStore {
  return libraryOf(sweep, candles).bind(card);
}

/** Signals drawn from the bits of everything read, with the values themselves and the position. */
function decisionsOf(
  feeds: MultiTFFeedStore,
  readings: readonly Reading[],
  rarity: number,
): [signal: string | null, seen: string][] {
  const decisions: [string | null, string][] = [];
  const decide: StrategyFunction = (view) => {
    const values = readings.map((each) => read(view, each));
    const { position } = view;
    const held = position ? [position.side, position.entryPrice, position.barsHeld] : [];
    const seen = [...values, ...held, view.equity].join(' ');
    const drawn = hashOf(seen) % (3 * rarity);
    const signal =
      drawn < rarity ? null : drawn < 2 * rarity ? 'exit' : drawn % 2 ? 'long' : 'short';
    decisions.push([signal, seen]);
    return signal;
  };
  runArrays(feeds, card, { strategy: userStrategy({ decide, card, feeds, params: {} }) });
  return decisions;
}

function read(view: StrategyView, { role, name, barsBack }: Reading): number {
  const context: TimeframeView = view[role];
  if (name === 'tsClose') return context.tsClose;
  if (name !== 'indicator') return context.price(name, barsBack);
  const keys = KEYS[role];
  return context.indicator(keys[barsBack % keys.length] as string, barsBack);
}

function hashOf(text: string): number {
  let hash = 7;
  for (let n = 0; n < text.length; n += 1) hash = (hash * 31 + text.charCodeAt(n)) >>> 0;
  return hash >>> 4;
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
