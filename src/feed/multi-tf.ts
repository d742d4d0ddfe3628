import type { Role } from '../card/keys.ts';
import type { FeedStore, FloatColumn } from './feed-store.ts';
import { isPriceName } from './references.ts';

/** What one role of one point reads: its feed, its columns by card key, and what of it is visible. */
export interface RoleFeed {
  readonly store: FeedStore;
  readonly indicators: ReadonlyMap<string, FloatColumn>;
  /** First row with a value per card key (the store's length when there is none); for §3.4. */
  readonly firstValid: ReadonlyMap<string, number>;
  /**
   * Exec bar → row of this feed that is visible at its close, -1 for none; undefined for exec.
   * Rows below `firstBar` are not visible either: check both.
   */
  readonly visible: Int32Array | undefined;
  /** Row where this point's own frame begins. Earlier rows are there for other points of the grid. */
  readonly firstBar: number;
}

export interface MultiTFFeeds {
  readonly exec: RoleFeed;
  readonly mtf?: RoleFeed | undefined;
  readonly htf?: RoleFeed | undefined;
  /** First exec row with an open time at or after the window start. */
  readonly windowStartBar: number;
  /** One past the last exec row of the window. */
  readonly endBar: number;
}

/** The feeds of a point's roles, with the index maps between them. */
export class MultiTFFeedStore {
  readonly exec: RoleFeed;
  readonly mtf: RoleFeed | undefined;
  readonly htf: RoleFeed | undefined;
  /**
   * Exec row where this point's frame begins: in `standard` what its own warm-up and look-back
   * reach, in `trade` its data_start (the loop of trade-semantics §5 runs from here).
   */
  readonly firstBar: number;
  readonly windowStartBar: number;
  readonly endBar: number;

  constructor(feeds: MultiTFFeeds) {
    this.exec = feeds.exec;
    this.mtf = feeds.mtf;
    this.htf = feeds.htf;
    this.firstBar = feeds.exec.firstBar;
    this.windowStartBar = feeds.windowStartBar;
    this.endBar = feeds.endBar;
  }

  /** The column that a rule of `role` means by `key`: a price by its name, else an indicator key. */
  series(role: Role, key: string): FloatColumn | undefined {
    const feed = this[role];
    if (!feed) return undefined;
    return isPriceName(key) ? feed.store[key] : feed.indicators.get(key);
  }
}
