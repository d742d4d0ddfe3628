/**
 * Operating errors: one class, a closed union of codes. The table below is the only place that says
 * whether an error may be retried and which exit code it gives (1 failure, 2 bad input).
 */

/** One problem of a card, sweep section or flag; a command reports all of them at once. */
export interface CardIssue {
  /** Dotted path in the document, `sweep.axes.fast.range.stop`; empty for the whole document. */
  readonly path: string;
  /** 1-based position in the source text; absent for problems of command-line flags. */
  readonly line?: number;
  readonly column?: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

interface ErrorKind {
  readonly exitCode: 1 | 2;
  readonly isRetryable: boolean;
}

const BAD_INPUT: ErrorKind = { exitCode: 2, isRetryable: false };
const FAILURE: ErrorKind = { exitCode: 1, isRetryable: false };
const RETRYABLE: ErrorKind = { exitCode: 1, isRetryable: true };

export const ERROR_KINDS = {
  /** Thrown when a flag or argument of a command is missing, unknown or has a value it cannot take. */
  USAGE: BAD_INPUT,
  /** Thrown when the named card file does not exist or cannot be read. */
  CARD_NOT_FOUND: BAD_INPUT,
  /** Thrown when a card or its sweep section has problems; `issues` holds every one. */
  CARD_INVALID: BAD_INPUT,
  /** Thrown when the constraints reject every point, or every point is refused. */
  GRID_EMPTY: BAD_INPUT,
  /** Thrown when a grid, feed plan or batch goes beyond a limit of limits.ts. */
  GRID_TOO_LARGE: BAD_INPUT,
  /** Thrown when a part of the design is asked for that is not built yet. */
  NOT_YET: BAD_INPUT,
  /** Thrown when no candles of the symbol and timeframe are stored. */
  SYMBOL_UNKNOWN: BAD_INPUT,
  /** Thrown when the window holds no stored candle. */
  WINDOW_EMPTY: BAD_INPUT,
  /** Thrown when too few candles precede the window for the longest warm-up. */
  WARMUP_NOT_COVERED: BAD_INPUT,
  /** Thrown when a file to import has a bad row, an unknown format, or rows that differ from stored ones. */
  IMPORT_REFUSED: BAD_INPUT,
  /** Thrown when candles changed since the sweep ran. */
  CANDLES_CHANGED: FAILURE,
  /** Thrown when the candle database cannot be opened (another process holds its lock). */
  CANDLES_LOCKED: RETRYABLE,
  /** Thrown when the candle database is no DuckDB file, or one from a newer DuckDB. */
  CANDLES_UNREADABLE: BAD_INPUT,
  /** Thrown when stored funding times may be local times (TRADE's own file) and no zone was given. */
  FUNDING_ZONE_UNKNOWN: BAD_INPUT,
  /** Thrown when a feed file is short, altered, foreign or from another version. */
  FEED_CORRUPT: BAD_INPUT,
  /** Thrown when a feed file that a batch needs is not in the feeds folder. */
  FEED_MISSING: RETRYABLE,
  /** Thrown when the disk has no room for a feed file; names the folder and what it takes. */
  DISK_FULL: FAILURE,
  /** Thrown when a sweep, point, schedule is named that does not exist. */
  NOT_FOUND: BAD_INPUT,
  /** Thrown when Postgres cannot be reached; names the address and what to start. */
  STORE_UNREACHABLE: RETRYABLE,
  /** Thrown when a write carries an attempt number older than the stored one. */
  STALE_ATTEMPT: FAILURE,
  /** Thrown when another process drives the same sweep. */
  SWEEP_LEASED: FAILURE,
  /** Thrown when a name is taken (schedule, sweep) and replacing it was not asked for. */
  CONFLICT: BAD_INPUT,
  /** Thrown when Temporal cannot be reached; names the address and what to start. */
  TEMPORAL_UNREACHABLE: RETRYABLE,
  /** Thrown when no Temporal server binary can be found or built. */
  TEMPORAL_MISSING: FAILURE,
  /** Thrown when a child service (Postgres, Temporal) does not start; `cause` or facts say why. */
  SERVICE_FAILED: FAILURE,
  /** Thrown when the database's schema is newer than this program. */
  SCHEMA_NEWER: FAILURE,
  /** Thrown when a user's strategy throws or returns no signal; names the bar. Only its point fails. */
  STRATEGY_FAILED: FAILURE,
  /** Thrown when a sweep ended as failed. */
  SWEEP_FAILED: FAILURE,
} as const satisfies Record<string, ErrorKind>;

export type SweepErrorCode = keyof typeof ERROR_KINDS;

export interface SweepErrorDetails {
  /** The next step for the reader, one sentence. */
  readonly hint?: string;
  readonly issues?: readonly CardIssue[];
  readonly cause?: unknown;
  /** Facts for logs: small JSON values. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export class SweepError extends Error {
  override readonly name = 'SweepError';
  readonly code: SweepErrorCode;
  readonly hint: string | undefined;
  readonly issues: readonly CardIssue[];
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  constructor(code: SweepErrorCode, message: string, details: SweepErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.issues = details.issues ?? [];
    this.facts = details.facts ?? {};
  }
}

/** The exit code of a command that ended with `error`. Anything that is not a SweepError is 1. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof SweepError ? ERROR_KINDS[error.code].exitCode : 1;
}
