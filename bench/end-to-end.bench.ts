import { runSweep } from '../src/executor/run-sweep.ts';
import { openStore } from '../src/store/db.ts';
import { rankResults } from '../src/store/rank.ts';
import { hashJson, type Json } from '../src/hash.ts';
import type { Bench } from './harness.ts';
import { benchHome } from './sweep-home.ts';

interface Size {
  readonly bars: number;
  readonly fast: string;
  readonly slow: string;
}

/** Card to ranked rows in an embedded Postgres of its own, all cores, nothing cached. */
export const bench: Bench<Size> = {
  small: {
    bars: 1_000,
    fast: '{ start: 5, stop: 10, step: 5 }',
    slow: '{ start: 60, stop: 70, step: 10 }',
  },
  large: {
    bars: 105_120,
    fast: '{ start: 5, stop: 50, step: 1 }',
    slow: '{ start: 60, stop: 250, step: 5 }',
  },
  async run({ bars, ...axes }) {
    using home = await benchHome(bars, axes);
    await using store = await openStore(home.config);
    const startMs = performance.now();
    const { row } = await runSweep(home.config, store, home.sweep, {
      threads: home.config.threads,
    });
    const elapsedMs = performance.now() - startMs;
    const top = await rankResults(store.sql, { sweep: row, top: 10 });
    return {
      figures: [
        { label: 'points', value: row.points.admitted, unit: '' },
        { label: 'card to ranked rows', value: elapsedMs / 1_000, unit: 's' },
        { label: 'points a second', value: row.points.admitted / (elapsedMs / 1_000), unit: '1/s' },
      ],
      hash: hashJson(top as unknown as Json),
    };
  },
};
