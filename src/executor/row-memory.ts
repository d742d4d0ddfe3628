import { assert, required } from '../assert.ts';
import { METRIC_COLUMNS } from '../metrics/registry.ts';

/**
 * The rows of a checkpoint in one piece of memory that threads share: a thread writes them, the main
 * thread reads them where they lie, and the piece is used again for a later checkpoint. Nothing of a
 * row is copied or becomes garbage; refusals and errors, which are texts and few, travel beside it.
 */
export interface RowColumns {
  readonly pointIndex: Float64Array;
  /** `rows × METRIC_COLUMNS.length`, row after row; NaN for no value. */
  readonly metrics: Float64Array;
  /** Codes of POINT_OUTCOMES; 0 where nothing has been written yet. */
  readonly outcome: Uint8Array;
  /** 1 or 0. */
  readonly eligible: Uint8Array;
  /** Codes of PROFIT_FACTOR_MODES; 0 for none. */
  readonly profitFactorMode: Uint8Array;
}

export type PointOutcome =
  | 'completed'
  | 'no_trades'
  | 'liquidated'
  | 'account_blown'
  | 'refused'
  | 'failed';

/** Memory for so many rows; pages that no row is written to cost nothing. */
export function createRowMemory(rows: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * ROW_BYTES);
}

/** How many rows a piece of memory holds. */
export function rowsOf(memory: SharedArrayBuffer): number {
  return memory.byteLength / ROW_BYTES;
}

/** The columns of the first `count` rows of a piece of memory. */
export function rowColumns(memory: SharedArrayBuffer, count = rowsOf(memory)): RowColumns {
  const rows = rowsOf(memory);
  const bytesAt = rows * NUMBERS * 8;
  return {
    pointIndex: new Float64Array(memory, 0, count),
    metrics: new Float64Array(memory, rows * 8, count * METRIC_COLUMNS.length),
    outcome: new Uint8Array(memory, bytesAt, count),
    eligible: new Uint8Array(memory, bytesAt + rows, count),
    profitFactorMode: new Uint8Array(memory, bytesAt + 2 * rows, count),
  };
}

export function outcomeCode(outcome: PointOutcome): number {
  return POINT_OUTCOMES.indexOf(outcome) + 1;
}

export function outcomeOf(code: number): PointOutcome {
  return required(POINT_OUTCOMES[code - 1], 'every row has an outcome');
}

export function modeCode(mode: string): number {
  const index = PROFIT_FACTOR_MODES.indexOf(mode);
  assert(index >= 0, `profit_factor_mode ${mode} has no code`);
  return index + 1;
}

export function modeOf(code: number): string | null {
  return PROFIT_FACTOR_MODES[code - 1] ?? null;
}

// --- internal ---

const POINT_OUTCOMES: readonly PointOutcome[] = [
  'completed',
  'no_trades',
  'liquidated',
  'account_blown',
  'refused',
  'failed',
];

/** The values of metrics/ratios.ts. */
const PROFIT_FACTOR_MODES: readonly string[] = ['finite', 'infinite', 'undefined'];

/** The index and the metrics of a row. */
const NUMBERS = 1 + METRIC_COLUMNS.length;

/** The numbers, and a byte each for outcome, eligibility and mode. */
const ROW_BYTES = 8 * NUMBERS + 3;
