import type { BacktestResult } from '../engine/backtest.ts';
import { DAY_MS, TIMEFRAMES } from '../time.ts';
import { ulcerIndex } from './drawdown.ts';
import type { ReturnFacts } from './facts.ts';

/** Days a year of the daily samples (design §12.3). */
const DAYS_PER_YEAR = 365;
/** Fewest returns for skewness, kurtosis and the tail (trade-semantics §8.3). */
const TAIL_RETURNS_MIN = 10;
/** Share of the returns that is the tail. */
const TAIL_SHARE = 0.05;

/** Equity samples, and the exec row each was taken at (−1 before the first bar). */
export interface Samples {
  readonly equity: Float64Array;
  readonly bars: Int32Array;
}

/**
 * One sample per UTC day of the window, partial first and last days included: equity at the last
 * close at or before the day's end. A day without bars carries it on; after an early stop it stays
 * flat to the window's end; before the first bar it is the starting equity. The last sample is the
 * last equity point, also where its bar closes after the day's end (bars longer than a day).
 */
export function dailySamples({ equity, equityTs, facts }: BacktestResult): Samples {
  const firstDay = Math.floor(facts.windowStartMs / DAY_MS);
  const days = Math.max(0, Math.floor((facts.windowEndMs - 1) / DAY_MS) - firstDay + 1);
  const values = new Float64Array(days);
  const bars = new Int32Array(days);
  let next = 0;
  for (let day = 0; day < days; day++) {
    const dayEnd = (firstDay + day + 1) * DAY_MS;
    while (next < equity.length && (equityTs[next] as number) <= dayEnd) next += 1;
    if (day === days - 1) next = equity.length;
    bars[day] = next === 0 ? -1 : facts.startBar + next - 1;
    values[day] = next === 0 ? facts.constants.startingEquity : (equity[next - 1] as number);
  }
  return { equity: values, bars };
}

/** Moments of the daily returns; the base of the first is the starting equity. */
export function dailyReturnFacts(result: BacktestResult, samples: Samples): ReturnFacts {
  const returns = returnsOf(samples.equity, result.facts.constants.startingEquity);
  return returnFacts(returns, samples.equity, DAYS_PER_YEAR);
}

/** Moments of the returns from one exec bar to the next. */
export function barReturnFacts({ equity, timeframe }: BacktestResult): ReturnFacts {
  return returnFacts(returnsOf(equity, 0), equity, TIMEFRAMES[timeframe].barsPerYear);
}

// --- internal ---

/** e/e′ − 1 wherever the sample before, `base` for the first, is above 0. */
function returnsOf(samples: Float64Array, base: number): Float64Array {
  const returns = new Float64Array(samples.length);
  let count = 0;
  let previous = base;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    if (previous > 0) {
      returns[count] = value / previous - 1;
      count += 1;
    }
    previous = value;
  }
  return returns.subarray(0, count);
}

function returnFacts(
  returns: Float64Array,
  samples: Float64Array,
  periodsPerYear: number,
): ReturnFacts {
  const count = returns.length;
  const mean = count === 0 ? 0 : sum(returns) / count;
  const moments = centralMoments(returns, mean);
  return {
    count,
    mean,
    sigma: count < 2 ? 0 : moments.sigma,
    ...signedSums(returns),
    skewness: count < TAIL_RETURNS_MIN ? 0 : moments.skewness,
    kurtosis: count < TAIL_RETURNS_MIN ? 0 : moments.kurtosis,
    ...tail(returns),
    ulcer: ulcerIndex(samples),
    periodsPerYear,
    years: samples.length / periodsPerYear,
  };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

/** Population moments: √m₂, m₃/σ³, m₄/σ⁴ (not excess). */
function centralMoments(
  values: Float64Array,
  mean: number,
): { sigma: number; skewness: number; kurtosis: number } {
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < values.length; i++) {
    const d = (values[i] as number) - mean;
    const square = d * d;
    second += square;
    third += square * d;
    fourth += square * square;
  }
  const variance = values.length === 0 ? 0 : second / values.length;
  const sigma = Math.sqrt(variance);
  if (sigma === 0) return { sigma, skewness: 0, kurtosis: 0 };
  return {
    sigma,
    skewness: third / values.length / (sigma * sigma * sigma),
    kurtosis: fourth / values.length / (variance * variance),
  };
}

function signedSums(
  returns: Float64Array,
): Pick<ReturnFacts, 'downsideSquares' | 'gains' | 'losses'> {
  let downsideSquares = 0;
  let gains = 0;
  let losses = 0;
  for (let i = 0; i < returns.length; i++) {
    const r = returns[i] as number;
    if (r > 0) gains += r;
    if (r < 0) {
      losses += r;
      downsideSquares += r * r;
    }
  }
  return { downsideSquares, gains, losses: Math.abs(losses) };
}

function tail(returns: Float64Array): Pick<ReturnFacts, 'var95' | 'cvar95'> {
  if (returns.length < TAIL_RETURNS_MIN) return { var95: 0, cvar95: 0 };
  const ascending = returns.toSorted();
  const count = Math.max(1, Math.floor(TAIL_SHARE * returns.length));
  const smallest = ascending.subarray(0, count);
  return {
    var95: Math.abs(smallest[count - 1] as number),
    cvar95: Math.abs(sum(smallest) / count),
  };
}
