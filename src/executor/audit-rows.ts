/**
 * Are a sweep's rows those that its batches saved? A sample of rows cannot miss a row that is gone, so
 * rows are counted, batch by batch, and batches are compared by their digests.
 */
import type { Sql } from 'postgres';
import { remainingRanges, type Batch } from '../grid/batch.ts';
import type { Grid } from '../grid/grid.ts';
import { AUDIT_DIGEST_ROWS_MAX } from '../limits.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';
import {
  countSavedRows,
  digestedRows,
  storedIndices,
  type DigestedRow,
  type SavedBatch,
  type SavedRows,
} from '../store/audit.ts';
import type { SweepRow } from '../store/sweeps.ts';
import { RowsDigest } from './rows-digest.ts';

export interface RowAudit {
  /** Rows that the batches say they have saved. */
  readonly saved: number;
  /** Rows that are there. */
  readonly stored: number;
  /** Points that were run and have no row. */
  readonly missing: PointList;
  /** Rows that no batch has saved. */
  readonly unknown: PointList;
  /** Batches whose digest was computed again from their rows. */
  readonly batches: { readonly compared: number; readonly different: readonly Batch[] };
}

export interface PointList {
  readonly count: number;
  /** The lowest indices. */
  readonly first: readonly number[];
}

/** Counts the rows of every batch, and compares the digests of the batches that the points lie in. */
export async function auditRows(
  sql: Sql,
  { sweepId, status }: Pick<SweepRow, 'sweepId' | 'status'>,
  grid: Grid,
  points: readonly number[],
): Promise<RowAudit> {
  const rows = await countSavedRows(sql, sweepId);
  const missing = new Points();
  const unknown = new Points();
  for (const { isRun, ...range } of doubtfulRanges(rows, grid.size, status === 'completed')) {
    const stored = await storedIndices(sql, sweepId, range);
    const there = new Set(stored);
    if (isRun) missing.add(admittedOf(grid, range).filter((index) => !there.has(index)));
    // Past its batches a sweep has saved nothing, whatever the grid admits there.
    unknown.add(range.isSaved ? stored.filter((index) => !grid.admits(index)) : stored);
  }
  return {
    saved: sum(rows.batches.map(({ saved }) => saved)),
    stored: rows.stored,
    missing: missing.list(),
    unknown: unknown.list(),
    batches: await compareDigests(sql, sweepId, rows, points),
  };
}

/** Whether the rows are those that were saved, as far as was looked. */
export function isIntact({ saved, stored, missing, unknown, batches }: RowAudit): boolean {
  const isWhole = missing.count === 0 && unknown.count === 0 && saved === stored;
  return isWhole && batches.different.length === 0;
}

// --- internal ---

/** Indices that are named; the rest is counted. */
const NAMED_POINTS_MAX = 20;

class Points {
  readonly #first: number[] = [];
  #count = 0;

  add(indices: readonly number[]): void {
    this.#count += indices.length;
    this.#first.push(...indices.slice(0, NAMED_POINTS_MAX));
  }

  list(): PointList {
    const first = this.#first.toSorted((a, b) => a - b).slice(0, NAMED_POINTS_MAX);
    return { count: this.#count, first };
  }
}

interface DoubtfulRange extends Batch {
  /** Its admitted points were run and must have a row. */
  readonly isRun: boolean;
  /** A batch has saved it. */
  readonly isSaved: boolean;
}

/**
 * Batches whose rows are not as many as they saved; and what lies between batches, where rows were
 * found, or where nothing may be left out because the sweep is complete.
 */
function doubtfulRanges(
  { batches, stored }: SavedRows,
  size: number,
  isComplete: boolean,
): readonly DoubtfulRange[] {
  const unequal = batches.filter((batch) => batch.saved !== batch.stored);
  const inBatches = unequal.map(({ start, end }) => ({ start, end, isRun: true, isSaved: true }));
  const hasStrays = stored !== sum(batches.map((batch) => batch.stored));
  if (!hasStrays && !isComplete) return inBatches;
  const between = [
    ...remainingRanges(size, batches),
    { start: size, end: Number.MAX_SAFE_INTEGER },
  ];
  const gaps = between.map((range) => ({ ...range, isRun: isComplete, isSaved: false }));
  return [...inBatches, ...gaps];
}

function admittedOf(grid: Grid, { start, end }: Batch): number[] {
  const indices: number[] = [];
  const last = Math.min(end, grid.size);
  for (let index = grid.nextAdmitted(start); index < last; index = grid.nextAdmitted(index + 1)) {
    indices.push(index);
  }
  return indices;
}

/** Batches in the order in which the sample names them, which is random, until enough rows are read. */
async function compareDigests(
  sql: Sql,
  sweepId: string,
  { batches }: SavedRows,
  points: readonly number[],
): Promise<RowAudit['batches']> {
  const sampled = new Set(points.flatMap((point) => batchOf(batches, point) ?? []));
  const different: Batch[] = [];
  let [compared, rowsLeft] = [0, AUDIT_DIGEST_ROWS_MAX];
  for (const { start, end, saved, stored, digest } of sampled) {
    // A batch that has lost rows is told of as such.
    if (digest === null || saved !== stored || stored > rowsLeft) continue;
    const again = digestOf(await digestedRows(sql, sweepId, { start, end }));
    compared += 1;
    rowsLeft -= stored;
    if (again !== digest) different.push({ start, end });
  }
  return { compared, different: different.toSorted((a, b) => a.start - b.start) };
}

/** The batch that holds a point, found by halves: batches are ascending. */
function batchOf(batches: readonly SavedBatch[], point: number): SavedBatch | undefined {
  let [low, high] = [0, batches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (batches[middle]!.end <= point) low = middle + 1;
    else high = middle;
  }
  const found = batches[low];
  return found !== undefined && found.start <= point ? found : undefined;
}

/** The digest that a batch is finished with, from its stored rows. */
function digestOf(rows: readonly DigestedRow[]): string {
  const digest = new RowsDigest();
  const values = new Float64Array(METRIC_COLUMNS.length);
  for (const row of rows) {
    METRIC_COLUMNS.forEach((name, n) => (values[n] = (row[name] as number | null) ?? Number.NaN));
    digest.add(row.point_index, row.outcome, values);
  }
  return digest.hex();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
