import { assert, required } from '../assert.ts';
import { chainOf, isChained } from '../card/chains.ts';
import type { Role } from '../card/keys.ts';
import type { FeatureSpec, IdeaCard } from '../card/schema.ts';
import { SweepError } from '../errors.ts';
import type { Sweep } from '../grid/sweep.ts';
import { dataStartMs } from './data-start.ts';
import type { FeedStore, FloatColumn } from './feed-store.ts';
import { MultiTFFeedStore, type RoleFeed } from './multi-tf.ts';
import { standardRange, tradeRange, type RowRange } from './range.ts';
import { referencesOf, type References } from './references.ts';
import { columnId, rolesOf, seriesOf, type Series } from './series.ts';
import { coincidentBars, lastClosedBars } from './visible-bars.ts';

/**
 * All open feeds of a sweep. `bind` picks a point's columns out of them; it is called once per
 * point and caches per distinct spec, so it costs microseconds. What it gives depends on the card
 * alone: rows and columns that are only there for other points of the grid cannot be reached.
 */
export class FeedLibrary {
  readonly #sweep: LibrarySweep;
  /** `symbol timeframe` → the files of that series; all have the same rows. */
  readonly #groups = new Map<string, [FeedStore, ...FeedStore[]]>();
  readonly #visible = new Map<FeedStore, Map<FeedStore, Int32Array>>();
  readonly #series = new Map<string, BoundSeries>();
  /** By the spec itself, for those that stand on no other and are the same object at many points. */
  readonly #known = new Map<FeatureSpec, { store: FeedStore; series: BoundSeries }>();
  /** What was bound and read last: the next card often has the same. */
  #references: { readonly card: IdeaCard; readonly found: Record<Role, References> } | undefined;
  #bound: { readonly card: IdeaCard; readonly feeds: MultiTFFeedStore } | undefined;

  constructor(stores: readonly FeedStore[], sweep: LibrarySweep) {
    this.#sweep = sweep;
    for (const store of stores) {
      const key = groupKey(store.symbol, store.timeframe);
      const group = this.#groups.get(key);
      if (group) group.push(store);
      else this.#groups.set(key, [store]);
      assert(
        group?.[0]?.length === undefined || group[0].length === store.length,
        'groups have equal rows',
      );
    }
  }

  /**
   * The feeds of a card: the base card of the sweep with a point's params applied.
   * @throws SweepError FEED_MISSING when no open feed holds a column that the card reads.
   */
  bind(card: IdeaCard): MultiTFFeedStore {
    if (this.#bound && isBoundAlike(this.#bound.card, card)) return this.#bound.feeds;
    const feeds = this.#bind(card);
    this.#bound = { card, feeds };
    return feeds;
  }

  // --- internal ---

  #bind(card: IdeaCard): MultiTFFeedStore {
    const { window, profile } = this.#sweep;
    const startMs = profile === 'trade' ? dataStartMs(card, window.startMs) : undefined;
    const execStore = this.#storesOf(card, 'exec')[0];
    const windowRange = tradeRange(execStore.tsOpen, window.startMs, window);
    const firstExecCloseMs = required(
      execStore.tsClose[windowRange.windowStart],
      'a planned feed reaches into the window',
    );
    const feeds: Partial<Record<Role, RoleFeed>> = {};
    let endBar = 0;
    for (const role of rolesOf(card)) {
      const { feed, range } = this.#bindRole(card, role, { startMs, firstExecCloseMs });
      feeds[role] = feed;
      if (role === 'exec') endBar = range.end;
    }
    return new MultiTFFeedStore({
      exec: required(feeds.exec, 'every card has exec'),
      mtf: feeds.mtf,
      htf: feeds.htf,
      windowStartBar: windowRange.windowStart,
      endBar,
    });
  }

