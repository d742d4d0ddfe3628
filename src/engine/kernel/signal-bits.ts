import type { ExitRule, IdeaCard, Rule } from '../../card/schema.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { EQUAL_EPSILON, isAllowed } from '../signals.ts';
import { BitCache, bitBytes, type BitKey, type Bits } from './bit-cache.ts';
import { Comparison, type ComparedPair } from './comparison.ts';
import type { KernelMemory } from './kernel-memory.ts';
import { PlaceSource, areTurns, type Operand, type Place } from './places.ts';

/** A point's rules as bitsets over exec bars; NO_BITS stands for "on no bar". */
export interface SignalBits {
  readonly enterLong: Bits;
  readonly enterShort: Bits;
  readonly exitLong: Bits;
  readonly exitShort: Bits;
  /** Whether entries and exits surely alternate: a comparison begins to hold, and ends. */
  readonly isInTurn: boolean;
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
  readonly #places = new PlaceSource();
  readonly #visible = new WeakMap<Int32Array, number>();
  /** The bits of places of a longer timeframe, laid out per exec bar. */
  readonly #spreads = new WeakMap<Place, BitKey>();
  /** What was compared last, each way. */
  readonly #compared = [NOTHING, NOTHING];
  /** The signals of the last point, while those are kept. */
  #lastSignature: readonly number[] = [];
  #last: SignalBits | undefined;
  #source: Source | undefined;
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
    if (this.#last && hasSameSignals(this.#source, { card, feeds })) return this.#last;
    this.#source = { card, feeds };
    const { entry_rules: allEntries, exit_rules: exits } = card.signal_rules;
    const find = ({ direction, conditions }: Rule | ExitRule): FoundRule => ({
      direction,
      places: conditions.map((condition) => this.#places.of(feeds, condition)),
    });
    const entryRules = allEntries.filter((rule) => isAllowed(card, rule)).map(find);
    const exitRules = exits.map(find);
    const signature = signatureOf(entryRules, exitRules);
    const isSame = isEqual(signature, this.#lastSignature);
    if (isSame && this.#last) return this.#last;
    if (!isSame) this.#count += 1;
    this.#lastSignature = signature;
    const bits = this.#combine(feeds, entryRules, exitRules);
    this.#last = { ...bits, isInTurn: areInTurn(entryRules, exitRules), key: this.#count };
    return this.#last;
  }

  // --- internal ---

  #combine(
    feeds: MultiTFFeedStore,
    entryRules: readonly FoundRule[],
    exitRules: readonly FoundRule[],
  ): Omit<SignalBits, 'key' | 'isInTurn'> {
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
    const { visible } = place;
    return visible === undefined ? this.#rowBits(place) : this.#spread(feeds, place, visible);
  }

  #spread(feeds: MultiTFFeedStore, place: Place, visible: Int32Array): Bits {
    let key = this.#spreads.get(place);
    if (key === undefined) this.#spreads.set(place, (key = { kept: undefined }));
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
    const known = this.#cache.get(place);
    if (known !== undefined) return known;
    const bytes = bitBytes(place.rows);
    const out = this.#cache.add(place, bytes);
    if (place.operator === 'eq') this.#fillNear(place, out);
    else this.#fill(place, { out, bytes });
    if (place.from > 0) this.#memory.code.clearBelow(out, bytes, place.from);
    return out;
  }

  /**
   * From "above" and "not below" of the operands, and where a row that is read lacks a value from
   * those of the operands in turn, because then "below" is more than the opposite of "not below".
   */
  #fill(place: Place, { out, bytes }: { out: Bits; bytes: number }): void {
    const { operator, reach, firstRead } = place;
    const from = Math.max(0, firstRead - reach);
    const pair = this.#pairOf(place, from, false);
    const turned = pair.whole <= from ? undefined : this.#pairOf(place, from, true);
    const { code } = this.#memory;
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
      else if (this.#fillEdges(place, pair, { out, bytes })) return;
      else code.begin(pair.above, out, bytes, reach);
    } else if (turned) {
      code.follow(turned.above, pair.notBelow, out, bytes, reach);
    } else if (!this.#fillEdges(place, pair, { out, bytes })) {
      code.leave(pair.notBelow, out, bytes, reach);
    }
  }

  /**
   * Both crosses at once, where a comparison without equal operands makes each the end of the other; false
   * where it does not, or the other one is there or not asked for.
   */
  #fillEdges(
    place: Place,
    pair: ComparedPair,
    { out, bytes }: { out: Bits; bytes: number },
  ): boolean {
    if (pair.notBelow !== pair.above || place.reach !== 1) return false;
    place.isEdge = true;
    const turn = this.#places.turnOf(place);
    if (turn === undefined || turn.kept !== undefined) return false;
    const other = this.#cache.add(turn, bytes);
    turn.isEdge = true;
    const [begins, ends] = place.operator === 'cross_above' ? [out, other] : [other, out];
    this.#memory.code.edges(pair.above, begins, ends, bytes);
    if (turn.from > 0) this.#memory.code.clearBelow(other, bytes, turn.from);
    return true;
  }

  /** The comparison of the operands from a row on, or of the operands in turn. */
  #pairOf({ left, right, rows }: Place, from: number, isTurned: boolean): ComparedPair {
    const last = this.#compared[Number(isTurned)] as Compared;
    const isSame = last.left === left && last.right === right && last.rows === rows;
    if (isSame && last.from <= from) return last.pair;
    const pair = this.#comparison.compare(left, right, { rows, from, isTurned });
    this.#compared[Number(isTurned)] = { left, right, rows, from, pair };
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
}

/** What signals are read from. */
interface Source {
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
}

/** Whether both have the same signals: what points share are the same objects. */
function hasSameSignals(a: Source | undefined, b: Source): boolean {
  return (
    a?.feeds === b.feeds &&
    a.card.signal_rules === b.card.signal_rules &&
    a.card.position_policy.mode === b.card.position_policy.mode
  );
}

/** A rule with what its conditions read. */
interface FoundRule {
  readonly direction: Rule['direction'];
  readonly places: readonly (Place | undefined)[];
}

/** Whether the only entry is the begin, and the only exit the end, of a comparison on exec bars, or the reverse. */
function areInTurn(entries: readonly FoundRule[], exits: readonly FoundRule[]): boolean {
  const [entry, exit] = [entries[0], exits[0]];
  if (entries.length !== 1 || exits.length !== 1) return false;
  if (entry?.places.length !== 1 || exit?.places.length !== 1) return false;
  const [a, b] = [entry.places[0], exit.places[0]];
  if (a === undefined || b === undefined || entry.direction !== exit.direction) return false;
  return a.isEdge && b.isEdge && a.visible === undefined && areTurns(a, b);
}

interface Compared {
  readonly left: Operand | undefined;
  readonly right: Operand | undefined;
  readonly rows: number;
  readonly from: number;
  readonly pair: ComparedPair;
}

const NOTHING: Compared = {
  left: undefined,
  right: undefined,
  rows: 0,
  from: 0,
  pair: { above: NO_BITS, notBelow: NO_BITS, whole: 0 },
};

function signatureOf(entries: readonly FoundRule[], exits: readonly FoundRule[]): number[] {
  const numbers = [entries.length];
  for (const { direction, places } of [...entries, ...exits]) {
    numbers.push(direction === 'long' ? 1 : 2, places.length);
    for (const place of places) numbers.push(place === undefined ? -1 : place.id);
  }
  return numbers;
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, n) => value === b[n]);
}
