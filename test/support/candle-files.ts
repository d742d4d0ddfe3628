import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCandleDb, type CandleDb } from '../../src/candles/db.ts';
import { SweepError } from '../../src/errors.ts';

/**
 * A temporary folder and an open candle database; `await using` removes both. The database is in
 * memory unless `onDisk`: a reader of a file that is not there gets one, and it opens ten times faster.
 */
export async function candleHome({ onDisk = false } = {}): Promise<CandleHome> {
  const folder = mkdtempSync(join(tmpdir(), 'ideasweep-candles-'));
  const path = join(folder, 'candles.duckdb');
  return new CandleHome(folder, await openCandleDb(path, { readOnly: !onDisk }));
}

export class CandleHome implements AsyncDisposable {
  readonly folder: string;
  readonly db: CandleDb;

  constructor(folder: string, db: CandleDb) {
    this.folder = folder;
    this.db = db;
  }

  /** Writes a file into the folder and returns its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** A CSV file with the usual header. */
  csv(rows: readonly string[], name = 'BTCUSDT-5m.csv'): string {
    return this.file(name, ['timestamp,open,high,low,close,volume', ...rows, ''].join('\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** 2023-01-01T00:00Z, where most tests begin. */
export const START_MS = Date.UTC(2023, 0, 1);

/** The SweepError that `work` must throw. */
export async function failureOf(work: Promise<unknown>): Promise<SweepError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SweepError) return error;
    throw error;
  }
  throw new Error('expected a SweepError, but nothing was thrown');
}
