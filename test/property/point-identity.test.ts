import { expect, test } from 'vitest';
import { parseCard } from '../../src/card/parse.ts';
import { decodeUtf8 } from '../../src/card/yaml.ts';
import { SweepKernel } from '../../src/engine/kernel/kernel.ts';
import { kernelSupport } from '../../src/engine/kernel/support.ts';
import { SweepError } from '../../src/errors.ts';
import { runPoint } from '../../src/executor/run-point.ts';
import type { FeedLibrary } from '../../src/feed/feed-library.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import { resolveSweep, type Sweep } from '../../src/grid/sweep.ts';
import { writeMetrics } from '../../src/metrics/metrics.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';
import type { IdeaCard } from '../../src/card/schema.ts';
import { libraryFor, pointsOf, windowFor } from '../support/card-runs.ts';
import { START_MS } from '../support/feeds.ts';
import { randomCardBytes } from '../support/random-card-bytes.ts';

/** POINT_SEEDS=10000 runs the long comparison. */
const SEEDS = Number(process.env['POINT_SEEDS'] ?? 300);

test(
  `a point's row is that of a sweep of its own and that of the kernel, on ${SEEDS} random cards`,
  () => {
    const seen = { points: 0, trades: 0, kernel: 0, shared: 0 };
    const different: object[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const sweep = sweepOfSeed(seed);
      if (!sweep) continue;
      const grid = createGrid(sweep);
      const library = libraryFor(sweep);
      const kernel = kernelSupport(sweep.card, sweep).isSupported
        ? new SweepKernel(sweep.window)
        : undefined;
      for (const index of pointsOf(grid)) {
        const card = grid.cardAt(index);
        const expected = rowOf(library, sweep, index);
        const alone = { ...sweep, card, axes: [], constraints: [] };
        const own = rowOf(libraryFor(alone), alone, 0);
        if (!isSame(expected, own))
          different.push({ seed, index, by: 'own', ...firstOf(expected, own) });
        const byKernel = kernel && kernelRow(kernel, library, card);
        if (byKernel && !isSame(expected, byKernel)) {
          different.push({ seed, index, by: 'kernel', ...firstOf(expected, byKernel) });
        }
        seen.points += 1;
        seen.kernel += byKernel ? 1 : 0;
        seen.shared += sweep.axes.length > 0 ? 1 : 0;
        seen.trades += expected.values[METRIC_COLUMNS.indexOf('total_trades')] as number;
      }
    }
    expect(different).toEqual([]);
    expect(seen.trades).toBeGreaterThan(SEEDS);
    expect(Math.min(seen.kernel, seen.shared)).toBeGreaterThan(SEEDS / 20);
  },
  120_000 + SEEDS * 100,
);

// --- internal ---

interface Row {
  readonly mode: string;
  readonly outcome: string;
  readonly values: Float64Array;
}

/** The sweep of a random card; undefined where the card is refused. */
function sweepOfSeed(seed: number): Sweep | undefined {
  const text = decodeUtf8(randomCardBytes(seed));
  if (text === undefined) return undefined;
  try {
    const parsed = parseCard(text);
    const fallbackWindow = windowFor(parsed.card.tf_configs.exec.tf);
    const sweep = resolveSweep(parsed, { fallbackWindow, allowShortWarmup: true }, START_MS);
    libraryFor(sweep);
    return sweep;
  } catch (error) {
    // Refusals are the subject of card-run-fuzz.test.ts.
    if (error instanceof SweepError) return undefined;
    throw error;
  }
}

function rowOf(library: FeedLibrary, sweep: Sweep, pointIndex: number): Row {
  const values = new Float64Array(METRIC_COLUMNS.length);
  try {
    const grid = createGrid(sweep);
    const result = runPoint({ library, sweep, grid, makeStrategy: undefined }, pointIndex);
    return { mode: writeMetrics(result, values), outcome: result.outcome, values };
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    return { mode: '', outcome: error.code, values };
  }
}

function kernelRow(kernel: SweepKernel, library: FeedLibrary, card: IdeaCard): Row | undefined {
  const values = new Float64Array(METRIC_COLUMNS.length);
  const [row] = kernel.run([{ card, feeds: library.bind(card), out: values }]);
  return row && { mode: row.profitFactorMode, outcome: row.outcome, values };
}

function isSame(a: Row, b: Row): boolean {
  return a.mode === b.mode && a.outcome === b.outcome && firstOf(a, b).metric === undefined;
}

function firstOf(a: Row, b: Row): { metric?: string; expected?: number; actual?: number } {
  const n = METRIC_COLUMNS.findIndex((_, index) => !Object.is(a.values[index], b.values[index]));
  if (n < 0) return {};
  return {
    metric: METRIC_COLUMNS[n] as string,
    expected: a.values[n] as number,
    actual: b.values[n] as number,
  };
}
