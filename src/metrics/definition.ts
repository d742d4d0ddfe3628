import type { BacktestFacts } from './facts.ts';

/** One metric: its name is its key in JSON and its column in Postgres. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: 'usdt' | 'pct' | 'ratio' | 'bars' | 'count' | 'text';
  readonly better: 'higher' | 'lower' | 'none';
  /** Decimals in profile `trade`; null where the reference does not round. */
  readonly digits: number | null;
  /** One line, edge cases included. */
  readonly doc: string;
  readonly compute: (facts: BacktestFacts) => number | string;
}

export type MetricKind = Pick<MetricDefinition, 'unit' | 'better' | 'digits'>;
type Better = MetricDefinition['better'];

export function define<Name extends string>(
  name: Name,
  kind: MetricKind,
  doc: string,
  compute: MetricDefinition['compute'],
): MetricDefinition & { readonly name: Name } {
  return { name, ...kind, doc, compute };
}

export function usdt(better: Better, digits: number | null = 2): MetricKind {
  return { unit: 'usdt', better, digits };
}

export function pct(better: Better, digits: number | null = 2): MetricKind {
  return { unit: 'pct', better, digits };
}

export function plain(better: Better, digits: number | null = 2): MetricKind {
  return { unit: 'ratio', better, digits };
}

export function bars(better: Better, digits: number | null = 2): MetricKind {
  return { unit: 'bars', better, digits };
}

export function count(better: Better): MetricKind {
  return { unit: 'count', better, digits: null };
}

export const TEXT: MetricKind = { unit: 'text', better: 'none', digits: null };
