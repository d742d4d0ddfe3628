import { join } from 'node:path';
import { openCandleDb } from '../candles/db.ts';
import { readCandles } from '../candles/query.ts';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import type { FeedPlan } from '../feed/plan.ts';
import { mapFeed, type MappedFeed } from '../feed/read.ts';
import { makeHomeFolder } from '../home.ts';
import type { FeedRef } from '../store/sweeps.ts';

export interface BuiltFeed extends FeedRef {
  readonly isCached: boolean;
  /** Why an existing file was not used: it was refused with this reason and built again. */
  readonly refused?: string;
}

export function feedRef(plan: FeedPlan): FeedRef {
  const { fileName, symbol, timeframe, hash, columns, bars, bytes } = plan;
  return { fileName, symbol, timeframe, hash, columns: columns.length, bars, bytes };
}

/**
 * Builds the feed files that are not there yet. A file that is there is checked; one that is short,
 * altered or from another version is refused and built again from the candles.
 */
export async function buildFeeds(
  config: Config,
  plans: readonly FeedPlan[],
): Promise<readonly BuiltFeed[]> {
  makeHomeFolder(config.feedsDir);
  const checked = plans.map((plan) => ({ plan, state: checkFeed(config, feedRef(plan)) }));
  const missing = checked.filter(({ state }) => state !== 'usable').map(({ plan }) => plan);
  if (missing.length > 0) await buildMissing(config, missing);
  return checked.map(({ plan, state }) => ({
    ...feedRef(plan),
    isCached: state === 'usable',
    ...(state === 'usable' || state === 'missing' ? {} : { refused: state.refused }),
  }));
}

/**
 * Maps the feeds of a sweep into this process, each once, checked in full.
 * @throws SweepError FEED_MISSING or FEED_CORRUPT, naming the file.
 */
export function mapFeeds(config: Config, feeds: readonly FeedRef[]): readonly MappedFeed[] {
  return feeds.map((feed) => mapFeed(join(config.feedsDir, feed.fileName), { hash: feed.hash }));
}

// --- internal ---

type FeedState = 'usable' | 'missing' | { readonly refused: string };

function checkFeed(config: Config, feed: FeedRef): FeedState {
  try {
    mapFeeds(config, [feed]);
    return 'usable';
  } catch (error) {
    // Refused or absent: both are built again, and the reason of a refusal is told.
    if (!(error instanceof SweepError)) throw error;
    if (error.code === 'FEED_MISSING') return 'missing';
    if (error.code === 'FEED_CORRUPT') return { refused: error.message };
    throw error;
  }
}

async function buildMissing(config: Config, plans: readonly FeedPlan[]): Promise<void> {
  // What encodes Arrow takes 25 to 60 ms to load, and is for this alone.
  const [{ writeFeed }, opened] = await Promise.all([
    import('../feed/write.ts'),
    openCandleDb(config.candlesPath, { readOnly: true }),
  ]);
  await using db = opened;
  for (const plan of plans) {
    const { symbol, timeframe, startMs, endMs } = plan;
    const candles = await readCandles(db, { symbol, timeframe, startMs, endMs });
    await writeFeed(config.feedsDir, plan, candles);
  }
}
