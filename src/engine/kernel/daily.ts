import type { ReturnFacts } from '../../metrics/facts.ts';

/** As in metrics/returns.ts, whose sums this repeats in the same order without allocating. */
const DAYS_PER_YEAR = 365;
const TAIL_RETURNS_MIN = 10;
const TAIL_SHARE = 0.05;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The moments of the daily returns of one point, in arrays that every point uses again. */
export class DailyReturns {
  readonly facts: Writable<ReturnFacts> = {
    count: 0,
    mean: 0,
    sigma: 0,
    downsideSquares: 0,
    gains: 0,
    losses: 0,
    skewness: 0,
    kurtosis: 0,
    var95: 0,
    cvar95: 0,
    ulcer: 0,
    periodsPerYear: DAYS_PER_YEAR,
    years: 0,
  };
  readonly #returns: Float64Array;
  /** The smallest returns, ascending. */
  readonly #tail: Float64Array;

  constructor(days: number) {
    this.#returns = new Float64Array(days);
    this.#tail = new Float64Array(Math.max(1, Math.floor(TAIL_SHARE * days)));
  }

  /** Fills `facts` from one equity sample per day; the base of the first return is `initial`. */
  measure(samples: Float64Array, initial: number): void {
    const count = this.#fillReturns(samples, initial);
    const { facts } = this;
    facts.count = count;
    facts.years = samples.length / DAYS_PER_YEAR;
    this.#sumUp(count);
    this.#moments(count);
    this.#measureTail(count);
    facts.ulcer = ulcerOf(samples);
  }

  /** e/e′ − 1 wherever the sample before is above 0. */
  #fillReturns(samples: Float64Array, initial: number): number {
    const returns = this.#returns;
    let count = 0;
    let previous = initial;
    for (let day = 0; day < samples.length; day++) {
      const value = samples[day] as number;
      if (previous > 0) {
        returns[count] = value / previous - 1;
        count += 1;
      }
      previous = value;
    }
    return count;
  }

  #sumUp(count: number): void {
    const returns = this.#returns;
    let sum = 0;
    let gains = 0;
    let losses = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const r = returns[i] as number;
      sum += r;
      if (r > 0) gains += r;
      if (r < 0) {
        losses += r;
        squares += r * r;
      }
    }
    const { facts } = this;
    facts.mean = count === 0 ? 0 : sum / count;
    facts.gains = gains;
    facts.losses = Math.abs(losses);
    facts.downsideSquares = squares;
  }

  #moments(count: number): void {
    const returns = this.#returns;
    const { facts } = this;
    const { mean } = facts;
    let second = 0;
    let third = 0;
    let fourth = 0;
    for (let i = 0; i < count; i++) {
      const d = (returns[i] as number) - mean;
      const square = d * d;
      second += square;
      third += square * d;
      fourth += square * square;
    }
    const variance = count === 0 ? 0 : second / count;
    const sigma = Math.sqrt(variance);
    const hasShape = count >= TAIL_RETURNS_MIN && sigma !== 0;
    facts.sigma = count < 2 ? 0 : sigma;
    facts.skewness = hasShape ? third / count / (sigma * sigma * sigma) : 0;
    facts.kurtosis = hasShape ? fourth / count / (variance * variance) : 0;
  }

  /** The smallest returns by insertion: a few dozen of hundreds, so most are passed over. */
  #measureTail(count: number): void {
    const { facts } = this;
    facts.var95 = 0;
    facts.cvar95 = 0;
    if (count < TAIL_RETURNS_MIN) return;
    const returns = this.#returns;
    const tail = this.#tail;
    const wanted = Math.max(1, Math.floor(TAIL_SHARE * count));
    let held = 0;
    for (let i = 0; i < count; i++) {
      const r = returns[i] as number;
      if (held === wanted && r >= (tail[held - 1] as number)) continue;
      let at = held < wanted ? held : wanted - 1;
      while (at > 0 && (tail[at - 1] as number) > r) {
        tail[at] = tail[at - 1] as number;
        at -= 1;
      }
      tail[at] = r;
      if (held < wanted) held += 1;
    }
    let sum = 0;
    for (let i = 0; i < wanted; i++) sum += tail[i] as number;
    facts.var95 = Math.abs(tail[wanted - 1] as number);
    facts.cvar95 = Math.abs(sum / wanted);
  }
}

// --- internal ---

function ulcerOf(samples: Float64Array): number {
  let peak = samples[0] ?? 0;
  let squares = 0;
  for (let day = 0; day < samples.length; day++) {
    const value = samples[day] as number;
    if (value > peak) peak = value;
    const pct = (100 * (peak - value)) / peak;
    squares += pct * pct;
  }
  return samples.length === 0 ? 0 : Math.sqrt(squares / samples.length);
}
