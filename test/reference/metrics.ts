import type { IdeaCard } from '../../src/card/schema.ts';
import type { ReferenceBar, ReferenceResult, ReferenceTrade } from './engine.ts';

/**
 * The metrics of specification §8.3 as an obvious program over the slow engine's result: every bar
 * visited, no share of code with src/metrics. Unrounded; the caller allows for rounding.
 */
export interface ReferenceMetricsInput {
  readonly card: IdeaCard;
  readonly profile: 'standard' | 'trade';
  readonly exec: readonly ReferenceBar[];
  readonly start: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly barsPerYear: number;
  readonly result: ReferenceResult;
}

const DAY = 86_400_000;
const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : sum(values) / values.length;

export function referenceMetrics(input: ReferenceMetricsInput): Record<string, number | string> {
  const { card, result, exec, start } = input;
  const initial = card.account.starting_equity_usdt;
  const final = result.equity.at(-1) ?? initial;
  const profit = final - initial;
  const first = exec[start]?.close ?? 1;
  const benchmark = (100 * ((exec.at(-1)?.close ?? 1) - first)) / first;
  const drawdown = drawdowns(result.equity);
  const daily = input.profile === 'standard';
  const samples = daily ? days(input, initial) : [...result.equity];
  const periods = daily ? 365 : input.barsPerYear;
  const returns = returnsOf(daily ? [initial, ...samples] : samples);
  const years = samples.length / periods;
  const growth = final <= 0 ? -1 : (final / initial) ** (1 / years) - 1;
  const risk = riskOf(returns, periods);
  return {
    initial_equity: initial,
    final_equity: final,
    net_profit: profit,
    net_return_pct: (100 * profit) / initial,
    benchmark_return_pct: benchmark,
    alpha_pct: (100 * profit) / initial - benchmark,
    max_drawdown_abs: drawdown.abs,
    max_drawdown_pct: 100 * drawdown.fraction,
    max_drawdown_duration_bars: drawdown.longest,
    calmar: drawdown.fraction > 0 ? growth / drawdown.fraction : growth > 0 ? 100 : 0,
    recovery_factor: drawdown.abs > 0 ? profit / drawdown.abs : 0,
    total_bars: result.equity.length,
    total_funding_paid_usdt: result.paid,
    total_funding_received_usdt: result.received,
    net_funding_usdt: result.received - result.paid,
    entry_attempts: result.attempts,
    entry_rejections: result.rejections,
    entry_rejection_rate: result.attempts === 0 ? 0 : result.rejections / result.attempts,
    ulcer_index: ulcer(samples),
    cagr_pct: 100 * growth,
    ...risk,
    ...tradeMetrics(result.trades),
    ...marginMetrics(input, daily),
  };
}

function drawdowns(equity: readonly number[]) {
  const peaks = equity.map((_, i) => Math.max(...equity.slice(0, i + 1)));
  const falls = equity.map((value, i) => (peaks[i] as number) - value);
  const notAbove = equity.map((value, i) => i === 0 || value <= (peaks[i - 1] as number));
  let run = 0;
  const runs = notAbove.map((isBelow) => (run = isBelow ? run + 1 : 0));
  return {
    abs: Math.max(0, ...falls),
    fraction: Math.max(0, ...falls.map((fall, i) => fall / (peaks[i] as number))),
    longest: Math.max(0, ...runs),
  };
}

/** Equity at the last close at or before each UTC day's end. */
function days(input: ReferenceMetricsInput, initial: number): number[] {
  const { exec, start, result } = input;
  const samples: number[] = [];
  for (let day = Math.floor(input.windowStartMs / DAY); day * DAY < input.windowEndMs; day++) {
    const closed = result.equity.filter(
      (_, i) => (exec[start + i] as ReferenceBar).tsClose <= (day + 1) * DAY,
    );
    samples.push(closed.at(-1) ?? initial);
  }
  if (samples.length > 0) samples[samples.length - 1] = result.equity.at(-1) ?? initial;
  return samples;
}

function returnsOf(samples: readonly number[]): number[] {
  return samples
    .slice(1)
    .map((value, i) => [value, samples[i] as number] as const)
    .filter(([, before]) => before > 0)
    .map(([value, before]) => value / before - 1);
}

function riskOf(r: readonly number[], periods: number): Record<string, number> {
  const n = r.length;
  const m = mean(r);
  const sigma = Math.sqrt(mean(r.map((x) => (x - m) ** 2)));
  const negative = r.filter((x) => x < 0);
  const gains = sum(r.filter((x) => x > 0));
  const down = Math.sqrt(sum(negative.map((x) => x * x)) / n);
  const sorted = r.toSorted((a, b) => a - b);
  const worst = sorted.slice(0, Math.max(1, Math.floor(0.05 * n)));
  const moment = (k: number) =>
    n < 10 || sigma === 0 ? 0 : mean(r.map((x) => (x - m) ** k)) / sigma ** k;
  const uncapped = (isPositive: boolean) => (isPositive ? 100 : 0);
  return {
    sharpe: n < 2 || sigma === 0 ? 0 : (m / sigma) * Math.sqrt(periods),
    sortino: n < 2 ? 0 : negative.length === 0 ? uncapped(m > 0) : (m / down) * Math.sqrt(periods),
    omega_ratio:
      n < 2 ? 0 : negative.length === 0 ? uncapped(gains > 0) : gains / Math.abs(sum(negative)),
    volatility_pct: n < 2 ? 0 : 100 * sigma * Math.sqrt(periods),
    skewness: moment(3),
    kurtosis: moment(4),
    var_95_pct: n < 10 ? 0 : 100 * Math.abs(worst.at(-1) as number),
    cvar_95_pct: n < 10 ? 0 : 100 * Math.abs(mean(worst)),
  };
}

