import { describe, expect, test } from 'vitest';
import { MultiTFFeedStore } from '../../../src/feed/multi-tf.ts';
import { RuntimeSnapshotView, TFContext } from '../../../src/feed/snapshot-view.ts';
import { multiTimeframeCard } from '../../support/cards.ts';
import { candlesOf, libraryOf, sweepOf } from '../../support/feeds.ts';

const candles = [
  candlesOf({ timeframe: '5m', bars: 21 * 288 }),
  candlesOf({ timeframe: '15m', bars: 21 * 96 }),
  candlesOf({ timeframe: '1h', bars: 21 * 24 }),
];
const sweep = sweepOf(multiTimeframeCard(''));
const feeds = libraryOf(sweep, candles).bind(sweep.card);

describe('a snapshot view', () => {
  test('shows prices, times and indicators of the current bar and of bars back', () => {
    const view = new RuntimeSnapshotView(feeds, { fast: 5 });
    const bar = feeds.windowStartBar + 100;
    view.moveTo(bar, 123.5);
    const { store, indicators } = feeds.exec;
    expect(view.barIndex).toBe(bar);
    expect(view.markPrice).toBe(123.5);
    expect(view.param('fast')).toBe(5);
    expect(view.exec.close).toBe(store.close[bar]);
    expect(view.exec.tsClose).toBe(store.tsClose[bar]);
    expect(view.exec.price('high', 3)).toBe(store.high[bar - 3]);
    expect(view.exec.indicator('rsi')).toBe(indicators.get('rsi')![bar]);
    expect(view.exec.value('volume', 1)).toBe(store.volume[bar - 1]);
    expect(view.exec.value('atr', 2)).toBe(indicators.get('atr')![bar - 2]);
    expect(view.exec.indicator('nothing')).toBeNaN();
  });

  test('without a mark price marks at the close', () => {
    const view = new RuntimeSnapshotView(feeds);
    view.moveTo(feeds.windowStartBar);
    expect(view.markPrice).toBe(view.exec.close);
  });

  test('shows a higher bar from the exec bar that closes with it, unchanged until the next', () => {
    const view = new RuntimeSnapshotView(feeds);
    const carried: number[] = [];
    const shown: number[] = [];
    for (let bar = feeds.windowStartBar; bar < feeds.endBar; bar++) {
      const before = view.htf!.close;
      view.moveTo(bar);
      const now = view.exec.tsClose;
      expect(view.htf!.tsClose).toBe(Math.floor(now / 3_600_000) * 3_600_000);
      expect(view.mtf!.tsClose).toBe(Math.floor(now / 900_000) * 900_000);
      if (now % 3_600_000 !== 0 && bar > feeds.windowStartBar) {
        carried.push(before);
        shown.push(view.htf!.close);
      }
    }
    expect(carried.length).toBeGreaterThan(700);
    expect(shown).toEqual(carried);
  });

  test('counts bars back in the bars of the role', () => {
    const view = new RuntimeSnapshotView(feeds);
    view.moveTo(feeds.windowStartBar + 50);
    expect(view.htf!.price('close', 1)).toBe(feeds.htf!.store.close[view.htf!.barIndex - 1]);
    expect(view.htf!.value('trend', 2)).toBe(
      feeds.htf!.indicators.get('trend')![view.htf!.barIndex - 2],
    );
  });

  test('has no way to a bar that has not closed', () => {
    const view = new RuntimeSnapshotView(feeds);
    view.moveTo(feeds.windowStartBar);
    for (const role of [view.exec, view.mtf!, view.htf!]) {
      expect(() => role.price('close', -1)).toThrow('the future is not visible');
      expect(() => role.price('close', Number.NaN)).toThrow('the future is not visible');
      expect(() => role.value('close', -0.5)).toThrow('the future is not visible');
      expect(role.price('close', 1e9)).toBeNaN();
      expect(() => role.price('close', 0.5)).toThrow('no whole number');
      expect(Object.keys(role)).toEqual([]);
    }
    expect(Object.keys(view)).toEqual(['exec', 'mtf', 'htf']);
    expect(() => view.moveTo(feeds.endBar)).toThrow('outside the frame');
    expect(() => view.moveTo(feeds.firstBar - 1)).toThrow('outside the frame');
  });

  test('shows nothing of a role of which no bar has closed, nor before the point’s own frame', () => {
    const { store, indicators, firstValid } = feeds.htf!;
    const nothing = {
      store,
      indicators,
      firstValid,
      visible: new Int32Array(feeds.endBar).fill(-1),
      firstBar: 0,
    };
    expect(new TFContext(nothing).barIndex).toBe(-1);
    const { exec, windowStartBar, endBar } = feeds;
    const hidden = new MultiTFFeedStore({ exec, htf: nothing, windowStartBar, endBar });
    const view = new RuntimeSnapshotView(hidden);
    view.moveTo(windowStartBar);
    expect(view.htf!.close).toBeNaN();
    const own = { ...exec, firstBar: windowStartBar };
    const later = new RuntimeSnapshotView(
      new MultiTFFeedStore({ exec: own, windowStartBar, endBar }),
    );
    later.moveTo(feeds.windowStartBar);
    expect(later.exec.price('close', 0)).not.toBeNaN();
    expect(later.exec.price('close', 1)).toBeNaN();
  });
});
