import { buildFeeds, mapFeeds } from '../src/executor/feeds.ts';
import { planSweep } from '../src/executor/plan-sweep.ts';
import { runRange } from '../src/executor/run-range.ts';
import { createContext } from '../src/executor/sweep-context.ts';
import type { Bench } from './harness.ts';
import { benchHome } from './sweep-home.ts';

interface Size {
  readonly bars: number;
  readonly fast: string;
  readonly slow: string;
}

/** One batch on one thread: bind, run and measure every point, with all metrics, nothing saved. */
export const bench: Bench<Size> = {
  small: {
    bars: 2_000,
    fast: '{ start: 5, stop: 10, step: 5 }',
    slow: '{ start: 60, stop: 70, step: 10 }',
  },
  large: {
    bars: 105_120,
    fast: '{ start: 5, stop: 50, step: 5 }',
    slow: '{ start: 60, stop: 250, step: 10 }',
  },
  async run({ bars, ...axes }) {
    using home = await benchHome(bars, axes);
    const plan = await planSweep(home.config, home.sweep);
    const feeds = await buildFeeds(home.config, plan);
    const mapped = mapFeeds(home.config, feeds);
    const context = await createContext(home.sweep, plan.grid, mapped);
    const range = runRange(context, { from: 0, to: plan.grid.size, budgetMs: Infinity });
    const points = range.pointIndex.length;
    return {
      figures: [
        { label: 'points', value: points, unit: '' },
        { label: 'per point', value: range.elapsedMs / points, unit: 'ms' },
        { label: 'bar evaluations', value: (points * bars) / range.elapsedMs / 1_000, unit: 'M/s' },
      ],
      hash: range.digest,
    };
  },
};
