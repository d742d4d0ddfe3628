import { createHash } from 'node:crypto';
import { runPoint } from '../../src/executor/run-point.ts';
import { metricLookup } from '../../src/executor/run-range.ts';
import type { SweepContext } from '../../src/executor/sweep-context.ts';
import { writeMetrics } from '../../src/metrics/metrics.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';

export interface SlowRow {
  readonly pointIndex: number;
  readonly outcome: string;
  readonly eligible: boolean;
  readonly mode: string | null;
  readonly error: string | null;
  readonly metrics: Float64Array;
}

/** The rows of a range as objects, point after point, by the bar loop alone. */
export function slowRows(context: SweepContext, from: number, to: number): readonly SlowRow[] {
  const rows: SlowRow[] = [];
  const { grid } = context;
  for (let pointIndex = from; pointIndex < to; pointIndex += 1) {
    if (!grid.admits(pointIndex)) continue;
    const refusal = grid.refusal(pointIndex);
    if (refusal) {
      const error = `${refusal.code}: ${refusal.message}`;
      rows.push({ ...withoutValues(pointIndex), outcome: 'refused', error });
      continue;
    }
    try {
      rows.push(ranRow(context, pointIndex));
    } catch (error) {
      const { message } = error as Error;
      rows.push({ ...withoutValues(pointIndex), outcome: 'failed', error: message });
    }
  }
  return rows;
}

/** The XOR of the first half of the rows' SHA-256, as hex. */
export function slowDigest(rows: readonly SlowRow[]): string {
  let sum = 0n;
  for (const { pointIndex, outcome, metrics } of rows) {
    const hash = createHash('sha256').update(`${pointIndex} ${outcome} `);
    const hex = hash.update(new Uint8Array(metrics.buffer)).digest('hex');
    sum ^= BigInt(`0x${hex.slice(0, 32)}`);
  }
  return sum.toString(16).padStart(32, '0');
}

// --- internal ---

function ranRow(context: SweepContext, pointIndex: number): SlowRow {
  const metrics = new Float64Array(METRIC_COLUMNS.length).fill(Number.NaN);
  const result = runPoint(context, pointIndex);
  const mode = writeMetrics(result, metrics);
  const eligible =
    result.outcome !== 'no_trades' && context.isEligible(metricLookup(metrics, mode));
  return { pointIndex, outcome: result.outcome, eligible, mode, error: null, metrics };
}

function withoutValues(pointIndex: number) {
  const metrics = new Float64Array(METRIC_COLUMNS.length).fill(Number.NaN);
  return { pointIndex, eligible: false, mode: null, metrics };
}
