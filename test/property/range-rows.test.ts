import { expect, test } from 'vitest';
import { assert } from '../../src/assert.ts';
import { parseCard } from '../../src/card/parse.ts';
import { decodeUtf8 } from '../../src/card/yaml.ts';
import { SweepKernel } from '../../src/engine/kernel/kernel.ts';
import { kernelSupport } from '../../src/engine/kernel/support.ts';
import { SweepError } from '../../src/errors.ts';
import { createRowMemory, modeOf, outcomeOf } from '../../src/executor/row-memory.ts';
import { runRange, type RangeResult } from '../../src/executor/run-range.ts';
import type { SweepContext } from '../../src/executor/sweep-context.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import { compileRequire } from '../../src/grid/require.ts';
import { resolveSweep } from '../../src/grid/sweep.ts';
import { VisitOrder } from '../../src/grid/visit-order.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';
import { slowDigest, slowRows, type SlowRow } from '../reference/range-rows.ts';
import { libraryFor, windowFor } from '../support/card-runs.ts';
import { crossCard } from '../support/cards.ts';
import { START_MS } from '../support/feeds.ts';
import { randomCardBytes } from '../support/random-card-bytes.ts';

const SEEDS = Number(process.env['RANGE_SEEDS'] ?? 300);
const ROWS = 24;

test(
  `rows in shared memory are those of the bar loop one by one, on ${SEEDS} random cards`,
  () => {
    // One memory for all of them, as a pool uses it: what earlier rows left must not be seen.
    const memory = createRowMemory(ROWS);
    const seen = { rows: 0, kernel: 0, outcomes: new Set<string>() };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const text = decodeUtf8(randomCardBytes(seed));
      const context = text === undefined ? undefined : contextOf(text);
      if (!context) continue;
      const from = seed % 3 === 0 ? Math.floor(context.grid.size / 2) : 0;
      const expected = expectSlowRows(context, from, memory);
      seen.rows += expected.length;
      seen.kernel += context.kernel ? expected.length : 0;
      for (const { outcome } of expected) seen.outcomes.add(outcome);
    }
    expect(seen.kernel).toBeGreaterThan(SEEDS / 20);
    expect(seen.rows).toBeGreaterThan(SEEDS / 2);
    expect([...seen.outcomes]).toEqual(expect.arrayContaining(['completed', 'no_trades']));
  },
  120_000 + SEEDS * 100,
);

test('rows of a grid with gaps and refusals are those of the bar loop, cut by the memory too', () => {
  const context = contextOf(GRID_CARD);
  assert(context, 'the card is one that is taken');
  expect(context.kernel).toBeDefined();
  for (const rows of [1, 5, ROWS]) {
    const memory = createRowMemory(rows);
    let count = 0;
    for (let from = 0; from < context.grid.size;) {
      const expected = expectSlowRows(context, from, memory);
      count += expected.length;
      expect(expected.length).toBeLessThanOrEqual(rows);
      from = context.grid.nextAdmitted((expected.at(-1)?.pointIndex ?? context.grid.size) + 1);
    }
    expect(count).toBe(context.grid.countAdmitted().count);
  }
  const outcomes = slowRows(context, 0, context.grid.size).map(({ outcome }) => outcome);
  expect(new Set(outcomes)).toEqual(new Set(['completed', 'refused']));
});

// --- internal ---

/** Gaps by the constraint, refusals by a size of zero. */
const GRID_CARD = crossCard(`
  constraints: [fast < slow]
  axes:
    fast: { path: exec.fast.length, values: [3, 5, 8, 12] }
    slow: { path: exec.slow.length, values: [5, 8, 12, 20] }
    size: { path: risk_model.sizing.value, values: [0.5, 0, 1] }
`);

/** Runs a range into `memory` and compares it with its twin, whose rows are given back. */
function expectSlowRows(
  context: SweepContext,
  from: number,
  memory: SharedArrayBuffer,
): readonly SlowRow[] {
  const range = runRange(context, { from, to: context.grid.size, budgetMs: Infinity, memory });
  const expected = slowRows(context, from, range.reached);
  const { from: start, reached, digest, failed, refused } = range;
  const count = (outcome: string) => expected.filter((row) => row.outcome === outcome).length;
  expect({ start, reached, rows: rowsOf(range), digest, failed, refused }).toEqual({
    start: from,
    reached,
    rows: expected,
    digest: slowDigest(expected),
    failed: count('failed'),
    refused: count('refused'),
  });
  return expected;
}

/** The context of a card; undefined where the card is refused. */
function contextOf(text: string): SweepContext | undefined {
  try {
    const parsed = parseCard(text);
    const fallbackWindow = windowFor(parsed.card.tf_configs.exec.tf);
    const sweep = resolveSweep(parsed, { fallbackWindow, allowShortWarmup: true }, START_MS);
    const isKernelTaken = kernelSupport(sweep.card, sweep).isSupported;
    return {
      sweep,
      grid: createGrid(sweep),
      library: libraryFor(sweep),
      isEligible: compileRequire(sweep.require),
      kernel: isKernelTaken ? new SweepKernel(sweep.window) : undefined,
      order: new VisitOrder(sweep.axes),
      pace: { blockPoints: isKernelTaken ? 8 : 1 },
      makeStrategy: undefined,
    };
  } catch (error) {
    // Refusals are the subject of card-run-fuzz.test.ts.
    if (error instanceof SweepError) return undefined;
    throw error;
  }
}

function rowsOf(range: RangeResult): readonly SlowRow[] {
  const width = METRIC_COLUMNS.length;
  return Array.from(range.pointIndex, (pointIndex, row) => ({
    pointIndex,
    outcome: outcomeOf(range.outcome[row]!),
    eligible: range.eligible[row] === 1,
    mode: modeOf(range.profitFactorMode[row]!),
    error: range.errors.get(row) ?? null,
    metrics: range.metrics.slice(row * width, (row + 1) * width),
  }));
}
