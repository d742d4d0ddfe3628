import type { Timeframe } from '../time.ts';
import type { SeriesSpec } from './series.ts';

/**
 * The JSON that a feed file carries in its Arrow schema metadata under MANIFEST_KEY: what the file
 * is, and one entry per indicator column. Keys are snake_case because other tools read them.
 */
export interface FeedManifest {
  readonly format_version: number;
  /** SHA-256 over everything that decides the content; its first 16 digits are in the file's name. */
  readonly hash: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Half-open range of open times that was asked for, epoch ms. */
  readonly start_ms: number;
  readonly end_ms: number;
  readonly bars: number;
  readonly precision: 'float64' | 'float32';
  readonly profile: string;
  readonly candle_digest: string;
  /** Rates that cover the window, of an exec feed; absent where none apply. */
  readonly funding?: FundingSeries;
  /** Absolute offset of the first column in the file; 0 for a feed that is only in memory. */
  readonly body_start: number;
  readonly columns: readonly ColumnManifest[];
}

/** Settlement times (epoch ms, ascending) and rates (fraction per settlement). */
export interface FundingSeries {
  readonly ts_ms: readonly number[];
  readonly rate: readonly number[];
}

export interface ColumnManifest {
  readonly id: string;
  readonly series: SeriesSpec;
  /** '' for an indicator with one output. */
  readonly output: string;
  /** Row where the series begins; NaN before. */
  readonly first_row: number;
  /** First row with a value; equals `bars` where there is none. */
  readonly first_valid: number;
  /** Bars between `first_row` and the window that the series was given to settle. */
  readonly warmup_bars: number;
}

/** Raised whenever the bytes or the meaning of a feed file change. */
export const FEED_FORMAT_VERSION = 2;
export const MANIFEST_KEY = 'ideasweep';
