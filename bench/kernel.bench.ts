import { assert } from '../src/assert.ts';
import type { IdeaCard } from '../src/card/schema.ts';
import { BacktestBuffers, runBacktest } from '../src/engine/backtest.ts';
import { GROUP_POINTS, SweepKernel } from '../src/engine/kernel/kernel.ts';
import { PROFILES } from '../src/engine/profile.ts';
import { compileStrategy } from '../src/engine/strategy.ts';
import type { MultiTFFeedStore } from '../src/feed/multi-tf.ts';
import { sha256 } from '../src/hash.ts';
import { writeMetrics } from '../src/metrics/metrics.ts';
import { METRIC_COLUMNS } from '../src/metrics/registry.ts';
import { compare, time, type Bench, type Figure } from './harness.ts';
import { AXES, workload, type Workload, type WorkloadSize } from './kernel-workloads.ts';
import { isNear, measurePeers } from './kernel-peers.ts';
import { compilePlainLoop, type PlainLoop } from './peers/plain-loop.ts';
import { peersPython } from './peers/python-peers.ts';

interface Size extends WorkloadSize {
  readonly iterations: number;
}

/**
 * The kernel on one core with all metrics of profile `standard`, in turn with a plain C loop that
 * has four. W1: EMA cross, 200 points. W2: with 4 % target and ten stops, 2,000 points. W3: fast
 * 2..101 × slow 105..600/5 over 200,000 bars, every tenth fast. Equal results come first: the bar
 * loop's bits on a sample, those of the C loop's equity, trades, wins and drawdown on every point. Exits: 100
 * entry settings with 400 pairs of stop and target each, against W2 with nothing shared. With
 * PEERS_PYTHON, a Python that has them: raptorbt, vectorbt and a Numba loop on the same points.
 */
export const bench: Bench<Size> = {
  small: { bars: 3_000, w3Bars: 4_000, thinning: 67, iterations: 1 },
  large: { bars: 104_816, w3Bars: 200_000, thinning: 1, iterations: 21 },
  run(size) {
    const plain = compilePlainLoop();
    const python = peersPython(process.env);
    const hashes: string[] = [];
    const figures = (['W1', 'W2', 'W3'] as const).flatMap((name) => {
      const work = workload(name, size);
      hashes.push(checkResults(work, plain));
      const peers = python === undefined ? [] : measurePeers(name, work, python);
      return [...measure(name, work, plain, size.iterations), ...peers];
    });
    const exits = workload('exits', size);
    hashes.push(checkResults(exits, undefined));
    return {
      figures: [...figures, ...measureExits(exits, workload('W2', size))],
      hash: sha256(hashes.join(' ')),
    };
  },
};

// --- internal ---

/** Compares every point with C and a sample with the bar loop; a hash of the kernel's rows. */
function checkResults({ points, window }: Workload, plain: PlainLoop | undefined): string {
  const kernel = new SweepKernel(window);
  const row = new Float64Array(METRIC_COLUMNS.length);
  const looped = new Float64Array(METRIC_COLUMNS.length);
  const four = new Float64Array(4);
  let hash = '';
  for (const [i, { card, feeds, plain: inputs }] of points.entries()) {
    assert(kernel.run([{ card, feeds, out: row }])[0], 'kernel bench: the kernel declined a point');
    if (i % (points.length > 10_000 ? 1_000 : 50) === 0) {
      runLoop({ card, feeds, window, row: looped });
      const isEqual = row.every((value, k) => Object.is(value, looped[k]));
      assert(isEqual, 'kernel bench: kernel and bar loop differ');
      hash = sha256(hash + sha256(new Uint8Array(row.buffer)));
    }
    if (plain === undefined) continue;
    plain(inputs, four);
    for (const [k, name] of PLAIN_METRICS.entries()) {
      const wanted = row[METRIC_COLUMNS.indexOf(name)];
      assert(Object.is(four[k], wanted), `kernel bench: C's ${name} differs`);
    }
  }
  return hash;
}

/** What the C loop has of a point. */
const PLAIN_METRICS = ['final_equity', 'total_trades', 'win_count', 'max_drawdown_pct'] as const;

function runLoop(run: {
  readonly card: IdeaCard;
  readonly feeds: MultiTFFeedStore;
  readonly window: Workload['window'];
  readonly row: Float64Array;
}): void {
  const { card, feeds, window, row } = run;
  const result = runBacktest(feeds, compileStrategy(card, feeds), {
    card,
    rules: PROFILES.standard,
    windowStartMs: window.startMs,
    windowEndMs: window.endMs,
    buffers: LOOP_BUFFERS,
  });
  writeMetrics(result, row);
}

const LOOP_BUFFERS = new BacktestBuffers();

