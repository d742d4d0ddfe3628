import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PeerPoint {
  /** EMA lengths. */
  readonly fast: number;
  readonly slow: number;
  /** Percent; 0 for neither stop nor target. */
  readonly stopPct: number;
  readonly targetPct: number;
}

export interface PeerWorkload {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** The averages by length, as the kernel gets them: no library's own seed is compared. */
  ema(length: number): Float64Array;
  readonly points: readonly PeerPoint[];
  /** First bar that may signal, at least 1, and end of the bars. */
  readonly start: number;
  readonly end: number;
  /** Fraction a side. */
  readonly fee: number;
  readonly cash: number;
}

/**
 * `numba` counts stops from the signal's close, as ideasweep; raptorbt's results are to be compared with
 * `numba-from-entry`, which counts them from the fill, and vectorbt's with `numba-as-vectorbt`, which also
 * has its rules about the entry's bar and about a stop beside an exit at the open.
 */
export type PeerName = 'raptorbt' | 'vectorbt' | 'numba' | 'numba-from-entry' | 'numba-as-vectorbt';

export interface PeerRun {
  readonly version: string;
  readonly seconds: number;
  /** Which points it ran; `equity` and `trades` are theirs, in this order. */
  readonly sample: readonly number[];
  readonly equity: readonly number[];
  readonly trades: readonly number[];
  /** Of the Numba loops alone. */
  readonly wins?: readonly number[];
  readonly drawdown?: readonly number[];
}

export type PeerResult = PeerRun | { readonly missing: string };

/** Points that a peer runs at most, spread over all: the libraries take 5 to 20 ms each. */
export const PEER_POINTS_MAX: Readonly<Record<PeerName, number>> = {
  raptorbt: 200,
  vectorbt: 100,
  numba: 2_000,
  'numba-from-entry': 200,
  'numba-as-vectorbt': 100,
};

/** The Python given by PEERS_PYTHON; undefined where none is. */
export function peersPython(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env['PEERS_PYTHON'] === '' ? undefined : env['PEERS_PYTHON'];
}

/** Runs python_peers.py with `python`. A package that is not installed is reported as missing. */
export function runPythonPeers(
  workload: PeerWorkload,
  python: string,
): Readonly<Record<PeerName, PeerResult>> {
  const folder = mkdtempSync(join(tmpdir(), 'ideasweep-peers-'));
  try {
    writeColumns(folder, workload);
    const { start, end, fee, cash } = workload;
    const points = workload.points.map((p) => [p.fast, p.slow, p.stopPct, p.targetPct]);
    const samples = Object.fromEntries(
      Object.entries(PEER_POINTS_MAX).map(([name, max]) => [name, spread(points.length, max)]),
    );
    const job = JSON.stringify({ folder, start, end, fee, cash, points, samples });
    const script = join(import.meta.dirname, 'python_peers.py');
    const output = execFileSync(python, [script], {
      input: job,
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return JSON.parse(output) as Record<PeerName, PeerResult>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// --- internal ---

const OUTPUT_BYTES_MAX = 2 ** 26;

function writeColumns(folder: string, workload: PeerWorkload): void {
  const write = (name: string, values: Float64Array) =>
    writeFileSync(join(folder, `${name}.f64`), values);
  for (const name of ['open', 'high', 'low', 'close'] as const) write(name, workload[name]);
  const lengths = new Set(workload.points.flatMap(({ fast, slow }) => [fast, slow]));
  for (const length of lengths) write(`ema-${length}`, workload.ema(length));
}

/** At most `max` of 0..count − 1, evenly spaced. */
function spread(count: number, max: number): number[] {
  const length = Math.min(count, max);
  return Array.from({ length }, (_, n) => Math.floor((n * count) / length));
}
