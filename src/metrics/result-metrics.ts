import { bars, count, define, pct, plain, usdt } from './definition.ts';
import {
  averageLoss,
  averageWin,
  benchmarkPct,
  calmar,
  netProfit,
  netReturnPct,
  percentOf,
  profitFactor,
  ratio,
  sharpe,
  sortino,
} from './ratios.ts';

/** The result and its trades: the first half of trade-semantics §8.3, in its order. */
export const RESULT_METRICS = [
  define(
    'initial_equity',
    usdt('none', null),
    'Starting equity of the account.',
    (f) => f.initialEquity,
  ),
  define('final_equity', usdt('higher'), 'Last equity point.', (f) => f.finalEquity),
  define('net_profit', usdt('higher'), 'final_equity − initial_equity.', netProfit),
  define('net_return_pct', pct('higher'), '100·net_profit/initial_equity.', netReturnPct),
  define(
    'benchmark_return_pct',
    pct('none'),
    'Return of holding: 100·(last close − first close)/first close, over the simulated bars and on to the end of the window after an early stop.',
    benchmarkPct,
  ),
  define(
    'alpha_pct',
    pct('higher'),
    'net_return_pct − benchmark_return_pct.',
    (f) => netReturnPct(f) - benchmarkPct(f),
  ),
  define(
    'max_drawdown_abs',
    usdt('lower'),
    'Largest fall of equity below its running peak, over the bars.',
    (f) => f.drawdown.abs,
  ),
  define(
    'max_drawdown_pct',
    pct('lower'),
    '100·largest (peak − equity)/peak over the bars; maximised independently of max_drawdown_abs.',
    (f) => 100 * f.drawdown.fraction,
  ),
  define(
    'max_drawdown_duration_bars',
    bars('lower', null),
    'Longest run of consecutive bars not above the previous peak; a flat curve counts, the first bar counts.',
    (f) => f.drawdown.durationBars,
  ),
  define('total_trades', count('none'), 'Closed trades.', (f) => f.trades.count),
  define('win_rate', pct('higher'), '100·win_count/total_trades; 0 without trades.', (f) =>
    percentOf(f, f.trades.wins, f.trades.count),
  ),
  define(
    'avg_trade_return_pct',
    pct('higher'),
    'Mean of pnl_pct over the trades; 0 without trades.',
    (f) => ratio(f.trades.pnlPct, f.trades.count),
  ),
  define(
    'profit_factor',
    plain('higher'),
    'gross_profit/gross_loss; 100 without a loss but with profit; 0 without both (see profit_factor_mode).',
    profitFactor,
  ),
  define(
    'sharpe',
    plain('higher'),
    'mean(r)/σ·√(samples per year), σ with divisor N; 0 when N < 2 or σ = 0.',
    sharpe,
  ),
  define(
    'sortino',
    plain('higher'),
    'mean(r)/√(Σ r² of the negative returns/N)·√(samples per year); without a negative return 100 if the mean is positive, else 0; 0 when N < 2.',
    sortino,
  ),
  define(
    'calmar',
    plain('higher'),
    'CAGR/largest drawdown fraction; without a drawdown 100 if CAGR is positive, else 0.',
    calmar,
  ),
  define('win_count', count('higher'), 'Trades with net_pnl above 0.', (f) => f.trades.wins),
  define('loss_count', count('lower'), 'Trades with net_pnl below 0.', (f) => f.trades.losses),
  define(
    'gross_profit',
    usdt('higher'),
    'Sum of net_pnl over the wins.',
    (f) => f.trades.grossProfit,
  ),
  define(
    'gross_loss',
    usdt('lower'),
    'Sum of net_pnl over the losses, as a positive number.',
    (f) => f.trades.grossLoss,
  ),
  define('total_fees', usdt('lower'), 'Entry and exit fees of all trades.', (f) => f.trades.fees),
  define('avg_win_usdt', usdt('higher'), 'gross_profit/win_count; 0 without wins.', averageWin),
  define(
    'avg_loss_usdt',
    usdt('lower'),
    'gross_loss/loss_count, positive; 0 without losses.',
    averageLoss,
  ),
  define(
    'largest_win_usdt',
    usdt('higher'),
    'Largest net_pnl of a win; 0 without wins.',
    (f) => f.trades.largestWin,
  ),
  define(
    'largest_loss_usdt',
    usdt('lower'),
    'Largest loss, positive; 0 without losses.',
    (f) => f.trades.largestLoss,
  ),
  define('avg_trade_duration_bars', bars('none'), 'Mean of duration_bars; 0 without trades.', (f) =>
    ratio(f.trades.durationBars, f.trades.count),
  ),
  define(
    'avg_winning_trade_duration_bars',
    bars('none'),
    'Mean of duration_bars over the wins; 0 without wins.',
    (f) => ratio(f.trades.winDurationBars, f.trades.wins),
  ),
  define(
    'avg_losing_trade_duration_bars',
    bars('none'),
    'Mean of duration_bars over the losses; 0 without losses.',
    (f) => ratio(f.trades.lossDurationBars, f.trades.losses),
  ),
  define(
    'max_consecutive_wins',
    count('higher'),
    'Longest row of wins; a breakeven trade ends it.',
    (f) => f.trades.longestWinStreak,
  ),
  define(
    'max_consecutive_losses',
    count('lower'),
    'Longest row of losses; a breakeven trade ends it.',
    (f) => f.trades.longestLossStreak,
  ),
  define('expectancy_usdt', usdt('higher'), 'Sum of net_pnl/total_trades; 0 without trades.', (f) =>
    ratio(f.trades.netPnl, f.trades.count),
  ),
  define('payoff_ratio', plain('higher'), 'avg_win_usdt/avg_loss_usdt; 0 without a loss.', (f) =>
    ratio(averageWin(f), averageLoss(f)),
  ),
  define(
    'recovery_factor',
    plain('higher'),
    'net_profit/max_drawdown_abs; 0 without a drawdown.',
    (f) => ratio(netProfit(f), f.drawdown.abs),
  ),
] as const;
