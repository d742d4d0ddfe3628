import type { BacktestFacts } from './facts.ts';

/** Stands for an infinite ratio, as in the reference (trade-semantics C15). */
const CAPPED_RATIO = 100;

/** a/b, 0 where b is 0. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/**
 * 100·part/whole. The reference divides first, and that decides a rounding: 100·23/160 is an exact
 * tie of two decimals, 23/160·100 lies below it.
 */
export function percentOf({ isReference }: BacktestFacts, part: number, whole: number): number {
  if (whole === 0) return 0;
  return isReference === true ? (part / whole) * 100 : (100 * part) / whole;
}

export function netProfit(facts: BacktestFacts): number {
  return facts.finalEquity - facts.initialEquity;
}

export function netReturnPct(facts: BacktestFacts): number {
  return (100 * netProfit(facts)) / facts.initialEquity;
}

export function benchmarkPct({ benchmarkFirst, benchmarkLast }: BacktestFacts): number {
  return ratio(100 * (benchmarkLast - benchmarkFirst), benchmarkFirst);
}

export function averageWin({ trades }: BacktestFacts): number {
  return ratio(trades.grossProfit, trades.wins);
}

export function averageLoss({ trades }: BacktestFacts): number {
  return ratio(trades.grossLoss, trades.losses);
}

export function profitFactor({ trades }: BacktestFacts): number {
  if (trades.grossLoss > 0) return trades.grossProfit / trades.grossLoss;
  return trades.grossProfit > 0 ? CAPPED_RATIO : 0;
}

export function profitFactorMode({ trades }: BacktestFacts): string {
  if (trades.grossLoss > 0) return 'finite';
  return trades.grossProfit > 0 ? 'infinite' : 'undefined';
}

export function sharpe({ returns }: BacktestFacts): number {
  if (returns.count < 2 || returns.sigma === 0) return 0;
  return (returns.mean / returns.sigma) * Math.sqrt(returns.periodsPerYear);
}

export function sortino({ returns }: BacktestFacts): number {
  if (returns.count < 2) return 0;
  if (returns.downsideSquares === 0) return returns.mean > 0 ? CAPPED_RATIO : 0;
  const deviation = Math.sqrt(returns.downsideSquares / returns.count);
  return (returns.mean / deviation) * Math.sqrt(returns.periodsPerYear);
}

export function omega({ returns }: BacktestFacts): number {
  if (returns.count < 2) return 0;
  if (returns.losses === 0) return returns.gains > 0 ? CAPPED_RATIO : 0;
  return returns.gains / returns.losses;
}

/** Compound growth a year, a fraction; −1 when nothing is left. Infinite where it has no double. */
export function cagr({ finalEquity, initialEquity, returns }: BacktestFacts): number {
  if (finalEquity <= 0) return -1;
  if (returns.years <= 0) return 0;
  return (finalEquity / initialEquity) ** (1 / returns.years) - 1;
}

export function calmar(facts: BacktestFacts): number {
  const annual = cagr(facts);
  // The reference catches the overflow of short windows and goes on with a growth of 0.
  const isOverflow = annual === Number.POSITIVE_INFINITY;
  const growth = facts.isReference === true && isOverflow ? 0 : annual;
  if (facts.drawdown.fraction === 0) return growth > 0 ? CAPPED_RATIO : 0;
  return growth / facts.drawdown.fraction;
}
