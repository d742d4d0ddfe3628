import { nextBit } from './bits.ts';
import { LAYOUT, type Market } from './market.ts';
import type { SignalBits } from './signal-bits.ts';

const { RECORD } = LAYOUT;

/** Pairs foreseen at once: their records stay in the second-level cache until they are used. */
const PAIRS_MAX = 1024;

/**
 * The entries and exits that follow each other when no level is reached: found from the bitsets
 * alone, and their records read ahead in one loop whose loads do not wait for each other. A run that
 * meets them one by one waits for memory 1,000 times a point, which is most of its time. Whoever
 * asks says where it stands, so a run that left the path (a level, a rejected order) is not misled.
 */
export class Foresight {
  readonly #market: Market;
  readonly #entries = new Int32Array(PAIRS_MAX);
  readonly #exits = new Int32Array(PAIRS_MAX);
  #count = 0;
  #next = 0;
  /** Keeps the reads from being optimised away. */
  #sink = new Float64Array(1);

  constructor(market: Market) {
    this.#market = market;
  }

  /** Looks ahead from the close of `bar`, flat, where one side trades and nothing flips. */
  look({ enterLong, enterShort, exitLong, exitShort }: SignalBits, bar: number): void {
    const { endBar } = this.#market;
    const enter = enterLong ?? enterShort;
    const leave = enterLong ? exitLong : exitShort;
    this.#count = 0;
    this.#next = 0;
    if (enter === undefined || leave === undefined) return;
    let at = bar;
    let count = 0;
    while (count < PAIRS_MAX) {
      const entry = nextBit(enter, at, endBar);
      if (entry >= endBar - 1) break;
      const exit = nextBit(leave, entry + 1, endBar);
      this.#entries[count] = entry;
      this.#exits[count] = exit;
      count += 1;
      if (exit >= endBar - 1) break;
      at = exit + 1;
    }
    this.#count = count;
    this.#readAhead();
  }

  /** Whether a run that got to the close of `bar` should look again. */
  isSpent(bar: number): boolean {
    return this.#next === this.#count && this.#count === PAIRS_MAX && bar > this.#lastExit;
  }

  /** The entry signal at or after `bar`, −1 where it was not foreseen from there. */
  entryFrom(bar: number): number {
    while (this.#next < this.#count && (this.#entries[this.#next] as number) < bar) this.#next += 1;
    const next = this.#next;
    if (next === this.#count) return -1;
    const isOnPath = next === 0 || bar > (this.#exits[next - 1] as number);
    return isOnPath ? (this.#entries[next] as number) : -1;
  }

  /** The exit signal of the position opened at `bar`, −1 where that was not foreseen. */
  exitFrom(bar: number): number {
    const next = this.#next;
    const isOnPath = next < this.#count && (this.#entries[next] as number) === bar - 1;
    return isOnPath ? (this.#exits[next] as number) : -1;
  }

  get #lastExit(): number {
    return this.#exits[this.#count - 1] as number;
  }

  #readAhead(): void {
    const { records } = this.#market;
    let sum = 0;
    for (let n = 0; n < this.#count; n++) {
      const entry = RECORD * ((this.#entries[n] as number) + 1);
      const exit = Math.min(RECORD * ((this.#exits[n] as number) + 1), records.length - RECORD);
      sum += (records[entry] as number) + (records[entry + RECORD - 1] as number);
      sum += (records[exit] as number) + (records[exit + RECORD - 1] as number);
    }
    this.#sink[0] = sum;
  }
}
