import { expect, test } from 'vitest';
import { renderHeatmap, type Heatmap } from '../../../src/report/heatmap.ts';

const OPTIONS = { width: 100, colors: 0, format: (value: number) => value.toFixed(1) };

function heatmap(change: Partial<Heatmap> = {}): Heatmap {
  return {
    xTitle: 'fast',
    yTitle: 'slow',
    metric: 'sharpe',
    xLabels: ['5', '10'],
    yLabels: ['50', '100'],
    cells: [
      [0.5, null],
      [2, 1],
    ],
    isHigherBetter: true,
    ...change,
  };
}

test('a small heatmap shows numbers, marks the best and dashes what has no value', () => {
  expect(renderHeatmap(heatmap(), OPTIONS).split('\n')).toEqual([
    '        fast →',
    '  slow     5   10',
    '    50   0.5    — ',
    '   100   2.0* 1.0 ',
    '',
    '        sharpe  0.5 ·░▒▓█ 2.0 best',
  ]);
});

test('where lower is better the smallest value is marked and ends the legend', () => {
  const text = renderHeatmap(
    heatmap({ isHigherBetter: false, metric: 'max_drawdown_pct' }),
    OPTIONS,
  );
  expect(text).toContain('0.5*');
  expect(text).toContain('2.0 ·░▒▓█ 0.5 best');
});

test('a wide heatmap becomes shades, and neighbours are grouped where those do not fit', () => {
  const wide = (count: number) =>
    heatmap({
      xLabels: Array.from({ length: count }, (_, index) => `${index}`),
      cells: [0, 1].map((y) => Array.from({ length: count }, (_, x) => x + y)),
    });
  const shades = renderHeatmap(wide(40), OPTIONS);
  expect(shades).toMatch(/[░▒▓]{4}/);
  const grouped = renderHeatmap(wide(200), OPTIONS);
  expect(grouped).toContain('best of 5 × 5');
  for (const line of grouped.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('colours are background colours that end on each cell', () => {
  const text = renderHeatmap(heatmap(), { ...OPTIONS, colors: 256 });
  expect(text).toContain('\u001B[30;48;5;227m');
  expect(text.split('\u001B[').length).toBe(2 * text.split('\u001B[0m').length - 1);
});

test('a heatmap without a single value says so', () => {
  const empty = heatmap({ cells: [[null, null]], yLabels: ['50'] });
  expect(renderHeatmap(empty, OPTIONS)).toContain('no eligible point has a value of sharpe');
});
