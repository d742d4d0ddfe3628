import { describe, expect, test } from 'vitest';
import { FeedLibrary } from '../../../src/feed/feed-library.ts';
import { buildFeatureFrame, storeOfFrame } from '../../../src/feed/feature-frame.ts';
import { planFeeds } from '../../../src/feed/plan.ts';
import { createGrid } from '../../../src/grid/create-grid.ts';
import type { Sweep } from '../../../src/grid/sweep.ts';
import { ema } from '../../../src/indicators/ewm.ts';
import { crossCard, multiTimeframeCard } from '../../support/cards.ts';
import {
  axis,
  candlesOf,
  factsOf,
  libraryOf,
  paramPath,
  plannedCandles,
  sameBits,
  START_MS,
  sweepOf,
} from '../../support/feeds.ts';

const candles = [
  candlesOf({ timeframe: '5m', bars: 21 * 288 }),
  candlesOf({ timeframe: '15m', bars: 21 * 96 }),
  candlesOf({ timeframe: '1h', bars: 21 * 24 }),
];
const five = candles[0]!;

/** The sweep of one point: its card as base card, without axes. */
function onePoint(sweep: Sweep, pointIndex: number): Sweep {
  return { ...sweep, card: createGrid(sweep).cardAt(pointIndex), axes: [] };
}

describe('binding a point', () => {
  const sweep = sweepOf(crossCard(''), {
    axes: [
      axis('fast', paramPath('exec', 0, 'length'), [5, 10, 20]),
      axis('slow', paramPath('exec', 1, 'length'), [50, 100]),
    ],
  });

  test('gives the columns of its own parameters under the card keys', () => {
    const feeds = libraryOf(sweep, candles).bind(createGrid(sweep).cardAt(3));
    const { store, indicators, firstValid } = feeds.exec;
    expect([...indicators.keys()]).toEqual(['fast', 'slow', 'atr']);
    expect(indicators.get('fast')).toBe(store.column('ema(length=10):close'));
    expect(indicators.get('slow')).toBe(store.column('ema(length=100):close'));
    expect(feeds.series('exec', 'close')).toBe(store.close);
    expect(feeds.series('exec', 'nothing')).toBeUndefined();
    expect(feeds.series('htf', 'close')).toBeUndefined();
    expect(store.tsOpen[feeds.windowStartBar]).toBe(sweep.window.startMs);
    expect(feeds.endBar).toBe(store.length);
    expect(feeds.firstBar).toBe(0);
    expect(firstValid.get('slow')).toBe(99);
  });

  test('a series starts its own warm-up before the window: an EMA of stored closes from there', () => {
    const feeds = libraryOf(sweep, candles).bind(createGrid(sweep).cardAt(0));
    const windowRow = (sweep.window.startMs - START_MS) / 300_000;
    const expected = ema(five.close.slice(windowRow - 35, windowRow + 3 * 288), 5, 'standard');
    const column = feeds.series('exec', 'fast') as Float64Array;
    const begin = feeds.windowStartBar - 35;
    expect(sameBits(column.subarray(begin), expected)).toBe(true);
    expect(column.subarray(0, begin).every(Number.isNaN)).toBe(true);
  });

  for (const profile of ['standard', 'trade'] as const) {
    test(`${profile}: a point sees the same bits alone and in a grid`, () => {
      const grid = { ...sweep, profile };
      const library = libraryOf(grid, candles);
      for (let point = 0; point < 6; point++) {
        const alone = onePoint(grid, point);
        const a = library.bind(alone.card);
        const b = libraryOf(alone, candles).bind(alone.card);
        for (const key of ['fast', 'slow', 'atr', 'close']) {
          const inGrid = a.series('exec', key)?.subarray(a.firstBar, a.endBar);
          const single = b.series('exec', key)?.subarray(b.firstBar, b.endBar);
          expect(`${point} ${key} ${sameBits(inGrid, single)}`).toBe(`${point} ${key} true`);
        }
        expect(a.windowStartBar - a.firstBar).toBe(b.windowStartBar - b.firstBar);
        expect(b.firstBar).toBe(0);
      }
    });
  }

  test('columns are found over several files of one series', () => {
    const facts = candles.map(factsOf);
    const limits = { fileBytesMax: 1, planBytesMax: 2 ** 30 };
    const plans = planFeeds({ sweep, facts, limits });
    expect(plans.length).toBe(6);
    const stores = plans.map((plan) =>
      storeOfFrame(buildFeatureFrame(plan, plannedCandles(plan, candles))),
    );
    const cut = new FeedLibrary(stores, sweep).bind(createGrid(sweep).cardAt(5));
    const whole = libraryOf(sweep, candles).bind(createGrid(sweep).cardAt(5));
    const keys = ['fast', 'slow', 'atr', 'close'];
    const differing = keys.filter(
      (key) => !sameBits(cut.series('exec', key), whole.series('exec', key)),
    );
    expect(differing).toEqual([]);
  });

  test('a column that no open feed holds is FEED_MISSING, naming it', () => {
    const other = sweepOf(crossCard(''), {
      axes: [axis('fast', paramPath('exec', 0, 'length'), [30])],
    });
    const card = createGrid(other).cardAt(0);
    expect(() => libraryOf(sweep, candles).bind(card)).toThrow(
      'no open feed of BTCUSDT 5m holds ema(length=30):close',
    );
  });

  test('float32 columns are float64 columns rounded; prices stay float64', () => {
    const card = createGrid(sweep).cardAt(0);
    const narrow = libraryOf({ ...sweep, precision: 'float32' }, candles).bind(card);
    const wide = libraryOf(sweep, candles).bind(card);
    const fast = narrow.series('exec', 'fast');
    expect(fast).toBeInstanceOf(Float32Array);
    expect(fast).toEqual(new Float32Array(wide.series('exec', 'fast') as Float64Array));
    expect(narrow.series('exec', 'close')).toBeInstanceOf(Float64Array);
  });

  test('gives after any other card what it gives alone', () => {
    const many = sweepOf(crossCard(''), {
      axes: [
        axis('fast', paramPath('exec', 0, 'length'), [5, 10, 20]),
        axis('atr', paramPath('exec', 2, 'length'), [7, 14]),
        axis('key', ['risk_model', 'stop_loss', 'atr_key'], ['atr', 'fast']),
        axis('stop', ['risk_model', 'stop_loss', 'value'], [1, 2]),
        axis('back', ['signal_rules', 'entry_rules', 0, 'conditions', 0, 'prev_offset'], [1, 40]),
      ],
    });
    const grid = createGrid(many);
    const library = libraryOf(many, candles);
    const read = (from: FeedLibrary, point: number) => {
      const { exec, firstBar, windowStartBar, endBar } = from.bind(grid.cardAt(point));
      const columns = [...exec.indicators].map(([key, values]) => [key, values[5_000]]);
      return { firstBar, windowStartBar, endBar, columns };
    };
    for (let n = 0; n < 200; n++) {
      // Steps by 1, 7 and 13 change every axis, some of them alone.
      const point = (n * [1, 7, 13][n % 3]!) % grid.size;
      expect(read(library, point)).toEqual(read(libraryOf(many, candles), point));
    }
    const [first, next] = [library.bind(grid.cardAt(0)), library.bind(grid.cardAt(2))];
    expect(next).toBe(first);
  });

  test('costs microseconds', () => {
    const library = libraryOf(sweep, candles);
    const cards = [0, 1, 2, 3, 4, 5].map((point) => createGrid(sweep).cardAt(point));
    for (let n = 0; n < 2000; n++) library.bind(cards[n % 6]!);
    const start = performance.now();
    for (let n = 0; n < 2000; n++) library.bind(cards[n % 6]!);
    expect((performance.now() - start) / 2000).toBeLessThan(0.2);
  });
});

