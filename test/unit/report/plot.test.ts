import { expect, test } from 'vitest';
import { areaPlot, sparkline } from '../../../src/report/plot.ts';

const PLOT = { width: 20, height: 4, startLabel: 'a', endLabel: 'b' };

test('a sparkline goes from the lowest block to the highest', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([5, 5, 5], 3)).toBe('▄▄▄');
  expect(sparkline([1, Number.NaN, 2], 3)).toBe('▁ █');
  expect(sparkline([], 10)).toBe('');
});

test('a series longer than the plot keeps its last value in the last column', () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index === 999 ? 10 : 0));
  expect(sparkline(values, 10)).toBe('▁▁▁▁▁▁▁▁▁█');
});

test('a plot has its height in rows, a scale at the extremes and labels below', () => {
  const lines = areaPlot([100, 150, 200, 50], PLOT).split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/200\.00 ┤/);
  expect(lines[3]).toMatch(/ 50\.00 ┤/);
  expect(lines[4]?.trim()).toMatch(/^a +b$/);
});

test('every column has ink, the highest reaches the top row and the lowest only the first eighth', () => {
  const lines = areaPlot([0, 5, 10], { ...PLOT, width: 3 }).split('\n');
  const column = (index: number) =>
    lines.slice(0, 4).map((line) => line.split('┤').at(-1)?.split('│').at(-1)?.[index] ?? ' ');
  expect(column(0)).toEqual([' ', ' ', ' ', '▁']);
  expect(column(2)).toEqual(['█', '█', '█', '█']);
});

test('columns below the first value are painted as below', () => {
  const painted: [string, boolean][] = [];
  areaPlot([10, 5, 20], {
    ...PLOT,
    paint: (text, isAbove) => {
      painted.push([text, isAbove]);
      return text;
    },
  });
  expect(painted.some(([, isAbove]) => !isAbove)).toBe(true);
  expect(painted.some(([, isAbove]) => isAbove)).toBe(true);
});

test('a flat curve and an empty one are no trouble', () => {
  expect(areaPlot([], PLOT)).toBe('');
  expect(areaPlot([7, 7, 7], PLOT)).not.toMatch(/NaN|Infinity/);
});
