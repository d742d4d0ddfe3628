import { assert } from '../src/assert.ts';
import { SweepKernel } from '../src/engine/kernel/kernel.ts';
import { METRIC_COLUMNS } from '../src/metrics/registry.ts';
import type { Figure } from './harness.ts';
import type { Workload } from './kernel-workloads.ts';
import { runPythonPeers, type PeerName, type PeerRun } from './peers/python-peers.ts';

/**
 * The speed of raptorbt, vectorbt and a Numba loop on a workload, beside a Python that has them. No
 * agreement, no time: Numba's loop must have the four metrics of the C loop, each library those of the
 * Numba loop that shares its rules about stops (bench/peers/python-peers.ts).
 */
export function measurePeers(name: string, work: Workload, python: string): Figure[] {
  const peers = runPythonPeers(work.forPeers, python);
  const hasStops = work.forPeers.points.some(({ stopPct }) => stopPct > 0);
  return SHOWN.flatMap((peer) => {
    const found = peers[peer];
    if ('missing' in found) return [];
    const twin = TWINS[peer];
    if (twin === undefined || !hasStops) compareWithKernel(peer, work, found);
    else compareRuns(peer, found, peers[twin] as PeerRun);
    const speed = (work.bars * found.sample.length) / found.seconds / 1e6;
    return [{ label: `${name} ${peer} ${found.version}`, value: speed, unit: 'M/s' }];
  });
}

/** Whether two numbers differ by no more than another order of additions explains. */
export function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(b));
}

// --- internal ---

const SHOWN = ['numba', 'raptorbt', 'vectorbt'] as const;

const TWINS: Partial<Record<PeerName, PeerName>> = {
  raptorbt: 'numba-from-entry',
  vectorbt: 'numba-as-vectorbt',
};

/** Relative difference of equity that the order of additions explains. */
const TOLERANCE = 1e-9;

function compareWithKernel(peer: string, { points, window }: Workload, run: PeerRun): void {
  const kernel = new SweepKernel(window);
  const out = new Float64Array(METRIC_COLUMNS.length);
  for (const [n, index] of run.sample.entries()) {
    const point = points[index];
    assert(point, 'a peer ran a point that is there');
    kernel.run([{ card: point.card, feeds: point.feeds, out }]);
    const ours = (metric: (typeof METRIC_COLUMNS)[number]): number =>
      out[METRIC_COLUMNS.indexOf(metric)] as number;
    const isSame =
      isNear(run.equity[n] as number, ours('final_equity')) &&
      run.trades[n] === ours('total_trades') &&
      (run.wins === undefined || run.wins[n] === ours('win_count')) &&
      (run.drawdown === undefined || isNear(run.drawdown[n] as number, ours('max_drawdown_pct')));
    assert(isSame, `kernel bench: ${peer} differs from the kernel at point ${index}`);
  }
}

function compareRuns(peer: string, run: PeerRun, twin: PeerRun): void {
  for (const [n, index] of run.sample.entries()) {
    const k = twin.sample.indexOf(index);
    if (k < 0) continue;
    const isSame = isNear(run.equity[n] as number, twin.equity[k] as number);
    assert(isSame, `kernel bench: ${peer} differs from its twin at point ${index}`);
  }
}
