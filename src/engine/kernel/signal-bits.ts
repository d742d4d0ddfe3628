import { assert } from '../../assert.ts';
import type { Condition, ExitRule, IdeaCard, Operator, Rule } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore, RoleFeed } from '../../feed/multi-tf.ts';
import { EQUAL_EPSILON, isAllowed } from '../signals.ts';
import { BitCache, bitBytes, type Bits } from './bit-cache.ts';
import { Comparison, type ComparedPair } from './comparison.ts';
import type { KernelMemory } from './kernel-memory.ts';

/** A point's rules as bitsets over exec bars; NO_BITS stands for "on no bar". */
export interface SignalBits {
  readonly enterLong: Bits;
  readonly enterShort: Bits;
  readonly exitLong: Bits;
  readonly exitShort: Bits;
  /** Equal for points with the same signals that follow each other. */
  readonly key: number;
}

export const NO_BITS: Bits = 0;

/**
 * The bitsets of a sweep's conditions, each computed once per distinct operator and operands and
 * shared by the points that use it. Equal to signals.ts on every bar of the window.
 */
export class SignalSource {
  readonly #memory: KernelMemory;
  readonly #cache: BitCache;
  readonly #comparison: Comparison;
  /** What was compared last, each way. */
  readonly #compared: [Compared, Compared] = [NOTHING, NOTHING];
  readonly #visible = new WeakMap<Int32Array, number>();
  readonly #ids = new WeakMap<object, number>();
  #nextId = 0;
  /** The conditions of the last point, and their signals while those are kept. */
  #lastKey = '';
  #last: SignalBits | undefined;
  #count = 0;

  constructor(
    memory: KernelMemory,
    feeds: MultiTFFeedStore,
    { bitBytesMax, columnBytesMax }: { bitBytesMax: number; columnBytesMax: number },
  ) {
    this.#memory = memory;
    this.#cache = new BitCache(memory, bitBytesMax);
    const rows = Math.max(feeds.endBar, feeds.mtf?.store.length ?? 0, feeds.htf?.store.length ?? 0);
    this.#comparison = new Comparison(memory, rows, columnBytesMax);
  }

  /** Signals handed out since the last call may be overwritten now. */
  beginGroup(): void {
    if (this.#cache.beginGroup()) this.#last = undefined;
  }

  /** Valid until the next group. */
  of(card: IdeaCard, feeds: MultiTFFeedStore): SignalBits {
    const { entry_rules: allEntries, exit_rules: exits } = card.signal_rules;
    const entries = allEntries.filter((rule) => isAllowed(card, rule));
    const find = ({ direction, conditions }: Rule | ExitRule): FoundRule => ({
      direction,
      places: conditions.map((condition) => this.#placeOf(feeds, condition)),
    });
    const found = [entries.map(find), exits.map(find)] as const;
    const key = found.map((rules) => rules.map(keyOf).join('/')).join('//');
    if (key === this.#lastKey && this.#last) return this.#last;
    if (key !== this.#lastKey) this.#count += 1;
    this.#lastKey = key;
    this.#last = { ...this.#combine(feeds, found), key: this.#count };
    return this.#last;
  }

  // --- internal ---

  #combine(
    feeds: MultiTFFeedStore,
    [entryRules, exitRules]: readonly [readonly FoundRule[], readonly FoundRule[]],
  ): Omit<SignalBits, 'key'> {
    const bytes = bitBytes(feeds.endBar);
    const entries = { long: NO_BITS, short: NO_BITS };
    for (const { direction, places } of entryRules) {
      const taken = direction === 'long' ? entries.short : entries.long;
      // An entry only where no earlier rule of the other direction has one: first in file order wins.
      const bits = this.#without(this.#ruleBits(feeds, places), taken, bytes);
      entries[direction] = this.#union(entries[direction], bits, bytes);
    }
    const exits = { long: NO_BITS, short: NO_BITS };
    for (const { direction, places } of exitRules) {
      exits[direction] = this.#union(exits[direction], this.#ruleBits(feeds, places), bytes);
    }
    return {
      enterLong: entries.long,
      enterShort: entries.short,
      exitLong: exits.long,
      exitShort: exits.short,
    };
  }

  #ruleBits(feeds: MultiTFFeedStore, places: readonly (Place | undefined)[]): Bits {
    const bytes = bitBytes(feeds.endBar);
    const [first, ...rest] = places;
    if (places.length === 0) {
      const always = this.#cache.scratch(bytes);
      this.#memory.int32(always, bytes / 4).fill(-1);
      return always;
    }
    let bits = this.#conditionBits(feeds, first);
    for (const place of rest) {
      const other = this.#conditionBits(feeds, place);
      if (bits === NO_BITS || other === NO_BITS) return NO_BITS;
      const both = this.#cache.scratch(bytes);
      this.#memory.code.intersect(bits, other, both, bytes);
      bits = both;
    }
    return bits;
  }

  #union(a: Bits, b: Bits, bytes: number): Bits {
    if (a === NO_BITS) return b;
    if (b === NO_BITS) return a;
    const out = this.#cache.scratch(bytes);
    this.#memory.code.unite(a, b, out, bytes);
    return out;
  }

  #without(a: Bits, taken: Bits, bytes: number): Bits {
    if (a === NO_BITS || taken === NO_BITS) return a;
    const out = this.#cache.scratch(bytes);
    this.#memory.code.subtract(a, taken, out, bytes);
    return out;
  }

