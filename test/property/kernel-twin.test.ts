import { describe, expect, test } from 'vitest';
import { SweepKernel } from '../../src/engine/kernel/kernel.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';
import { differences, kernelRows, kernelSweep, loopRow } from '../support/kernel-backtests.ts';

/** KERNEL_SEEDS=100000 runs the long comparison; a seed is one market with six cards or more. */
const SEEDS = Number(process.env['KERNEL_SEEDS'] ?? 2000);
const FIRST = Number(process.env['KERNEL_FIRST_SEED'] ?? 1);

describe('the kernel', () => {
  test(
    `equals the bar loop on ${SEEDS} random markets, bit for bit in every metric`,
    () => {
      const seen = { trades: 0, long: 0, calls: 0, funded: 0, outcomes: new Set<string>() };
      const tradesAt = METRIC_COLUMNS.indexOf('total_trades');
      const durationAt = METRIC_COLUMNS.indexOf('avg_trade_duration_bars');
      const callsAt = METRIC_COLUMNS.indexOf('margin_calls');
      const fundingAt = METRIC_COLUMNS.indexOf('net_funding_usdt');
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
        const sweep = kernelSweep(seed);
        // Budgets of a few bitsets and positions, so that cards share some and push out others.
        const positionsMax = seed % 3 === 0 ? 5 : 8_000;
        const budget = { bitBytesMax: 2_000, columnBytesMax: 40_000, positionsMax };
        const kernel = new SweepKernel(sweep.window, budget);
        const rows = kernelRows(kernel, sweep, 1 + (seed % 9));
        for (const [n, card] of sweep.cards.entries()) {
          const expected = loopRow(sweep, card);
          const actual = rows[n] as (typeof rows)[number];
          expect({
            seed,
            n,
            different: differences(expected.row, actual.row),
            outcome: actual.outcome,
            mode: actual.mode,
          }).toEqual({ seed, n, different: [], outcome: expected.outcome, mode: expected.mode });
          seen.trades += expected.row[tradesAt] as number;
          seen.calls += expected.row[callsAt] as number;
          seen.funded += expected.row[fundingAt] === 0 ? 0 : 1;
          seen.long += (expected.row[durationAt] as number) > 40 ? 1 : 0;
          seen.outcomes.add(expected.outcome);
        }
      }
      // The comparison means something only if the generator reaches every branch.
      expect(seen.trades).toBeGreaterThan(20 * SEEDS);
      expect(seen.long).toBeGreaterThan(SEEDS / 10);
      expect(seen.calls).toBeGreaterThan(0);
      expect(seen.funded).toBeGreaterThan(SEEDS / 4);
      expect([...seen.outcomes].toSorted()).toEqual(['account_blown', 'completed', 'no_trades']);
    },
    600_000 + 60 * SEEDS,
  );
});
