import { assert } from '../../assert.ts';
import type { Condition, IdeaCard, Operator, Rule } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore, RoleFeed } from '../../feed/multi-tf.ts';
import { EQUAL_EPSILON, isAllowed } from '../signals.ts';
import { BitCache } from './bit-cache.ts';
import {
  clearBelow,
  compareColumns,
  compareLiteral,
  crossBits,
  nearBits,
  spreadBits,
  wordsOf,
  type Bits,
  type PairBits,
} from './bits.ts';
import { Lanes, type ComparedPair } from './lanes.ts';

/** A point's rules as bitsets over exec bars; undefined stands for "on no bar". */
export interface SignalBits {
  readonly enterLong: Bits | undefined;
  readonly enterShort: Bits | undefined;
  readonly exitLong: Bits | undefined;
  readonly exitShort: Bits | undefined;
}

export const NO_SIGNALS: SignalBits = {
  enterLong: undefined,
  enterShort: undefined,
  exitLong: undefined,
  exitShort: undefined,
};

/**
 * The bitsets of a sweep's conditions, each computed once per distinct operator and operands and
 * shared by the points that use it. Equal to signals.ts on every bar of the window.
 */
export class SignalSource {
  readonly #cache: BitCache;
  readonly #lanes: Lanes;
  /** What the lanes compared last: operands, and the first word that is valid. */
  #compared: ComparedPair | undefined = undefined;
  #comparedKey = '';
  #comparedFrom = 0;
  readonly #ids = new WeakMap<object, number>();
  #nextId = 0;

  constructor({ bitBytesMax, laneBytesMax }: { bitBytesMax: number; laneBytesMax: number }) {
    this.#cache = new BitCache(bitBytesMax);
    this.#lanes = new Lanes(laneBytesMax);
  }

  /** Valid until the next call. */
  of(card: IdeaCard, feeds: MultiTFFeedStore): SignalBits {
    this.#cache.beginPoint();
    const entries: { long: Bits | undefined; short: Bits | undefined } = {
      long: undefined,
      short: undefined,
    };
    for (const rule of card.signal_rules.entry_rules) {
      if (!isAllowed(card, rule)) continue;
      const { direction } = rule;
      const taken = direction === 'long' ? entries.short : entries.long;
      // An entry only where no earlier rule of the other direction has one: first in file order wins.
      const bits = this.#without(this.#ruleBits(feeds, rule), taken);
      entries[direction] = this.#union(entries[direction], bits);
    }
    const exits: typeof entries = { long: undefined, short: undefined };
    for (const rule of card.signal_rules.exit_rules) {
      exits[rule.direction] = this.#union(exits[rule.direction], this.#ruleBits(feeds, rule));
    }
    return {
      enterLong: entries.long,
      enterShort: entries.short,
      exitLong: exits.long,
      exitShort: exits.short,
    };
  }

  // --- internal ---