  /** Bits per exec bar of the window; none where an operand has no series. */
  #conditionBits(feeds: MultiTFFeedStore, place: Place | undefined): Bits {
    if (place === undefined) return NO_BITS;
    const { visible } = place.feed;
    return visible === undefined ? this.#rowBits(place) : this.#spread(feeds, place, visible);
  }

  /** What a condition reads; undefined where an operand has no series. */
  #placeOf(feeds: MultiTFFeedStore, condition: Condition): Place | undefined {
    const { operator } = condition;
    const feed = feeds[condition.tf];
    const left = feeds.series(condition.tf, condition.indicator_key);
    const right = condition.is_indicator_comparison
      ? feeds.series(condition.tf, String(condition.value))
      : Number(condition.value);
    if (feed === undefined || left === undefined || right === undefined) return undefined;
    const reach = isCross(operator) ? condition.prev_offset : 0;
    assert(reach >= 0, `prev_offset ${reach} reads the future`);
    const { visible } = feed;
    const start = feeds.windowStartBar;
    const firstRead = visible === undefined ? start : Math.max(0, visible[start] ?? 0);
    // Rows that this point cannot see mostly lie before anything it reads; then points share bits.
    const from = feed.firstBar + reach <= firstRead ? 0 : feed.firstBar + reach;
    const pair = `${this.#idOf(left)} ${typeof right === 'number' ? `=${right}` : this.#idOf(right)}`;
    const key = `${operator} ${reach} ${from} ${firstRead} ${pair}`;
    const rows = visible === undefined ? feeds.endBar : feed.store.length;
    return { operator, feed, left, right, reach, from, firstRead, rows, key, pair };
  }

  #spread(feeds: MultiTFFeedStore, place: Place, visible: Int32Array): Bits {
    const key = `${place.key} over ${this.#idOf(visible)}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const rows = this.#rowBits(place);
    const bytes = bitBytes(feeds.endBar);
    const at = this.#visibleAt(visible);
    const out = this.#cache.add(key, bytes);
    this.#memory.int32(out, bytes / 4).fill(0);
    this.#memory.code.spread(rows, at, out, feeds.windowStartBar, feeds.endBar);
    return out;
  }

  /** Bits by row of the operands' own timeframe. */
  #rowBits(place: Place): Bits {
    const { operator } = place;
    const known = this.#cache.get(place.key);
    if (known !== undefined) return known;
    const bytes = bitBytes(place.rows);
    const out = this.#cache.add(place.key, bytes);
    if (operator === 'eq') this.#fillNear(place, out);
    else this.#fill(place, { out, bytes });
    if (place.from > 0) this.#memory.code.clearBelow(out, bytes, place.from);
    return out;
  }

  /**
   * From "above" and "not below" of the operands, and where a row that is read lacks a value from
   * those of the operands in turn, because then "below" is more than the opposite of "not below".
   */
  #fill(place: Place, { out, bytes }: { out: Bits; bytes: number }): void {
    const { code } = this.#memory;
    const { operator, reach } = place;
    const pair = this.#pairOf(place, 0);
    const isWhole = pair.whole <= Math.max(0, place.firstRead - reach);
    const turned = isWhole ? undefined : this.#pairOf(place, 1);
    if (operator === 'gt') code.unite(pair.above, pair.above, out, bytes);
    else if (operator === 'gte') code.unite(pair.notBelow, pair.notBelow, out, bytes);
    else if (operator === 'lt') {
      if (turned) code.unite(turned.above, turned.above, out, bytes);
      else code.invert(pair.notBelow, out, bytes);
    } else if (operator === 'lte') {
      if (turned) code.unite(turned.notBelow, turned.notBelow, out, bytes);
      else code.invert(pair.above, out, bytes);
    } else if (operator === 'cross_above') {
      if (turned) code.follow(pair.above, turned.notBelow, out, bytes, reach);
      else code.begin(pair.above, out, bytes, reach);
    } else if (turned) {
      code.follow(turned.above, pair.notBelow, out, bytes, reach);
    } else {
      code.leave(pair.notBelow, out, bytes, reach);
    }
  }

  /** The comparison of the operands, or of the operands in turn. */
  #pairOf({ left, right, rows, pair: name }: Place, output: 0 | 1): ComparedPair {
    const key = `${rows} ${name}`;
    const last = this.#compared[output];
    if (last.key === key) return last.pair;
    const pair =
      output === 0
        ? this.#comparison.compare(left, right, { rows, output })
        : this.#comparison.compare(right, left, { rows, output });
    this.#compared[output] = { key, pair };
    return pair;
  }

  /** Bars where the operands differ by less than the epsilon of `eq`. */
  #fillNear({ left, right, rows }: Place, out: Bits): void {
    const words = this.#memory.int32(out, bitBytes(rows) / 4);
    words.fill(0);
    for (let i = 0; i < rows; i++) {
      const y = typeof right === 'number' ? right : (right[i] as number);
      const isNear = Math.abs((left[i] as number) - y) < EQUAL_EPSILON;
      if (isNear) words[i >>> 5] = (words[i >>> 5] as number) | (1 << (i & 31));
    }
  }

  #visibleAt(visible: Int32Array): number {
    let at = this.#visible.get(visible);
    if (at === undefined) {
      at = this.#memory.allocate(4 * visible.length);
      this.#memory.int32(at, visible.length).set(visible);
      this.#visible.set(visible, at);
    }
    return at;
  }

  #idOf(array: object): number {
    let id = this.#ids.get(array);
    if (id === undefined) {
      id = this.#nextId;
      this.#nextId += 1;
      this.#ids.set(array, id);
    }
    return id;
  }
}

interface Compared {
  readonly key: string;
  readonly pair: ComparedPair;
}

const NOTHING: Compared = { key: '', pair: { above: NO_BITS, notBelow: NO_BITS, whole: 0 } };

interface Place {
  readonly operator: Operator;
  readonly feed: RoleFeed;
  readonly left: FloatColumn;
  readonly right: FloatColumn | number;
  /** Bars that the condition looks back. */
  readonly reach: number;
  /** First row on which the condition can hold. */
  readonly from: number;
  /** First row at which the condition is asked. */
  readonly firstRead: number;
  /** Rows of the operands. */
  readonly rows: number;
  readonly key: string;
  readonly pair: string;
}

/** A rule with what its conditions read. */
interface FoundRule {
  readonly direction: Rule['direction'];
  readonly places: readonly (Place | undefined)[];
}

function keyOf({ direction, places }: FoundRule): string {
  return `${direction} ${places.map((place) => (place ? `${place.key} ${place.rows}` : 'none')).join(' & ')}`;
}

function isCross(operator: Operator): boolean {
  return operator === 'cross_above' || operator === 'cross_below';
}
