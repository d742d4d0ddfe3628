/**
 * The kernel's inner loops, compiled to WebAssembly by `npm run build:kernel`; the caller owns the
 * memory and says where things lie. All addresses are multiples of 16.
 */
import * as daily from './daily';
import { days } from './market';
import * as run from './run';
import { TERMS } from './terms';

export {
  begin,
  clearBelow,
  columnBytes,
  compare,
  follow,
  intersect,
  invert,
  leave,
  narrow,
  openColumns,
  spread,
  subtract,
  unite,
} from './bits';
export { marketBytes, openDays, openFunding, openMarket } from './market';
export { listBytes, makeList, measureLists, openLists, searchBytes } from './lists';
export { HAND_END } from './path';
export { openTouches, touchesBytes } from './touches';
export { TERMS };

/** Bytes of work that `runPoint` needs for `days` samples. */
export function workBytes(days: i32): usize {
  return 16 + 8 * 4 * (days + 4);
}

/** Runs the point whose terms stand at TERMS with work at `work`; results are written to `results`. */
export function runPoint(work: usize, results: usize): void {
  const samples = work + 16;
  const exposures = samples + 8 * (days + 2 - (days & 1));
  const rest = exposures + 8 * (days + 2 - (days & 1));
  run.runPoint(samples, exposures);
  daily.measureDays(samples, rest, load<f64>(TERMS));
  writeResults(results);
}

// --- internal ---

let at: usize = 0;

function put(value: f64): void {
  store<f64>(at, value);
  at += 8;
}

function putLanes(value: v128): void {
  put(f64x2.extract_lane(value, 0));
  put(f64x2.extract_lane(value, 1));
}

/** In the order of RESULT in results.ts. */
function writeResults(results: usize): void {
  at = results;
  put(run.cash);
  put(run.isBlown ? 1 : 0);
  put(run.reached);
  put(run.fall);
  put(run.fallFraction);
  put(run.drawdownBars);
  put(run.net);
  putLanes(run.netOfSides);
  putLanes(run.profitLoss);
  putLanes(run.largest);
  put(run.pnlPct);
  put(run.fees);
  putLanes(run.excursions);
  put(least(run.minRatio));
  put(least(run.closest));
  put(max<f64>(f64x2.extract_lane(run.maxLeverage, 0), f64x2.extract_lane(run.maxLeverage, 1)));
  put(run.leverageSum);
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
  put(run.leverageSamples);
  put(run.attempts);
  put(run.rejections);
  put(run.fundingPaid);
  put(run.fundingReceived);
  putDays();
}

function putDays(): void {
  put(daily.count);
  put(daily.mean);
  put(daily.sigma);
  put(daily.downsideSquares);
  put(daily.gains);
  put(daily.losses);
  put(daily.skewness);
  put(daily.kurtosis);
  put(daily.var95);
  put(daily.cvar95);
  put(daily.ulcer);
}

function least(lanes: v128): f64 {
  return min<f64>(f64x2.extract_lane(lanes, 0), f64x2.extract_lane(lanes, 1));
}
