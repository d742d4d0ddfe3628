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

/**
 * plain-loop.c compiled on the spot and called in this process; undefined without a C compiler. Left to
 * itself the compiler fuses a product and the sum behind it into one operation with one rounding, which
 * is quicker, but is not what is written, nor what Numba computes: half of the points then differ from the
 * kernel's in the last bits. `isFused` asks for that loop all the same.
 */
export function compilePlainLoop({ isFused = false } = {}): PlainLoop | undefined {
  const library = join(mkdtempSync(join(tmpdir(), 'ideasweep-peer-')), 'plain-loop.so');
  const source = join(import.meta.dirname, 'plain-loop.c');
  try {
    const arithmetic = `-ffp-contract=${isFused ? 'fast' : 'off'}`;
    const flags = ['-O3', '-march=native', arithmetic, '-shared', '-fPIC', '-o', library, source];
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
