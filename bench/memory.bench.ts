import { sweepProgress } from '../src/store/progress.ts';
import { openStore } from '../src/store/db.ts';
import { hashJson } from '../src/hash.ts';
import { axisFlags, cliHome } from './cli-home.ts';
import type { Bench } from './harness.ts';

interface Size {
  readonly bars: number;
  /** Values of the axis that makes the grid larger without asking for other columns. */
  readonly few: string;
  readonly many: string;
  /** The larger run is interrupted then: memory that grows with points has grown by then. */
  readonly interruptAfterMs: number;
}

/** Private memory of `ideasweep run` for a grid of a thousand points and one ten thousand times as large. */
export const bench: Bench<Size> = {
  small: { bars: 500, few: '1..1', many: '1..40', interruptAfterMs: 10_000 },
  large: { bars: 5_000, few: '1..1', many: '1..10000', interruptAfterMs: 25_000 },
  async run({ bars, few, many, interruptAfterMs }) {
    using home = await cliHome(bars);
    const axes = { fast: '2..101', slow: '105..150:5' };
    const run = (size: string, options = {}) =>
      home.cli(['run', home.card, ...axisFlags({ ...axes, size })], options);
    // Once for the cluster: making it is not what is compared.
    await run(few);
    const small = await run(few);
    const large = await run(many, { interruptAfterMs });
    await using store = await openStore(home.config);
    const [row] = await store.sql<{ sweepId: string; total: number }[]>`
      select sweep_id as "sweepId", points_total as total from sweeps order by sweep_id desc limit 1`;
    const { completed } = await sweepProgress(store.sql, row?.sweepId ?? '');
    const growth = large.privateBytesMax - small.privateBytesMax;
    return {
      figures: [
        { label: '1,000 points', value: small.privateBytesMax / 1e6, unit: 'MB' },
        { label: 'the larger grid', value: row?.total ?? 0, unit: 'points' },
        { label: 'of which run', value: completed, unit: 'points' },
        { label: 'private memory', value: large.privateBytesMax / 1e6, unit: 'MB' },
        { label: 'growth', value: growth / 1e6, unit: 'MB' },
      ],
      hash: hashJson([row?.total ?? 0]),
    };
  },
};
