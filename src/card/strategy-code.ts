/**
 * A user's strategy as a sweep carries it: bundled into one text, so that a worker on another machine
 * needs neither the file nor what it imports. Equal code has an equal hash.
 */
export interface StrategyCode {
  /** The file as the card or the flag names it, for messages. */
  readonly file: string;
  /** JavaScript of one module; src/executor/load-strategy.ts loads it. */
  readonly code: string;
  /** SHA-256 of `code`; part of the sweep's identity. */
  readonly hash: string;
}
