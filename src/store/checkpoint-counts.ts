/** What a checkpoint adds to its batch: counts and the best point, so that progress never scans rows. */
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import type { ResultRows } from './result-rows.ts';

export interface BestPoint {
  readonly bestPointIndex: number | null;
  readonly bestObjective: number | null;
  readonly bestEligible: boolean | null;
}

export interface CheckpointCounts extends BestPoint {
  /** Points that ran, with whatever outcome. */
  readonly completed: number;
  readonly failed: number;
  readonly refused: number;
  readonly eligible: number;
}

export function countRows(
  rows: ResultRows,
  objectiveColumn: number,
  isMaximized: boolean,
): CheckpointCounts & { readonly isMaximized: boolean } {
  let [failed, refused, eligible] = [0, 0, 0];
  let best: BestPoint = { bestPointIndex: null, bestObjective: null, bestEligible: null };
  for (let row = 0; row < rows.count; row += 1) {
    const outcome = rows.outcome(row);
    const isEligible = rows.eligible(row);
    if (outcome === 'failed') failed += 1;
    if (outcome === 'refused') refused += 1;
    if (isEligible) eligible += 1;
    const objective = rows.metrics[row * METRIC_COLUMNS.length + objectiveColumn]!;
    const candidate = {
      bestPointIndex: rows.pointIndex[row]!,
      bestObjective: Number.isFinite(objective) ? objective : null,
      bestEligible: isEligible,
    };
    best = betterRow(best, candidate, isMaximized);
  }
  const completed = rows.count - failed - refused;
  return { completed, failed, refused, eligible, ...best, isMaximized };
}

/** The one that ranks first: eligible, then objective in its direction, nulls last, then index. */
export function betterRow(a: BestPoint, b: BestPoint, isMaximized: boolean): BestPoint {
  const pick = ranksBefore(b, a, isMaximized) ? b : a;
  const { bestPointIndex, bestObjective, bestEligible } = pick;
  return { bestPointIndex, bestObjective, bestEligible };
}

// --- internal ---

function ranksBefore(a: BestPoint, b: BestPoint, isMaximized: boolean): boolean {
  if (a.bestPointIndex === null) return false;
  if (b.bestPointIndex === null) return true;
  if (a.bestEligible !== b.bestEligible) return a.bestEligible === true;
  if (a.bestObjective !== b.bestObjective) {
    if (a.bestObjective === null) return false;
    if (b.bestObjective === null) return true;
    return isMaximized ? a.bestObjective > b.bestObjective : a.bestObjective < b.bestObjective;
  }
  return a.bestPointIndex < b.bestPointIndex;
}