function ulcer(samples: readonly number[]): number {
  const squares = samples.map((value, i) => {
    const peak = Math.max(...samples.slice(0, i + 1));
    return ((100 * (peak - value)) / peak) ** 2;
  });
  return Math.sqrt(mean(squares));
}

function tradeMetrics(trades: readonly ReferenceTrade[]): Record<string, number | string> {
  const net = (group: readonly ReferenceTrade[]) => group.map(({ netPnl }) => netPnl);
  const bars = (group: readonly ReferenceTrade[]) => group.map((t) => t.exitBar - t.entryBar);
  const wins = trades.filter(({ netPnl }) => netPnl > 0);
  const losses = trades.filter(({ netPnl }) => netPnl < 0);
  const profit = sum(net(wins));
  const loss = Math.abs(sum(net(losses)));
  const averageWin = mean(net(wins));
  const averageLoss = Math.abs(mean(net(losses)));
  return {
    total_trades: trades.length,
    win_count: wins.length,
    loss_count: losses.length,
    win_rate: trades.length === 0 ? 0 : (100 * wins.length) / trades.length,
    avg_trade_return_pct: mean(trades.map(({ pnlPct }) => pnlPct)),
    gross_profit: profit,
    gross_loss: loss,
    profit_factor: loss > 0 ? profit / loss : profit > 0 ? 100 : 0,
    profit_factor_mode: loss > 0 ? 'finite' : profit > 0 ? 'infinite' : 'undefined',
    total_fees: sum(trades.map(({ fees }) => fees)),
    avg_win_usdt: averageWin,
    avg_loss_usdt: averageLoss,
    largest_win_usdt: Math.max(0, ...net(wins)),
    largest_loss_usdt: Math.max(0, ...net(losses).map((x) => -x)),
    avg_trade_duration_bars: mean(bars(trades)),
    avg_winning_trade_duration_bars: mean(bars(wins)),
    avg_losing_trade_duration_bars: mean(bars(losses)),
    max_consecutive_wins: longestRun(trades.map(({ netPnl }) => netPnl > 0)),
    max_consecutive_losses: longestRun(trades.map(({ netPnl }) => netPnl < 0)),
    expectancy_usdt: mean(net(trades)),
    payoff_ratio: averageLoss > 0 ? averageWin / averageLoss : 0,
    mae_avg_pct: mean(trades.map(({ mae }) => mae)),
    mfe_avg_pct: mean(trades.map(({ mfe }) => mfe)),
    ...sideMetrics(trades, 'long'),
    ...sideMetrics(trades, 'short'),
  };
}

function sideMetrics(all: readonly ReferenceTrade[], side: 'long' | 'short') {
  const trades = all.filter((trade) => trade.side === side);
  const wins = trades.filter(({ netPnl }) => netPnl > 0).length;
  return {
    [`${side}_trades`]: trades.length,
    [`${side}_win_rate`]: trades.length === 0 ? 0 : (100 * wins) / trades.length,
    [`${side}_pnl`]: sum(trades.map(({ netPnl }) => netPnl)),
  };
}

function longestRun(flags: readonly boolean[]): number {
  return Math.max(
    0,
    ...flags.map((_, i) => flags.slice(0, i + 1).length - 1 - flags.lastIndexOf(false, i)),
  );
}

function marginMetrics(input: ReferenceMetricsInput, daily: boolean): Record<string, number> {
  const { card, result } = input;
  const imr = 1 / (card.risk_model?.sizing?.max_leverage ?? 1);
  const mmr = card.account.maintenance_margin_rate;
  const held = result.points.filter(({ positionValue }) => positionValue > 0);
  const leverage = (point: { equity: number; positionValue: number }) =>
    point.equity > 0 ? (point.positionValue * imr) / imr / point.equity : 0;
  const free = (point: { equity: number; positionValue: number }) => {
    const used = point.positionValue * imr;
    return point.equity - used + (daily ? 1e-9 * used : 0);
  };
  const sampled = daily ? dailyPoints(input) : held;
  const used = sampled.filter((point) => point.positionValue > 0 && point.equity > 0);
  return {
    bars_in_position: held.length,
    time_in_market_pct: result.equity.length === 0 ? 0 : (100 * held.length) / result.equity.length,
    min_margin_ratio: Math.min(
      1,
      ...held.map(({ equity, positionValue }) => equity / (positionValue * imr)),
    ),
    margin_calls: result.points.filter((point) => free(point) < 0).length,
    closest_liquidation_pct: Math.min(
      100,
      ...held
        .filter(({ equity }) => equity > 0)
        .map((point) => (100 * (point.equity - point.positionValue * mmr)) / point.equity),
    ),
    avg_leverage_used: mean(used.map(leverage)),
    max_gross_exposure_pct: 100 * Math.max(0, ...held.map(leverage)),
  };
}

function dailyPoints(input: ReferenceMetricsInput) {
  const { exec, result } = input;
  const points = [];
  const lastDay = Math.floor((input.windowEndMs - 1) / DAY);
  for (let day = Math.floor(input.windowStartMs / DAY); day <= lastDay; day++) {
    const until = day === lastDay ? Number.POSITIVE_INFINITY : (day + 1) * DAY;
    const point = result.points.findLast(({ bar }) => (exec[bar] as ReferenceBar).tsClose <= until);
    if (point) points.push(point);
  }
  return points;
}
