/** Sweeps and rows for store tests: small, made from nothing but their arguments. */
import type { IdeaCard } from '../../src/card/schema.ts';
import type { Axis, AxisScalar } from '../../src/grid/axis.ts';
import type { Sweep } from '../../src/grid/spec.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';
import type { ResultRows } from '../../src/store/results.ts';
import type { NewSweep } from '../../src/store/sweeps.ts';

export function axis(name: string, values: readonly AxisScalar[]): Axis {
  return {
    name,
    members: [{ column: name, path: [name], text: name }],
    values: values.map((value) => [value]),
  };
}

export function newSweep(
  name: string,
  axes: readonly Axis[],
  change: Partial<Sweep> = {},
): NewSweep {
  const total = axes.reduce((product, one) => product * one.values.length, 1);
  const spec: Sweep = {
    name,
    // The store keeps a card as it is; only the grid looks inside.
    card: { card_id: name } as unknown as IdeaCard,
    profile: 'standard',
    window: { startMs: Date.UTC(2023, 0, 1), endMs: Date.UTC(2024, 0, 1) },
    axes,
    constraints: [],
    require: [],
    objective: { metric: 'sharpe', direction: 'maximize' },
    precision: 'float64',
    allowShortWarmup: false,
    ...change,
  };
  return {
    name,
    identity: `identity of ${name}`,
    spec,
    cardHash: 'c0ffee',
    candleDigest: 'd1ce',
    engineVersion: 'test',
    executor: 'local',
    feeds: [],
    points: { total, admitted: total, refused: 0, isEstimated: false },
  };
}

/** One row per index; `metric(index, name)` gives values, NaN for none. */
export function resultRows(
  indices: readonly number[],
  options: {
    readonly metric?: (index: number, name: string) => number;
    readonly eligible?: (index: number) => boolean;
    readonly outcome?: (index: number) => string;
    readonly params?: (index: number) => Record<string, AxisScalar>;
  } = {},
): ResultRows {
  const { metric = (index) => index, eligible = () => true, outcome = () => 'completed' } = options;
  const metrics = new Float64Array(indices.length * METRIC_COLUMNS.length);
  for (const [row, index] of indices.entries()) {
    for (const [column, name] of METRIC_COLUMNS.entries()) {
      metrics[row * METRIC_COLUMNS.length + column] = metric(index, name);
    }
  }
  return {
    count: indices.length,
    pointIndex: Float64Array.from(indices),
    metrics,
    outcome: (row) => outcome(indices[row]!),
    eligible: (row) => eligible(indices[row]!),
    paramsJson: (row) => JSON.stringify(options.params?.(indices[row]!) ?? {}),
    profitFactorMode: () => 'finite',
    error: (row) => (outcome(indices[row]!) === 'failed' ? `point ${indices[row]!} failed` : null),
  };
}

/** `[from, to)` as a list. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}
