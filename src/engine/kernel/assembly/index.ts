/**
 * The kernel's inner loops, compiled to WebAssembly by `npm run build:wasm`; the caller owns the
 * memory and says where things lie. All addresses are multiples of 16.
 */
import * as curve from './curve';
import * as daily from './daily';
import * as margin from './margin';
import { daysBytes, hasFunding } from './market';
import { laneOf, settlePair, takeTerms } from './pair';
import { findTrack, hasEnded, plans, takeTrack, trackBytes } from './path';
import * as run from './run';
import { leverageSamples, leverageSum } from './samples';
import { TERMS, TERMS_BYTES, enterLong, enterShort, readTerms, sizing, startingEquity, starvation } from './terms';

export {
  begin,
  clearBelow,
  edges,
  follow,
  intersect,
  invert,
  leave,
  spread,
  subtract,
  unite,
} from './bits';
export {
  beginScale,
  clearBlanks,
  columnBytes,
  compare,
  endScale,
  openColumns,
  quantize,
  scaleBytes,
  widenScale,
} from './columns';
export { marketBytes, openDays, openFunding, openMarket } from './market';
export { listBytes, makeList, openLists, searchBytes } from './lists';
export { HAND_END } from './path';
export { openTouches, touchesBytes } from './touches';
export { TERMS, TERMS_BYTES };

/** Bytes of a point's results. */
export const RESULT_BYTES: usize = 8 * 49;

/** Bytes of work that `runPoints` needs. */
export function workBytes(): usize {
  return 2 * pointBytes() + 2 * trackBytes();
}

/**
 * Runs the point whose terms stand at TERMS or, with `count` 2, also the one whose terms stand behind it,
 * with work at `work`; the results of each are written to `results`, one after the other.
 */
export function runPoints(count: i32, work: usize, results: usize): void {
  const trackA = work + 2 * pointBytes();
  const trackB = trackA + trackBytes();
  const countA = prepare(0, trackA);
  const plansA = plans;
  const sizingA = sizing;
  const startingA = startingEquity;
  const isOneSidedA = enterLong == 0 || enterShort == 0;
  if (count == 1) {
    at = results;
    finish(0, work, trackA, plansA, 0, countA);
    finishDays(results, 1, samplesOf(work, 0), samplesOf(work, 0), f64x2.splat(startingA));
    return;
  }
  const countB = prepare(1, trackB);
  const plansB = plans;
  const isOneSided = enterLong == 0 || enterShort == 0;
  let done = 0;
  if (min(countA, countB) > 0 && sizing == sizingA && !hasFunding) {
    done = settlePair(
      trackA,
      trackB,
      plansA,
      plansB,
      min(steps(trackA, countA), steps(trackB, countB)),
      isOneSided && isOneSidedA,
      samplesOf(work, 0),
      samplesOf(work, 1),
    );
  }
  const starting = f64x2.replace_lane(f64x2.splat(startingA), 1, startingEquity);
  at = results;
  finish(0, work, trackA, plansA, done, countA);
  at = results + RESULT_BYTES;
  finish(1, work, trackB, plansB, done, countB);
  finishDays(results, 2, samplesOf(work, 0), samplesOf(work, 1), starting);
}

// --- internal ---

/** Where the next result is written. */
let at: usize = 0;

/** Where the results of a point's days begin, among RESULT_BYTES of results. */
const DAYS_AT: usize = 8 * 38;

/** The number before the samples, samples and exposures; and of two points the returns and a tail of them. */
function pointBytes(): usize {
  return 16 + 5 * daysBytes + 48;
}

function samplesOf(work: usize, n: i32): usize {
  return work + 16 + pointBytes() * n;
}

/** Sets a point's terms and finds its track; its length, −1 where the path has to be looked for with the money. */
function prepare(n: i32, track: usize): i32 {
  readTerms(n);
  takeTerms(n);
  if (startingEquity < starvation || startingEquity <= 0) return -1;
  return findTrack(track);
}

/** Positions of a track before one that ends it. */
function steps(track: usize, count: i32): i32 {
  if (count == 0) return 0;
  return hasEnded(<usize>load<u32>(track + 4 * (count - 1))) ? count - 1 : count;
}

/** Runs a point whose first `done` positions have been traded in its lane, and writes its results. */
function finish(n: i32, work: usize, track: usize, plans: usize, done: i32, count: i32): void {
  readTerms(n);
  const samples = samplesOf(work, n);
  let isFound = count >= 0;
  if (isFound) {
    takeTrack(track, plans);
    isFound = run.runTrack(n, samples, done, count);
  }
  if (!isFound) run.runPoint(samples);
  writeResults();
}

/** Measures the days of two points, or of one and the same, and writes the results of the first `count`. */
function finishDays(results: usize, count: i32, a: usize, b: usize, starting: v128): void {
  const returns = a + 2 * daysBytes;
  const tail = returns + 2 * daysBytes + 32;
  daily.measureDays(a, b, returns, starting);
  const low = f64x2.sub(daily.mean, daily.sigma);
  for (let lane = 0; lane < count; lane++) {
    at = results + RESULT_BYTES * lane + DAYS_AT;
    daily.measureTail(returns + 8 * lane, tail, <i32>laneOf(daily.counts, lane), laneOf(low, lane));
    putDays(lane);
  }
}

function put(value: f64): void {
  store<f64>(at, value);
  at += 8;
}

function putLanes(value: v128): void {
  put(f64x2.extract_lane(value, 0));
  put(f64x2.extract_lane(value, 1));
}

/** In the order of RESULT in point-facts.ts. */
function writeResults(): void {
  put(run.cash);
  put(run.isBlown ? 1 : 0);
  put(run.reached);
  put(curve.fall);
  put(curve.fallFraction);
  put(curve.drawdownBars);
  put(run.net);
  putLanes(run.netOfSides);
  putLanes(run.profitLoss);
  putLanes(run.largest);
  put(run.pnlPct);
  put(run.fees);
  putLanes(run.excursions);
  put(least(margin.minRatio));
  put(least(margin.closest));
  put(most(margin.maxLeverage));
  put(leverageSum);
  put(run.trades);
  put(run.wins);
  put(run.losses);
  put(run.longTrades);
  put(run.longWins);
  put(run.durationBars);
  put(run.winBars);
  put(run.lossBars);
  put(run.longestWinStreak);
  put(run.longestLossStreak);
  put(run.heldBars);
  put(run.marginCalls);
  put(leverageSamples);
  put(run.attempts);
  put(run.rejections);
  put(run.fundingPaid);
  put(run.fundingReceived);
}

function putDays(lane: i32): void {
  put(laneOf(daily.counts, lane));
  put(laneOf(daily.mean, lane));
  put(laneOf(daily.sigma, lane));
  put(laneOf(daily.downsideSquares, lane));
  put(laneOf(daily.gains, lane));
  put(laneOf(daily.losses, lane));
  put(laneOf(daily.skewness, lane));
  put(laneOf(daily.kurtosis, lane));
  put(daily.var95);
  put(daily.cvar95);
  put(laneOf(daily.ulcer, lane));
}

function least(lanes: v128): f64 {
  return min<f64>(f64x2.extract_lane(lanes, 0), f64x2.extract_lane(lanes, 1));
}

function most(lanes: v128): f64 {
  return max<f64>(f64x2.extract_lane(lanes, 0), f64x2.extract_lane(lanes, 1));
}
