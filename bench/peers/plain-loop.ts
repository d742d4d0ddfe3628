import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';

export interface PlainLoopInputs {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  readonly start: number;
  readonly end: number;
  readonly fee: number;
  /** Percent; 0 for neither stop nor target. */
  readonly stopPct: number;
  readonly targetPct: number;
}

/** Writes final equity, trades, wins and the largest drawdown in percent. */
export type PlainLoop = (inputs: PlainLoopInputs, out: Float64Array) => void;

/** plain-loop.c compiled on the spot and called in this process; undefined without a C compiler. */
export function compilePlainLoop(): PlainLoop | undefined {
  const library = join(mkdtempSync(join(tmpdir(), 'ideasweep-peer-')), 'plain-loop.so');
  const source = join(import.meta.dirname, 'plain-loop.c');
  try {
    const flags = ['-O3', '-march=native', '-shared', '-fPIC', '-o', library, source];
    execFileSync('cc', flags, { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const call = koffi
    .load(library)
    .func(
      'void plain_loop(double*, double*, double*, double*, double*, double*, int, int, double, double, double, double*)',
    );
  return (p, out) =>
    void call(
      p.open,
      p.high,
      p.low,
      p.close,
      p.fast,
      p.slow,
      p.start,
      p.end,
      p.fee,
      p.stopPct,
      p.targetPct,
      out,
    );
}
