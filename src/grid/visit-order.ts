import type { Axis } from './axis.ts';

/**
 * The order in which points that follow each other are best run: by the value of the last axis that
 * signals depend on, then of the others, then of the axes of levels and sizes. A column of the last
 * axis is then read for all its points while it is in the cache, and points with the same signals
 * stay neighbours. Every other time the order is turned around: what was read last of one block is still
 * there for the next. The order changes no row.
 */
export class VisitOrder {
  readonly #digits: readonly Digit[];
  #isTurned = false;

  constructor(axes: readonly Axis[]) {
    const all: { stride: number; size: number; isSignal: boolean }[] = [];
    let stride = 1;
    for (const axis of axes.toReversed()) {
      const size = axis.values.length;
      all.push({ stride, size, isSignal: !isLevelAxis(axis) });
      stride *= size;
    }
    const signals = all.filter(({ isSignal }) => isSignal);
    const levels = all.filter(({ isSignal }) => !isSignal);
    // Least significant first, as `all`; the last signal axis is moved to the top.
    this.#digits = [...levels, ...signals.slice(1), ...signals.slice(0, 1)];
  }

  /** The points in their best order; no object is made for each, as thousands come twenty times a second. */
  arrange(points: readonly number[]): readonly number[] {
    const keys = Float64Array.from(points, (pointIndex) => this.#keyOf(pointIndex));
    const sign = this.#isTurned ? -1 : 1;
    this.#isTurned = !this.#isTurned;
    const places = Uint32Array.from(points, (_, place) => place);
    places.sort((a, b) => sign * ((keys[a] as number) - (keys[b] as number)));
    return Array.from(places, (place) => points[place] as number);
  }

  #keyOf(pointIndex: number): number {
    let key = 0;
    let weight = 1;
    for (const { stride, size } of this.#digits) {
      key += (Math.floor(pointIndex / stride) % size) * weight;
      weight *= size;
    }
    return key;
  }
}

/** Whether an axis moves levels, sizes and costs alone, so that its points have the same signals. */
export function isLevelAxis(axis: Axis): boolean {
  return axis.members.every(({ path }) => LEVEL_KEYS.has(path[0] ?? ''));
}

// --- internal ---

interface Digit {
  readonly stride: number;
  readonly size: number;
}

/** Parts of a card that no signal depends on. */
const LEVEL_KEYS = new Set<string | number>(['risk_model', 'account']);