  #ruleBits(feeds: MultiTFFeedStore, rule: Pick<Rule, 'conditions'>): Bits | undefined {
    const words = wordsOf(feeds.endBar);
    const [first, ...rest] = rule.conditions;
    if (first === undefined) return this.#cache.scratch(words).fill(-1);
    let bits = this.#conditionBits(feeds, first);
    for (const condition of rest) {
      const other = this.#conditionBits(feeds, condition);
      if (bits === undefined || other === undefined) return undefined;
      const both = this.#cache.scratch(words);
      for (let w = 0; w < words; w++) both[w] = (bits[w] as number) & (other[w] as number);
      bits = both;
    }
    return bits;
  }

  #union(a: Bits | undefined, b: Bits | undefined): Bits | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    const out = this.#cache.scratch(a.length);
    for (let w = 0; w < out.length; w++) out[w] = (a[w] as number) | (b[w] as number);
    return out;
  }

  #without(a: Bits | undefined, taken: Bits | undefined): Bits | undefined {
    if (a === undefined || taken === undefined) return a;
    const out = this.#cache.scratch(a.length);
    for (let w = 0; w < out.length; w++) out[w] = (a[w] as number) & ~(taken[w] as number);
    return out;
  }

  /** Bits per exec bar of the window; undefined where an operand has no series. */
  #conditionBits(feeds: MultiTFFeedStore, condition: Condition): Bits | undefined {
    const feed = feeds[condition.tf];
    const left = feeds.series(condition.tf, condition.indicator_key);
    const right = condition.is_indicator_comparison
      ? feeds.series(condition.tf, String(condition.value))
      : Number(condition.value);
    if (feed === undefined || left === undefined || right === undefined) return undefined;
    const reach = isCross(condition) ? condition.prev_offset : 0;
    assert(reach >= 0, `prev_offset ${reach} reads the future`);
    const { visible } = feed;
    const start = feeds.windowStartBar;
    const firstRead = visible === undefined ? start : Math.max(0, visible[start] ?? 0);
    // Rows that this point cannot see mostly lie before anything it reads; then points share bits.
    const from = feed.firstBar + reach <= firstRead ? 0 : feed.firstBar + reach;
    const pairKey = `${this.#idOf(left)} ${typeof right === 'number' ? `=${right}` : this.#idOf(right)}`;
    const key = `${condition.operator} ${reach} ${from} ${start} ${feeds.endBar} ${pairKey}`;
    const base = { feed, left, right, reach, from, key, pairKey };
    const place: Place = visible === undefined ? { ...base, start } : base;
    if (visible === undefined) return this.#rowBits(place, condition, feeds.endBar);
    return this.#spread(feeds, condition, place);
  }

  #spread(feeds: MultiTFFeedStore, condition: Condition, place: Place): Bits {
    const { visible, store } = place.feed;
    const spreadKey = `${place.key} ${this.#idOf(visible as Int32Array)} ${feeds.windowStartBar}`;
    const known = this.#cache.get(spreadKey);
    if (known) return known;
    const rows = this.#rowBits(place, condition, store.length);
    const out = this.#cache.add(spreadKey, wordsOf(feeds.endBar));
    spreadBits(rows, visible as Int32Array, {
      from: feeds.windowStartBar,
      end: feeds.endBar,
      out,
    });
    return out;
  }

  /** Bits by row of the operands' own timeframe. */
  #rowBits(place: Place, { operator }: Condition, rows: number): Bits {
    const key = `row ${place.key}`;
    const known = this.#cache.get(key);
    if (known) return known;
    const out = this.#cache.add(key, wordsOf(rows));
    const { left, right, reach, from } = place;
    const equality = operator === 'eq';
    if (equality) nearBits(left, right, EQUAL_EPSILON, { rows, out });
    else if (place.start === undefined)
      fillBits(out, this.#plainPair(place, rows), operator, reach);
    else fillFromLanes(out, this.#lanePair(place, rows), operator, reach);
    if (from > 0) clearBelow(out, from);
    return out;
  }

  #lanePair({ left, right, reach, pairKey, start = 0 }: Place, rows: number): ComparedPair {
    const key = `${rows} ${pairKey}`;
    const firstWord = Math.max(0, start - Math.max(1, reach)) >>> 5;
    const isThere = key === this.#comparedKey && this.#comparedFrom <= firstWord;
    if (this.#compared && isThere) return this.#compared;
    this.#compared = this.#lanes.compare(left, right, { rows, firstWord });
    this.#comparedKey = key;
    this.#comparedFrom = firstWord;
    return this.#compared;
  }

  #plainPair({ left, right }: Place, rows: number): PairBits {
    const words = wordsOf(rows);
    const pair = {
      gt: this.#cache.scratch(words),
      lt: this.#cache.scratch(words),
      eq: this.#cache.scratch(words),
    };
    if (typeof right === 'number') compareLiteral(left, right, rows, pair);
    else compareColumns(left, right, rows, pair);
    return pair;
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

interface Place {
  readonly feed: RoleFeed;
  readonly left: FloatColumn;
  readonly right: FloatColumn | number;
  /** Bars that the condition looks back. */
  readonly reach: number;
  /** First row on which the condition can hold. */
  readonly from: number;
  readonly key: string;
  readonly pairKey: string;
  /** First row that is read, of exec operands. */
  readonly start?: number;
}

function isCross({ operator }: Condition): boolean {
  return operator === 'cross_above' || operator === 'cross_below';
}

function fillFromLanes(out: Bits, pair: ComparedPair, operator: Operator, reach: number): void {
  if (reach === 1 && operator === 'cross_above') out.set(pair.crossUp);
  else if (reach === 1 && operator === 'cross_below') out.set(pair.crossDown);
  else fillBits(out, pair, operator, reach);
}

function fillBits(out: Bits, { gt, lt, eq }: PairBits, operator: Operator, reach: number): void {
  if (operator === 'gt') out.set(gt);
  else if (operator === 'lt') out.set(lt);
  else if (operator === 'gte') orInto(out, gt, eq);
  else if (operator === 'lte') orInto(out, lt, eq);
  else if (operator === 'cross_above') crossBits(gt, { before: lt, equal: eq, out }, reach);
  else crossBits(lt, { before: gt, equal: eq, out }, reach);
}

function orInto(out: Bits, a: Bits, b: Bits): void {
  for (let w = 0; w < out.length; w++) out[w] = (a[w] as number) | (b[w] as number);
}
