import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  findMetric,
  METRIC_COLUMNS,
  METRIC_NAMES,
  METRICS,
} from '../../../src/metrics/registry.ts';

describe('the metric registry', () => {
  test('has the 62 of the specification and two of ours, each once', () => {
    expect(METRICS.length).toBe(64);
    expect(new Set(METRIC_NAMES).size).toBe(64);
    expect(METRIC_NAMES).toEqual(expect.arrayContaining(['cagr_pct', 'volatility_pct']));
    expect(METRIC_COLUMNS.length).toBe(63);
    expect(METRIC_COLUMNS).not.toContain('profit_factor_mode');
    expect(findMetric('sharpe')?.better).toBe('higher');
    expect(findMetric('sharp')).toBeUndefined();
  });

  test('names are SQL column names', () => {
    for (const name of METRIC_NAMES) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
  });

  test('docs/metrics.md has its table, line for line', () => {
    const documentation = readFileSync('docs/metrics.md', 'utf8');
    for (const { name, unit, better, digits, doc } of METRICS) {
      const row = `| \`${name}\` | ${unit} | ${better} | ${digits ?? ''} | ${doc.replaceAll('|', '\\|')} |`;
      expect(documentation).toContain(row);
    }
  });
});
