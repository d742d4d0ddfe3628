import { describe, expect, test } from 'vitest';
import { RuntimeSnapshotView } from '../../../src/feed/snapshot-view.ts';
import { crossCard } from '../../support/cards.ts';
import { candlesOf, libraryOf, sweepOf } from '../../support/feeds.ts';

const candles = [candlesOf({ timeframe: '5m', bars: 21 * 288 })];

/** A file of its own: other tests teach the compiler other kinds of columns, and it boxes numbers then. */
describe('a snapshot view by itself', () => {
  test('allocates nothing in ten million accesses', () => {
    const single = sweepOf(crossCard(''));
    const own = libraryOf(single, candles).bind(single.card);
    const view = new RuntimeSnapshotView(own);
    const walk = (rounds: number): number => {
      let sum = 0;
      for (let n = 0; n < rounds; n++) {
        for (let bar = own.windowStartBar; bar < own.endBar; bar++) {
          view.moveTo(bar, 1);
          sum += view.exec.price('close', 1) + view.exec.indicator('fast') + view.exec.close;
        }
      }
      return sum;
    };
    expect(walk(400)).not.toBeNaN();
    // 10.4 million accesses a walk; one byte each would be 10 MB, a boxed number each 160. The compiler
    // allocates now and then, and a busy machine compiles late: the quiet walks tell what accesses need.
    let quiet = 0;
    for (let n = 0; n < 100 && quiet < 3; n++) {
      const before = process.memoryUsage().heapUsed;
      walk(3000);
      if (Math.abs(process.memoryUsage().heapUsed - before) < 2_000_000) quiet += 1;
    }
    expect(quiet).toBe(3);
  });
});
