import { expect, test } from 'vitest';
import { renderFacts, renderTable } from '../../../src/report/table.ts';

test('a table aligns numbers right, texts left, and shows a missing value as a dash', () => {
  const text = renderTable(
    [
      { key: 'rank', title: 'rank' },
      { key: 'name', title: 'name' },
      {
        key: 'sharpe',
        title: 'sharpe',
        format: (value: number | null) => value?.toFixed(2) ?? '—',
      },
    ],
    [
      { rank: 1, name: 'ema', sharpe: 1.312 },
      { rank: 12, name: 'a longer name', sharpe: null },
    ],
  );
  expect(text).toBe(
    [
      '  rank  name           sharpe',
      '     1  ema              1.31',
      '    12  a longer name       —',
    ].join('\n'),
  );
});

test('not a number never reaches the reader', () => {
  const columns = [{ key: 'value', title: 'value' }] as const;
  const text = renderTable(columns, [{ value: Number.NaN }, { value: Infinity }, { value: 2 }]);
  expect(text).not.toMatch(/NaN|Infinity|∞/);
  expect(text.match(/—/g)).toHaveLength(2);
});

test('colour codes and wide letters do not shift columns', () => {
  const columns = [
    { key: 'name', title: 'name' },
    { key: 'note', title: 'note' },
  ] as const;
  const lines = renderTable(columns, [
    { name: '\u001B[31mred\u001B[39m', note: 'x' },
    { name: '日本', note: 'y' },
  ]).split('\n');
  expect(lines[1]).toBe('  \u001B[31mred\u001B[39m   x');
  expect(lines[2]).toBe('  日本  y');
});

test('a table without rows is its titles', () => {
  expect(renderTable([{ key: 'a', title: 'a' }], [] as { a: number }[])).toBe('  a');
});

test('facts leave out what is unknown and indent further lines under their value', () => {
  expect(
    renderFacts([
      ['sweep', 'ema'],
      ['took', undefined],
      ['feeds', 'one\ntwo'],
    ]),
  ).toBe('  sweep  ema\n  feeds  one\n         two');
});

test('a table wider than the terminal is set closer, then loses its last optional columns', () => {
  const columns = [
    { key: 'id', title: 'sweep' },
    { key: 'points', title: 'points', isOptional: true },
    { key: 'took', title: 'took', isOptional: true },
    { key: 'note', title: '' },
  ] as const;
  const rows = [{ id: 'a1', points: 12, took: '2 s', note: 'failed' }];
  const at = (width: number) => renderTable(columns, rows, { width });
  expect(at(29)).toBe('  sweep  points  took\n  a1         12  2 s   failed');
  expect(at(28)).toBe('sweep points took\na1        12 2 s  failed');
  expect(at(22)).toBe('sweep points\na1        12 failed');
  expect(at(5)).toBe('sweep\na1    failed');
});
