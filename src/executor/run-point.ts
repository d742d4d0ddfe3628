import type { IdeaCard } from '../card/schema.ts';
import { runBacktest, type BacktestBuffers, type BacktestResult } from '../engine/backtest.ts';
import { PROFILES } from '../engine/profile.ts';
import { compileStrategy } from '../engine/strategy.ts';
import type { FeedLibrary } from '../feed/feed-library.ts';
import type { Sweep } from '../grid/sweep.ts';

/**
 * One backtest: bind the card's columns, compile its rules, run the bar loop. This is the only way
 * a point is executed: by a sweep's threads, by `backtest` and by `show`.
 * With `buffers` the result is valid until the next run with the same ones.
 * The result depends on nothing but the card, the profile, the window and the candles.
 */
export function runPoint(
  library: FeedLibrary,
  sweep: Sweep,
  card: IdeaCard,
  buffers?: BacktestBuffers,
): BacktestResult {
  const feeds = library.bind(card);
  return runBacktest(feeds, compileStrategy(card, feeds), {
    card,
    rules: PROFILES[sweep.profile],
    windowStartMs: sweep.window.startMs,
    windowEndMs: sweep.window.endMs,
    funding: feeds.exec.store.funding,
    buffers,
  });
}
