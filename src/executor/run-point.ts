import { runBacktest, type BacktestBuffers, type BacktestResult } from '../engine/backtest.ts';
import { PROFILES } from '../engine/profile.ts';
import { userStrategy } from '../engine/strategy-view.ts';
import { compileStrategy } from '../engine/strategy.ts';
import type { SweepContext } from './sweep-context.ts';

/** What a point needs of its sweep. */
export type PointContext = Pick<SweepContext, 'library' | 'sweep' | 'grid' | 'makeStrategy'>;

/**
 * One backtest: bind the card's columns, compile its rules (or make its strategy), run the bar loop.
 * This is the only way a point is executed: by a sweep's threads, by `backtest` and by `show`.
 * With `buffers` the result is valid until the next run with the same ones.
 * The result depends on nothing but the card, the profile, the window, the candles and the strategy.
 * @throws SweepError STRATEGY_FAILED when the user's strategy throws.
 */
export function runPoint(
  { library, sweep, grid, makeStrategy }: PointContext,
  pointIndex: number,
  buffers?: BacktestBuffers,
): BacktestResult {
  const card = grid.cardAt(pointIndex);
  const feeds = library.bind(card);
  const strategy =
    makeStrategy === undefined
      ? compileStrategy(card, feeds)
      : userStrategy({ decide: makeStrategy(), card, feeds, params: grid.params(pointIndex) });
  return runBacktest(feeds, strategy, {
    card,
    rules: PROFILES[sweep.profile],
    windowStartMs: sweep.window.startMs,
    windowEndMs: sweep.window.endMs,
    funding: feeds.exec.store.funding,
    buffers,
  });
}
