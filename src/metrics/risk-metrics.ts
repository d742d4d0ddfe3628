import { bars, count, define, pct, plain, TEXT, usdt } from './definition.ts';
import { cagr, omega, percentOf, profitFactorMode, ratio } from './ratios.ts';

/** Sides, time, funding, friction, margin and tails: the second half of §8.3, then our two. */
export const RISK_METRICS = [
  define(
    'omega_ratio',
    plain('higher'),
    'Sum of the positive returns/|sum of the negative|; 100 without a loss but with a gain; 0 when N < 2.',
    omega,
  ),
  define('long_trades', count('none'), 'Closed long trades.', (f) => f.trades.long.count),
  define('short_trades', count('none'), 'Closed short trades.', (f) => f.trades.short.count),
  define('long_win_rate', pct('higher'), '100·wins/trades of the longs; 0 without longs.', (f) =>
    percentOf(f, f.trades.long.wins, f.trades.long.count),
  ),
  define('short_win_rate', pct('higher'), '100·wins/trades of the shorts; 0 without shorts.', (f) =>
    percentOf(f, f.trades.short.wins, f.trades.short.count),
  ),
  define('long_pnl', usdt('higher'), 'Sum of net_pnl of the longs.', (f) => f.trades.long.netPnl),
  define(
    'short_pnl',
    usdt('higher'),
    'Sum of net_pnl of the shorts.',
    (f) => f.trades.short.netPnl,
  ),
  define(
    'total_bars',
    bars('none', null),
    'Equity points: simulated bars up to the end or to an early stop.',
    (f) => f.points,
  ),
  define(
    'bars_in_position',
    bars('none', null),
    'Bars that ended with a position.',
    (f) => f.margin.barsInPosition,
  ),
  define('time_in_market_pct', pct('none'), '100·bars_in_position/total_bars.', (f) =>
    percentOf(f, f.margin.barsInPosition, f.points),
  ),
  define(
    'total_funding_paid_usdt',
    usdt('lower'),
    'Funding paid, positive; 0 where no rates are applied.',
    (f) => f.trades.fundingPaid,
  ),
  define(
    'total_funding_received_usdt',
    usdt('higher'),
    'Funding received, positive; 0 where no rates are applied.',
    (f) => f.trades.fundingReceived,
  ),
  define(
    'net_funding_usdt',
    usdt('higher'),
    'Funding received − paid.',
    (f) => f.trades.fundingReceived - f.trades.fundingPaid,
  ),
  define(
    'ulcer_index',
    pct('lower', 4),
    '√ of the mean squared drawdown in percent, over the samples; the peak is over the samples too.',
    (f) => f.returns.ulcer,
  ),
  define(
    'profit_factor_mode',
    TEXT,
    'How to read profit_factor: finite, infinite (no loss) or undefined (neither).',
    profitFactorMode,
  ),
  define(
    'entry_attempts',
    count('none'),
    'Entry orders submitted; one submitted on the last bar counts and never fills.',
    (f) => f.entryAttempts,
  ),
  define(
    'entry_rejections',
    count('lower'),
    'Entry orders rejected at the fill.',
    (f) => f.entryRejections,
  ),
  define(
    'entry_rejection_rate',
    plain('lower', 4),
    'entry_rejections/entry_attempts, a fraction; 0 without attempts.',
    (f) => ratio(f.entryRejections, f.entryAttempts),
  ),
  define(
    'min_margin_ratio',
    plain('higher', 4),
    'Smallest equity/used margin while in position, at most 1.',
    (f) => f.margin.minRatio,
  ),
  define(
    'margin_calls',
    count('lower'),
    'Bars that ended with equity below the used margin.',
    (f) => f.margin.calls,
  ),
  define(
    'closest_liquidation_pct',
    pct('higher'),
    'Smallest 100·(equity − maintenance margin)/equity while in position, at most 100.',
    (f) => f.margin.closestLiquidationPct,
  ),
  define(
    'skewness',
    plain('higher', 4),
    'Population skewness of the returns; 0 when N < 10 or σ = 0.',
    (f) => f.returns.skewness,
  ),
  define(
    'kurtosis',
    plain('lower', 4),
    'Population kurtosis of the returns, not excess (a normal has 3); 0 when N < 10 or σ = 0.',
    (f) => f.returns.kurtosis,
  ),
  define(
    'var_95_pct',
    pct('lower', 4),
    '100·|r at the 5 % quantile| (the floor(0.05·N)-th smallest, at least the first); positive even if that return is a gain; 0 when N < 10.',
    (f) => 100 * f.returns.var95,
  ),
  define(
    'cvar_95_pct',
    pct('lower', 4),
    '100·|mean of the returns up to that quantile|; 0 when N < 10.',
    (f) => 100 * f.returns.cvar95,
  ),
  define(
    'avg_leverage_used',
    plain('none'),
    'Mean of position value/equity over the samples in position; 0 without.',
    (f) => f.margin.averageLeverage,
  ),
  define(
    'max_gross_exposure_pct',
    pct('none'),
    '100·largest position value/equity at a close.',
    (f) => 100 * f.margin.maxLeverage,
  ),
  define('mae_avg_pct', pct('lower'), 'Mean of mae_pct over the trades; 0 without trades.', (f) =>
    ratio(f.trades.maePct, f.trades.count),
  ),
  define('mfe_avg_pct', pct('higher'), 'Mean of mfe_pct over the trades; 0 without trades.', (f) =>
    ratio(f.trades.mfePct, f.trades.count),
  ),
  define(
    'cagr_pct',
    pct('higher'),
    '100·((final_equity/initial_equity)^(1/years) − 1); −100 when nothing is left.',
    (f) => 100 * cagr(f),
  ),
  define(
    'volatility_pct',
    pct('lower'),
    '100·σ·√(samples per year); 0 when N < 2.',
    (f) => 100 * f.returns.sigma * Math.sqrt(f.returns.periodsPerYear),
  ),
] as const;
