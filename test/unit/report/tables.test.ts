import { expect, test } from 'vitest';
import { METRICS } from '../../../src/metrics/registry.ts';
import { renderCsv } from '../../../src/report/csv.ts';
import { formatMetric, metricTitle, renderMetrics } from '../../../src/report/metrics-table.ts';
import { rankDocument, rankRecord, renderRanking } from '../../../src/report/ranking.ts';
import { renderTrades } from '../../../src/report/trades.ts';

const METRIC_VALUES = Object.fromEntries(
  METRICS.map(({ name, unit }, index) => [name, unit === 'text' ? 'finite' : index + 0.123456]),
);

function point(change = {}) {
  return {
    rank: 1,
    pointIndex: 3816,
    eligible: true,
    outcome: 'completed',
    params: { fast: 39, slow: 270 },
    metrics: METRIC_VALUES,
    ...change,
  };
}

test('every metric of the registry is on the screen, under a group that names it', () => {
  const text = renderMetrics(METRIC_VALUES, { width: 100 });
  for (const { name } of METRICS) expect(text).toContain(metricTitle(name));
  expect(text).not.toContain('Other');
});

test('a metric that no group knows comes under Other', () => {
  expect(renderMetrics({ sharpe: 1, brand_new: 2 }, { width: 100 })).toMatch(
    /Other[\s\S]*brand new/,
  );
});

test('metrics stay within the width and fall back to one column', () => {
  for (const line of renderMetrics(METRIC_VALUES, { width: 100 }).split('\n')) {
    expect(line.length).toBeLessThanOrEqual(100);
  }
  const narrow = renderMetrics(METRIC_VALUES, { width: 40 });
  expect(narrow.split('\n').length).toBeGreaterThan(METRICS.length);
});

test('counts have no decimals, a missing metric is a dash', () => {
  expect(formatMetric('total_trades', 214)).toBe('214');
  expect(formatMetric('sharpe', 1.31161)).toBe('1.312');
  expect(formatMetric('sharpe', null)).toBe('—');
  expect(formatMetric('profit_factor_mode', 'infinite')).toBe('infinite');
});

test('a ranking puts the ranking metric first after the axes and marks what is not eligible', () => {
  const text = renderRanking(
    [point(), point({ rank: 2, pointIndex: 7, eligible: false, outcome: 'no_trades' })],
    { axes: ['fast', 'slow'], metric: 'calmar' },
  );
  const [titles, first, second] = text.split('\n');
  expect(titles).toMatch(
    /rank +point +fast +slow +calmar +sharpe +return % +max dd % +trades +win % +pf/,
  );
  expect(first).toMatch(/^ +1 +3816 +39 +270 /);
  expect(second).toMatch(/no trades$/);
});

test('an axis called like a metric or a column keeps its own column', () => {
  const text = renderRanking([point({ params: { rank: 9 } })], {
    axes: ['rank'],
    metric: 'sharpe',
  });
  expect(text.split('\n')[1]).toMatch(/^ +1 +3816 +9 /);
});

test('rows for machines keep the order and names of the design', () => {
  expect(Object.keys(rankDocument(point())).slice(0, 5)).toEqual([
    'rank',
    'point_index',
    'eligible',
    'outcome',
    'params',
  ]);
  expect(Object.keys(rankRecord(point())).slice(0, 6)).toEqual([
    'rank',
    'point_index',
    'eligible',
    'outcome',
    'fast',
    'slow',
  ]);
});

const TRADE = {
  side: 'long',
  entry_time: '2023-02-01T12:30:00Z',
  entry_price: 23_456.789,
  exit_time: '2023-02-02T00:00:00Z',
  exit_price: 23_500,
  exit_reason: 'tp',
  net_pnl: 12.345,
  pnl_pct: 0.51,
  duration_bars: 138,
};

test('a long list of trades shows both ends and counts what lies between', () => {
  const trades = Array.from({ length: 100 }, () => TRADE);
  const lines = renderTrades(trades, { edge: 10 }).split('\n');
  expect(lines).toHaveLength(22);
  expect(lines[11]).toBe('  … 80 more …');
  expect(lines[1]).toMatch(/^ +1 +long +2023-02-01 12:30 +23,456\.79 +2023-02-02 /);
  expect(lines[21]).toMatch(/^ +100 /);
});

test('a list just over both ends is shown whole', () => {
  const trades = Array.from({ length: 21 }, () => TRADE);
  expect(renderTrades(trades, { edge: 10 }).split('\n')).toHaveLength(22);
});

test('CSV quotes what needs it and leaves missing values empty', () => {
  const rows = [{ a: 'x,"y"', b: null, c: Number.NaN, d: 1.5, e: true }];
  expect(renderCsv(['a', 'b', 'c', 'd', 'e'], rows)).toBe('a,b,c,d,e\r\n"x,""y""",,,1.5,true\r\n');
});