describe('a multi-timeframe point', () => {
  const sweep = sweepOf(multiTimeframeCard(''), {
    axes: [
      axis('rsi', paramPath('exec', 0, 'length'), [7, 21]),
      axis('slow', paramPath('mtf', 0, 'slow'), [20, 26]),
      axis('trend', paramPath('htf', 0, 'length'), [10, 50]),
    ],
  });

  test('maps every exec bar of the window to the last closed bar of each role', () => {
    const feeds = libraryOf(sweep, candles).bind(createGrid(sweep).cardAt(0));
    const { htf, exec } = feeds;
    for (let bar = feeds.windowStartBar; bar < feeds.endBar; bar++) {
      const row = htf!.visible![bar] as number;
      const now = exec.store.tsClose[bar] as number;
      expect(row).toBeGreaterThanOrEqual(htf!.firstBar);
      expect(htf!.store.tsClose[row]).toBeLessThanOrEqual(now);
      expect((htf!.store.tsClose[row] as number) + 3_600_000).toBeGreaterThan(now);
    }
  });

  for (const profile of ['standard', 'trade'] as const) {
    test(`${profile}: every role has the same bits alone and in a grid`, () => {
      const grid = { ...sweep, profile };
      const library = libraryOf(grid, candles);
      for (const point of [0, 3, 5, 7]) {
        const alone = onePoint(grid, point);
        const a = library.bind(alone.card);
        const b = libraryOf(alone, candles).bind(alone.card);
        for (const role of ['exec', 'mtf', 'htf'] as const) {
          expect([...a[role]!.indicators.keys()]).toEqual([...b[role]!.indicators.keys()]);
          for (const key of [...a[role]!.indicators.keys(), 'close']) {
            const inGrid = a.series(role, key)!.subarray(a[role]!.firstBar);
            const single = b.series(role, key)!.subarray(b[role]!.firstBar);
            expect(`${point} ${role} ${key} ${sameBits(inGrid, single)}`).toBe(
              `${point} ${role} ${key} true`,
            );
          }
        }
      }
    });
  }

  test('`trade` offers what the simulation start needs: every output of exec and its first value', () => {
    const trade = { ...sweep, profile: 'trade' as const };
    const feeds = libraryOf(trade, candles).bind(createGrid(trade).cardAt(0));
    expect([...feeds.exec.firstValid.keys()]).toEqual(['rsi', 'atr']);
    expect([...feeds.mtf!.indicators.keys()]).toEqual([
      'macd_macd',
      'macd_signal',
      'macd_histogram',
    ]);
    // First values count from the point's own frame: rsi from its row 1, atr from row 13.
    const { firstBar } = feeds;
    expect(feeds.exec.firstValid.get('rsi')).toBe(firstBar + 1);
    expect(feeds.exec.firstValid.get('atr')).toBe(firstBar + 13);
  });
});
