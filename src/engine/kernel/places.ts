import { assert } from '../../assert.ts';
import type { Condition, Operator } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import type { BitKey } from './bit-cache.ts';

export type Operand = FloatColumn | number;

/** What a condition reads, one object for all points that read the same. */
export interface Place extends BitKey {
  /** Different for different places. */
  readonly id: number;
  readonly operator: Operator;
  readonly left: FloatColumn;
  readonly right: Operand;
  /** Rows of the operands. */
  readonly rows: number;
  /** The exec bars at which rows of a longer timeframe are visible; undefined for exec rows. */
  readonly visible: Int32Array | undefined;
  /** Bars that the condition looks back. */
  readonly reach: number;
  /** First row on which the condition can hold. */
  readonly from: number;
  /** First row at which the condition is asked. */
  readonly firstRead: number;
  /** Whether its bits are known to be the rows on which a comparison begins to hold, or ends. */
  isEdge: boolean;
}

/** Knows the places of a market's conditions, so that equal ones are the same object. */
export class PlaceSource {
  /** By the numbers of both operands. */
  readonly #places = new Map<number, Place[]>();
  readonly #columnIds = new WeakMap<FloatColumn, number>();
  readonly #numberIds = new Map<number, number>();
  #nextOperand = 0;
  #nextPlace = 0;

  /** Undefined where an operand has no series. */
  of(feeds: MultiTFFeedStore, condition: Condition): Place | undefined {
    const feed = feeds[condition.tf];
    const left = feeds.series(condition.tf, condition.indicator_key);
    const right = condition.is_indicator_comparison
      ? feeds.series(condition.tf, String(condition.value))
      : Number(condition.value);
    if (feed === undefined || left === undefined || right === undefined) return undefined;
    const { operator } = condition;
    const reach = isCross(operator) ? condition.prev_offset : 0;
    assert(reach >= 0, `prev_offset ${reach} reads the future`);
    const { visible } = feed;
    const start = feeds.windowStartBar;
    const firstRead = visible === undefined ? start : Math.max(0, visible[start] ?? 0);
    // Rows that this point cannot see mostly lie before anything it reads; then points share bits.
    const from = feed.firstBar + reach <= firstRead ? 0 : feed.firstBar + reach;
    const rows = visible === undefined ? feeds.endBar : feed.store.length;
    const places = this.#placesOf(left, right);
    for (const place of places) {
      const isSame = place.operator === operator && place.reach === reach && place.from === from;
      const isSameFeed = place.visible === visible && place.rows === rows;
      if (isSame && isSameFeed && place.firstRead === firstRead) return place;
    }
    const id = this.#nextPlace;
    this.#nextPlace += 1;
    const shape = { operator, left, right, visible, reach, from, firstRead, rows };
    const place: Place = { id, ...shape, kept: undefined, isEdge: false };
    places.push(place);
    return place;
  }

  /** The place of the cross the other way, where a condition reads it. */
  turnOf(place: Place): Place | undefined {
    return this.#placesOf(place.left, place.right).find((other) => areTurns(place, other));
  }

  /** The places of a pair of operands. */
  #placesOf(left: Operand, right: Operand): Place[] {
    const pair = this.#idOf(left) * OPERANDS_MAX + this.#idOf(right);
    let places = this.#places.get(pair);
    if (places === undefined) {
      // A place that is forgotten is another one when it comes again.
      if (this.#places.size >= PAIRS_KEPT) this.#places.clear();
      this.#places.set(pair, (places = []));
    }
    return places;
  }

  #idOf(operand: Operand): number {
    const known =
      typeof operand === 'number' ? this.#numberIds.get(operand) : this.#columnIds.get(operand);
    if (known !== undefined) return known;
    const id = this.#nextOperand;
    this.#nextOperand += 1;
    if (typeof operand === 'number') this.#numberIds.set(operand, id);
    else this.#columnIds.set(operand, id);
    return id;
  }
}

/** Whether two places are the crosses of the same operands on the same rows, one each way. */
export function areTurns(a: Place, b: Place): boolean {
  const areOpposite = isCross(a.operator) && isCross(b.operator) && a.operator !== b.operator;
  const isSamePair = a.left === b.left && a.right === b.right && a.reach === b.reach;
  const isSameFeed = a.visible === b.visible && a.rows === b.rows;
  return (
    areOpposite && isSamePair && isSameFeed && a.from === b.from && a.firstRead === b.firstRead
  );
}

// --- internal ---

/** Numbers of operands are smaller, and the product of two is exact. */
const OPERANDS_MAX = 2 ** 26;

/** Pairs of operands that are remembered. */
const PAIRS_KEPT = 10_000;

function isCross(operator: Operator): boolean {
  return operator === 'cross_above' || operator === 'cross_below';
}
