import { describe, expect, it } from 'vitest';
import {
  createRowMemory,
  modeCode,
  modeOf,
  outcomeCode,
  outcomeOf,
  rowColumns,
  rowsOf,
  type PointOutcome,
} from '../../../src/executor/row-memory.ts';
import { METRIC_COLUMNS } from '../../../src/metrics/registry.ts';

const OUTCOMES: readonly PointOutcome[] = [
  'completed',
  'no_trades',
  'liquidated',
  'account_blown',
  'refused',
  'failed',
];

describe('the memory of rows', () => {
  it('gives every column a place of its own, and the same to whoever reads fewer rows', () => {
    const memory = createRowMemory(7);
    expect(rowsOf(memory)).toBe(7);
    const written = rowColumns(memory);
    for (const [n, column] of Object.values(written).entries()) column.fill(n + 1);
    const read = rowColumns(memory, 3);
    for (const [n, column] of Object.values(read).entries()) {
      expect([...new Set(column)]).toEqual([n + 1]);
    }
    expect(read.pointIndex).toHaveLength(3);
    expect(read.metrics).toHaveLength(3 * METRIC_COLUMNS.length);
    expect(Object.values(written).map((column) => column.length)).toEqual([
      7,
      7 * METRIC_COLUMNS.length,
      7,
      7,
      7,
    ]);
  });

  it.each(OUTCOMES)('brings the outcome %s back from its code, which is not 0', (outcome) => {
    expect(outcomeCode(outcome)).toBeGreaterThan(0);
    expect(outcomeOf(outcomeCode(outcome))).toBe(outcome);
  });

  it.each(['finite', 'infinite', 'undefined'])('brings the mode %s back', (mode) => {
    expect(modeOf(modeCode(mode))).toBe(mode);
  });

  it('refuses a mode without a code, and a row without an outcome', () => {
    expect(modeOf(0)).toBeNull();
    expect(() => modeCode('unheard')).toThrow('has no code');
    expect(() => outcomeOf(0)).toThrow('every row has an outcome');
  });
});