function measure(
  name: string,
  { points, bars, window }: Workload,
  plain: PlainLoop | undefined,
  iterations: number,
): Figure[] {
  const kernel = new SweepKernel(window);
  const row = new Float64Array(METRIC_COLUMNS.length);
  const four = new Float64Array(4);
  const group = points.map(({ card, feeds }) => ({ card, feeds, out: row }));
  const runKernel = (): void => {
    for (let n = 0; n < group.length; n += GROUP_POINTS) {
      kernel.run(group.slice(n, n + GROUP_POINTS));
    }
  };
  const runPlain = passOf(points, plain, four);
  const speed = (label: string, ms: number, count: number): Figure => ({
    label: `${name} ${label}`,
    value: (count * bars) / ms / 1_000,
    unit: 'M/s',
  });
  const few = points.filter((_, i) => i % 20 === 0);
  const loopMs = time(iterations, () => {
    for (const { card, feeds } of few) runLoop({ card, feeds, window, row });
  }).medianMs;
  // Compiling is not timed, as it is not of C and Numba.
  for (let ran = 0; ran < WARM_POINTS; ran += points.length) runKernel();
  const { a, b, ratio } = compare(iterations, runKernel, runPlain);
  const loopRatio = (loopMs * points.length) / few.length / a.medianMs;
  const figures = [
    speed('kernel, all metrics', a.medianMs, points.length),
    speed('bar loop, all metrics', loopMs, few.length),
    { label: `${name} kernel / bar loop`, value: loopRatio, unit: 'x' },
  ];
  if (plain === undefined) return figures;
  return [
    ...figures,
    speed('plain C, 4 metrics', b.medianMs, points.length),
    { label: `${name} kernel / plain C`, value: ratio, unit: 'x' },
    ...(name === 'W1'
      ? [
          measurePasses(name, runKernel, runPlain, iterations),
          ...measureFused(name, runKernel, { points, plain }, iterations),
        ]
      : []),
  ];
}

/** The engine compiles a function for good after 3,000 calls. */
const WARM_POINTS = 4_000;

/** All points of a workload by a C loop. */
function passOf(
  points: Workload['points'],
  loop: PlainLoop | undefined,
  out: Float64Array,
): () => void {
  return () => {
    for (const { plain: inputs } of points) loop?.(inputs, out);
  };
}

/** Passes that follow each other in a sample of `measurePasses`. */
const PASSES = 5;

/**
 * Samples of several passes, of the kernel and of C in turn. A pass of W1 takes the kernel a few ms, up to a
 * fifth of which is waiting for what the pass of C before it has pushed out of the caches.
 */
function measurePasses(
  name: string,
  runKernel: () => void,
  runPlain: () => void,
  iterations: number,
): Figure {
  const repeat = (pass: () => void) => (): void => {
    for (let n = 0; n < PASSES; n++) pass();
  };
  const { ratio } = compare(iterations, repeat(runKernel), repeat(runPlain));
  return { label: `${name} kernel / plain C, ${PASSES} passes each`, value: ratio, unit: 'x' };
}

/** The C loop that rounds a product and the sum behind it once: quicker, with other bits in half of the points. */
function measureFused(
  name: string,
  runKernel: () => void,
  { points, plain }: { readonly points: Workload['points']; readonly plain: PlainLoop },
  iterations: number,
): Figure[] {
  const fused = compilePlainLoop({ isFused: true });
  if (fused === undefined) return [];
  const [four, other] = [new Float64Array(4), new Float64Array(4)];
  for (const { plain: inputs } of points) {
    plain(inputs, four);
    fused(inputs, other);
    const isSame = four.every((value, k) => isNear(other[k] as number, value));
    assert(isSame, 'kernel bench: the fused C loop differs');
  }
  const { ratio } = compare(iterations, runKernel, passOf(points, fused, other));
  return [{ label: `${name} kernel / plain C, products fused`, value: ratio, unit: 'x' }];
}

/** A point of an exit grid beside a point of W2 that shares nothing with the one before it. */
function measureExits(exits: Workload, w2: Workload): Figure[] {
  const row = new Float64Array(METRIC_COLUMNS.length);
  const kernel = new SweepKernel(exits.window);
  const runExits = (): void => {
    for (let n = 0; n < exits.points.length; n += GROUP_POINTS) {
      const group = exits.points.slice(n, n + GROUP_POINTS);
      kernel.run(group.map(({ card, feeds }) => ({ card, feeds, out: row })));
    }
  };
  // No bitset is kept, and neighbours differ in their signals.
  const alone = new SweepKernel(w2.window, { bitBytesMax: 0 });
  const stops = AXES.W2.stops.length;
  const apart = w2.points.filter((_, n) => n % stops === 0);
  const runAlone = (): void => {
    for (const { card, feeds } of apart) alone.run([{ card, feeds, out: row }]);
  };
  const { a, b } = compare(3, runExits, runAlone);
  const [shared, single] = [a.medianMs / exits.points.length, b.medianMs / apart.length];
  return [
    { label: 'exit grid, a point', value: shared * 1_000, unit: 'µs' },
    { label: 'W2 one by one, a point', value: single * 1_000, unit: 'µs' },
    { label: 'W2 one by one / exit grid', value: single / shared, unit: 'x' },
  ];
}
