import { join } from 'node:path';
import { openCandleDb } from '../candles/db.ts';
import { readCandles, type Candles } from '../candles/query.ts';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import type { FeedPlan } from '../feed/plan.ts';
import type { MappedFeed } from '../feed/mapped-feed.ts';
import { mapFeed, mapWritten } from '../feed/read.ts';
import { makeHomeFolder } from '../home.ts';
import type { FeedRef } from '../store/sweeps.ts';
import type { SweepPlan } from './plan-sweep.ts';
import type { KeptCandles } from './kept-candles.ts';

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
 * Builds the feed files of a plan that are not there yet. A file that is there is checked; one that is
 * short, altered or from another version is refused and built again from the candles. Those that planning
 * has read are dropped.
 */
export async function buildFeeds(
  config: Config,
  { feedPlans, candles }: Pick<SweepPlan, 'feedPlans' | 'candles'>,
): Promise<readonly BuiltFeed[]> {
  makeHomeFolder(config.feedsDir);
  const checked = feedPlans.map((plan) => ({ plan, state: checkFeed(config, feedRef(plan)) }));
  const missing = checked.filter(({ state }) => state !== 'usable').map(({ plan }) => plan);
  if (missing.length > 0) await buildMissing(config, missing, candles);
  candles.drop();
  return checked.map(({ plan, state }) => ({
    ...feedRef(plan),
    isCached: state === 'usable',
    ...(state === 'usable' || state === 'missing' ? {} : { refused: state.refused }),
  }));
}

/**
 * Maps the feeds of a sweep into this process, each once, checked in full; those that it has built are
 * mapped already.
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

/** Files that are written side by side. */
const FILES_AT_ONCE = 2;

async function buildMissing(
  config: Config,
  plans: readonly FeedPlan[],
  candles: KeptCandles,
): Promise<void> {
  // What encodes Arrow takes 25 to 60 ms to load, and is for this alone.
  const { writeFeed } = await import('../feed/write.ts');
  // Files of one series have the same rows.
  const bySeries = Map.groupBy(plans, ({ symbol, timeframe }) => `${symbol} ${timeframe}`);
  for (const waiting of bySeries.values()) {
    const rows = await rowsOf(config, waiting[0] as FeedPlan, candles);
    const lane = async (): Promise<void> => {
      for (let plan = waiting.shift(); plan; plan = waiting.shift()) {
        mapWritten(await writeFeed(config.feedsDir, plan, rows));
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, lane));
    for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  }
}

async function rowsOf(config: Config, plan: FeedPlan, candles: KeptCandles): Promise<Candles> {
  const known = candles.of(plan);
  if (known) return known;
  await using db = await openCandleDb(config.candlesPath, { readOnly: true });
  return await readCandles(db, plan);
}