  #bindRole(
    card: IdeaCard,
    role: Role,
    { startMs, firstExecCloseMs }: { startMs: number | undefined; firstExecCloseMs: number },
  ): { feed: RoleFeed; range: RowRange } {
    const stores = this.#storesOf(card, role);
    const references = this.#referencesOf(card)[role];
    const indicators = new Map<string, FloatColumn>();
    const firstValid = new Map<string, number>();
    let seedBars = 0;
    const specs = card.tf_configs[role]?.feature_specs ?? [];
    for (const spec of specs) {
      const series = this.#seriesOf(spec, specs, stores);
      for (const { key, output } of series.outputs) {
        // `standard` binds only what this card's rules read, as in a grid of this one point.
        if (startMs === undefined && !references.keys.has(key)) continue;
        const column = series.column(output, startMs);
        indicators.set(key, column.values);
        firstValid.set(key, column.firstValid);
        seedBars = Math.max(seedBars, series.seedBars);
      }
    }
    const store = stores[0];
    const { window } = this.#sweep;
    const { lookbackBars } = references;
    const { tsOpen, timeframe } = store;
    const range =
      startMs === undefined
        ? standardRange({
            role,
            tsOpen,
            timeframe,
            firstExecCloseMs,
            window,
            seedBars,
            lookbackBars,
          })
        : tradeRange(tsOpen, startMs, window);
    const visible =
      role === 'exec' ? undefined : this.#visibleOf(this.#storesOf(card, 'exec')[0], store);
    return { feed: { store, indicators, firstValid, visible, firstBar: range.first }, range };
  }

  #storesOf(card: IdeaCard, role: Role): NonEmpty<FeedStore> {
    const symbol = required(card.symbol_universe[0], 'a card has a symbol');
    const timeframe = required(card.tf_configs[role], `the card has role ${role}`).tf;
    const stores = this.#groups.get(groupKey(symbol, timeframe));
    if (stores) return stores;
    throw new SweepError('FEED_MISSING', `no open feed of ${symbol} ${timeframe}`, {
      hint: 'Plan the sweep again; missing feeds are built then.',
      facts: { symbol, timeframe },
    });
  }

  #referencesOf(card: IdeaCard): Record<Role, References> {
    if (card.strategy !== undefined) return referencesOf(card);
    // Grid points share what their params do not touch, so rules are mostly one object per sweep.
    if (this.#references && isReadAlike(this.#references.card, card)) return this.#references.found;
    const found = referencesOf(card);
    this.#references = { card, found };
    return found;
  }

  #seriesOf(
    spec: FeatureSpec,
    specs: readonly FeatureSpec[],
    stores: NonEmpty<FeedStore>,
  ): BoundSeries {
    const store = stores[0];
    if (isChained(spec)) return this.#seriesAt(spec, specs, stores);
    const known = this.#known.get(spec);
    if (known?.store === store) return known.series;
    const series = this.#seriesAt(spec, specs, stores);
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(spec, { store, series });
    return series;
  }

  #seriesAt(
    spec: FeatureSpec,
    specs: readonly FeatureSpec[],
    stores: NonEmpty<FeedStore>,
  ): BoundSeries {
    const { symbol, timeframe } = stores[0];
    const chain = isChained(spec) ? (chainOf(spec, specs) ?? []) : [{ spec }];
    const key = JSON.stringify([symbol, timeframe, ...chain.map((link) => keyOf(link.spec))]);
    let bound = this.#series.get(key);
    if (!bound) {
      const series = seriesOf(spec, specs);
      assert(
        series,
        `bind: ${spec.indicator_type} ${spec.output_key} is refused and must not be run`,
      );
      bound = new BoundSeries(series, stores);
      this.#series.set(key, bound);
    }
    return bound;
  }

  #visibleOf(exec: FeedStore, higher: FeedStore): Int32Array {
    let maps = this.#visible.get(exec);
    if (!maps) this.#visible.set(exec, (maps = new Map()));
    let visible = maps.get(higher);
    if (!visible) {
      const find = this.#sweep.profile === 'trade' ? coincidentBars : lastClosedBars;
      visible = find(exec.tsClose, higher.tsClose);
      maps.set(higher, visible);
    }
    return visible;
  }
}

/** The parts of a sweep that binding depends on. */
export type LibrarySweep = Pick<Sweep, 'card' | 'profile' | 'window'>;

// --- internal ---

type NonEmpty<T> = readonly [T, ...T[]];

/** Specs that are known by themselves. */
const KNOWN_MAX = 1_024;

/** Whether binding reads the same of both: parts that points share are the same objects. */
function isBoundAlike(a: IdeaCard, b: IdeaCard): boolean {
  return (
    a.tf_configs === b.tf_configs &&
    a.symbol_universe === b.symbol_universe &&
    a.strategy === b.strategy &&
    a.bars_history_required === b.bars_history_required &&
    isReadAlike(a, b)
  );
}

/** Whether rules and risk models read the same keys. */
function isReadAlike(a: IdeaCard, b: IdeaCard): boolean {
  return (
    a.signal_rules === b.signal_rules &&
    a.risk_model?.stop_loss?.atr_key === b.risk_model?.stop_loss?.atr_key &&
    a.risk_model?.take_profit?.atr_key === b.risk_model?.take_profit?.atr_key
  );
}

interface BoundColumn {
  readonly values: FloatColumn;
  readonly firstValid: number;
}

/** A series whose columns are looked up once in the files that may hold them. */
class BoundSeries {
  readonly outputs: Series['outputs'];
  readonly seedBars: number;
  readonly #id: string;
  readonly #stores: NonEmpty<FeedStore>;
  readonly #columns = new Map<string, BoundColumn>();

  constructor(series: Series, stores: NonEmpty<FeedStore>) {
    this.outputs = series.outputs;
    this.seedBars = series.seedBars;
    this.#id = series.id;
    this.#stores = stores;
  }

  column(output: string, startMs: number | undefined): BoundColumn {
    const id = columnId(this.#id, output, startMs);
    const known = this.#columns.get(id);
    if (known) return known;
    const store = this.#stores.find((candidate) => candidate.has(id));
    if (!store) {
      const { symbol, timeframe } = this.#stores[0];
      throw new SweepError('FEED_MISSING', `no open feed of ${symbol} ${timeframe} holds ${id}`, {
        hint: 'Plan the sweep again; missing feeds are built then.',
      });
    }
    const bound = { values: store.column(id), firstValid: store.columnMeta(id).first_valid };
    this.#columns.set(id, bound);
    return bound;
  }
}

/** What of a spec decides its series and their names. */
function keyOf(spec: FeatureSpec): unknown[] {
  const { indicator_type, params, input_source, input_indicator_key, output_key, outputs } = spec;
  return [indicator_type, params, input_source, input_indicator_key, output_key, outputs];
}

function groupKey(symbol: string, timeframe: string): string {
  return `${symbol} ${timeframe}`;
}
