import { findMetric } from '../metrics/registry.ts';
import { formatNumber, NO_VALUE } from './format.ts';
import { padCell } from './table.ts';

/** Metrics for people: grouped by what they answer, aligned on the decimal places of their unit. */

export type MetricValues = Readonly<Record<string, number | string | null>>;

interface MetricGroup {
  readonly title: string;
  readonly names: readonly string[];
}

const GROUPS: readonly MetricGroup[] = [
  {
    title: 'Result',
    names: [
      'initial_equity',
      'final_equity',
      'net_profit',
      'net_return_pct',
      'cagr_pct',
      'benchmark_return_pct',
      'alpha_pct',
    ],
  },
  {
    title: 'Risk',
    names: [
      'max_drawdown_pct',
      'max_drawdown_abs',
      'max_drawdown_duration_bars',
      'volatility_pct',
      'ulcer_index',
      'var_95_pct',
      'cvar_95_pct',
      'skewness',
      'kurtosis',
    ],
  },
  {
    title: 'Ratios',
    names: [
      'sharpe',
      'sortino',
      'calmar',
      'omega_ratio',
      'profit_factor',
      'profit_factor_mode',
      'payoff_ratio',
      'recovery_factor',
      'expectancy_usdt',
    ],
  },
  {
    title: 'Trades',
    names: [
      'total_trades',
      'win_count',
      'loss_count',
      'win_rate',
      'avg_trade_return_pct',
      'max_consecutive_wins',
      'max_consecutive_losses',
      'avg_trade_duration_bars',
      'avg_winning_trade_duration_bars',
      'avg_losing_trade_duration_bars',
      'mae_avg_pct',
      'mfe_avg_pct',
    ],
  },
  {
    title: 'Money',
    names: [
      'gross_profit',
      'gross_loss',
      'avg_win_usdt',
      'avg_loss_usdt',
      'largest_win_usdt',
      'largest_loss_usdt',
      'total_fees',
      'total_funding_paid_usdt',
      'total_funding_received_usdt',
      'net_funding_usdt',
    ],
  },
  {
    title: 'Long and short',
    names: [
      'long_trades',
      'long_win_rate',
      'long_pnl',
      'short_trades',
      'short_win_rate',
      'short_pnl',
    ],
  },
  {
    title: 'Exposure and margin',
    names: [
      'total_bars',
      'bars_in_position',
      'time_in_market_pct',
      'avg_leverage_used',
      'max_gross_exposure_pct',
      'min_margin_ratio',
      'margin_calls',
      'closest_liquidation_pct',
      'entry_attempts',
      'entry_rejections',
      'entry_rejection_rate',
    ],
  },
];

/** Short titles of the metrics that ranked tables show by default. */
export const SHORT_TITLES: Readonly<Record<string, string>> = {
  net_return_pct: 'return %',
  cagr_pct: 'cagr %',
  max_drawdown_pct: 'max dd %',
  total_trades: 'trades',
  win_rate: 'win %',
  profit_factor: 'pf',
  volatility_pct: 'vol %',
  net_profit: 'profit',
  avg_trade_return_pct: 'avg trade %',
  time_in_market_pct: 'in market %',
};

/** A metric's name for people: `max drawdown %` for `max_drawdown_pct`. */
export function metricTitle(name: string): string {
  return name.replace(/_pct$/, ' %').replaceAll('_', ' ');
}

/** A metric's value for people: decimals by its unit, — where it has none. */
export function formatMetric(name: string, value: number | string | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  if (typeof value === 'string') return value;
  return formatNumber(value, decimalsOf(name));
}

/**
 * All metrics, as groups set side by side while `width` terminal columns last. A metric that no
 * group names comes under "Other", so that a new one is never missing.
 */
export function renderMetrics(
  metrics: MetricValues,
  options: { readonly width: number; readonly title?: (text: string) => string },
): string {
  const title = options.title ?? ((text: string) => text);
  const blocks = [...GROUPS, { title: 'Other', names: otherNames(metrics) }]
    .map((group) => ({ ...group, names: group.names.filter((name) => name in metrics) }))
    .filter((group) => group.names.length > 0)
    .map((group) => block(group, metrics));
  const width = Math.max(...blocks.flat().map((line) => line.text.length));
  const columnCount = Math.max(1, Math.min(3, Math.floor((options.width + 2) / (width + 4))));
  return rowsOf(blocks, columnCount)
    .map((line) => `  ${line.map((cell) => paintCell(cell, width, title)).join('    ')}`.trimEnd())
    .join('\n');
}

// --- internal ---

function otherNames(metrics: MetricValues): string[] {
  const grouped = new Set(GROUPS.flatMap((group) => group.names));
  return Object.keys(metrics).filter((name) => !grouped.has(name));
}

/** By unit; four decimals are kept for machines. */
function decimalsOf(name: string): number {
  const unit = findMetric(name)?.unit;
  if (unit === 'count') return 0;
  if (unit === 'bars') return name.startsWith('avg_') ? 1 : 0;
  return unit === 'ratio' ? 3 : 2;
}

interface Line {
  readonly text: string;
  readonly isTitle: boolean;
}

/** Title line and one line per metric, all equally long. */
function block(group: MetricGroup, metrics: MetricValues): Line[] {
  const names = group.names.map(metricTitle);
  const values = group.names.map((name) => formatMetric(name, metrics[name]));
  const nameWidth = Math.max(...names.map((name) => name.length));
  const valueWidth = Math.max(...values.map((value) => value.length));
  const width = Math.max(group.title.length, nameWidth + 2 + valueWidth);
  return [
    { text: group.title.padEnd(width), isTitle: true },
    ...names.map((name, index) => {
      const value = values[index] ?? '';
      return { text: name + value.padStart(width - name.length), isTitle: false };
    }),
  ];
}

/** Fills `count` columns with blocks in order, each next block into the shortest column. */
function rowsOf(blocks: readonly Line[][], count: number): (Line | undefined)[][] {
  const filled = Array.from({ length: count }, (): Line[] => []);
  for (const lines of blocks) {
    const shortest = filled.reduce((least, column) =>
      column.length < least.length ? column : least,
    );
    if (shortest.length > 0) shortest.push({ text: '', isTitle: false });
    shortest.push(...lines);
  }
  const height = Math.max(...filled.map((column) => column.length));
  return Array.from({ length: height }, (_, row) => filled.map((column) => column[row]));
}

function paintCell(line: Line | undefined, width: number, title: (text: string) => string): string {
  const text = padCell(line?.text ?? '', width, false);
  return line?.isTitle === true ? title(text) : text;
}
