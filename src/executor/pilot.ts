import { openCandleDb } from '../candles/db.ts';
import { readCandles } from '../candles/query.ts';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { buildFeatureFrame, storeOfFrame } from '../feed/feature-frame.ts';
import type { FeedStore } from '../feed/feed-store.ts';
import { planFeeds, type FeedPlan } from '../feed/plan.ts';
import type { Axis } from '../grid/axis.ts';
import { createGrid } from '../grid/create-grid.ts';
import type { Grid } from '../grid/grid.ts';
import type { Sweep } from '../grid/sweep.ts';
import { isLevelAxis } from '../grid/visit-order.ts';
import { PILOT_BYTES_MAX } from '../limits.ts';
import { measureMachine, type MachineSpeed } from './machine-speed.ts';
import { readSweepCandles } from './candle-facts.ts';
import { runRange } from './run-range.ts';
import { contextOver, type SweepContext } from './sweep-context.ts';

/** What a few points of a sweep cost on this machine, one thread. */
export interface Pilot extends MachineSpeed {
  readonly msPerPoint: number;
  /** Half the width of the band that the mean cost of all points lies in, as a fraction. */
  readonly spread: number;
  readonly points: number;
  /** Computing one indicator value, and reading one candle, ms. */
  readonly msPerCell: number;
  readonly msPerCandle: number;
}

export interface NoPilot {
  readonly reason: string;
}

/**
 * Runs a small sweep inside the sweep: the same card over a few values of every axis, with feeds in
 * memory, on this thread. About a second at most where a point takes less than a tenth of one;
 * nothing is written. Candles beyond PILOT_BYTES_MAX of columns are left out and their cost scaled.
 */
export async function runPilot(
  config: Config,
  sweep: Sweep,
  wholeGrid: Grid,
): Promise<Pilot | NoPilot> {
  try {
    const small = narrow(sweep, wholeGrid);
    const feeds = await buildPilotFeeds(config, small);
    const measured = await measure(feeds.sweep, feeds.stores);
    if (measured === undefined)
      return { reason: 'no point of the sample can be run, so no pilot was' };
    const { share, msPerCell, msPerCandle } = feeds;
    const machine = await measureMachine(config.threads);
    const msPerPoint = measured.msPerPoint / share;
    return { ...measured, ...machine, msPerPoint, msPerCell, msPerCandle };
  } catch (error) {
    // A sample that cannot be planned says nothing about the sweep, which was planned.
    if (error instanceof SweepError) return { reason: `no pilot, ${error.message}` };
    throw error;
  }
}

// --- internal ---

/** Values of the last axis, whose points follow each other and share what the others decide. */
const ROW_VALUES = 32;
/** Values of each other axis, by how many there are. */
const OUTER_VALUES = [1, 6, 3, 3];
const OUTER_VALUES_MANY = 2;
/** At least so many of an axis whose points share their signals, or the sample shares too little. */
const LEVEL_VALUES = 8;
/** Points whose values are taken where evenly spread values are rejected by the constraints. */
const FALLBACK_POINTS = 5;
const GOLDEN = 0.618_033_988_749_895;

/** The sample is run again and again until the engine has compiled what it runs; then it is measured. */
const WARM_UP_MS = 300;
const MEASURE_MS = 700;
/** Each in a context of its own, so that it finds nothing that an earlier one left. */
const MEASURED_PASSES = 3;
/** Mean costs of few points differ by at least this from that of all. */
const SPREAD_MIN = 0.12;

/** The sweep over a few values of every axis. */
function narrow(sweep: Sweep, wholeGrid: Grid): Sweep {
  const last = sweep.axes.length - 1;
  const spread = withDigits(sweep, (axis, n) => {
    const outer = OUTER_VALUES[last] ?? OUTER_VALUES_MANY;
    const wanted = isLevelAxis(axis) ? Math.max(outer, LEVEL_VALUES) : outer;
    return evenly(axis.values.length, n === last ? ROW_VALUES : wanted);
  });
  if (createGrid(spread).countAdmitted().count > 0) return spread;
  const points = Array.from({ length: FALLBACK_POINTS }, (_, n) =>
    wholeGrid.nextAdmitted(Math.floor((((n + 1) * GOLDEN) % 1) * wholeGrid.size)),
  ).filter((point) => point < wholeGrid.size);
  const first = points.length > 0 ? points : [wholeGrid.nextAdmitted(0)];
  const digits = first.map((point) => wholeGrid.indicesAt(point));
  return withDigits(sweep, (_, n) => [...new Set(digits.map((of) => of[n]!))].toSorted(ascending));
}

function withDigits(sweep: Sweep, digitsOf: (axis: Axis, n: number) => readonly number[]): Sweep {
  const axes = sweep.axes.map((axis, n) => ({
    ...axis,
    values: digitsOf(axis, n).map((digit) => axis.values[digit]!),
  }));
  return { ...sweep, axes };
}

/** The middles of `count` equal parts of 0..length − 1. */
function evenly(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, n) => n);
  return Array.from({ length: count }, (_, n) => Math.floor(((n + 0.5) * length) / count));
}

function ascending(a: number, b: number): number {
  return a - b;
}

interface PilotFeeds {
  readonly sweep: Sweep;
  readonly stores: readonly FeedStore[];
  /** The part of the window that is in them. */
  readonly share: number;
  readonly msPerCell: number;
  readonly msPerCandle: number;
}

async function buildPilotFeeds(config: Config, small: Sweep): Promise<PilotFeeds> {
  const whole = await planOf(config, small);
  const bytes = whole.reduce((sum, plan) => sum + plan.bytes, 0);
  const share = Math.min(1, PILOT_BYTES_MAX / bytes);
  const { startMs, endMs } = small.window;
  const window = { startMs: Math.floor(endMs - (endMs - startMs) * share), endMs };
  const sweep = share < 1 ? { ...small, window } : small;
  const plans = share < 1 ? await planOf(config, sweep) : whole;
  const stores: FeedStore[] = [];
  let [readMs, buildMs] = [0, 0];
  await using db = await openCandleDb(config.candlesPath, { readOnly: true });
  for (const plan of plans) {
    const beganMs = performance.now();
    const candles = await readCandles(db, plan);
    const readAtMs = performance.now();
    stores.push(storeOfFrame(buildFeatureFrame(plan, candles)));
    readMs += readAtMs - beganMs;
    buildMs += performance.now() - readAtMs;
  }
  const cells = plans.reduce((sum, plan) => sum + plan.bars * plan.columns.length, 0);
  const bars = plans.reduce((sum, plan) => sum + plan.bars, 0);
  return {
    sweep,
    stores,
    share,
    msPerCell: buildMs / Math.max(1, cells),
    msPerCandle: readMs / Math.max(1, bars),
  };
}

async function planOf(config: Config, sweep: Sweep): Promise<readonly FeedPlan[]> {
  const { facts } = await readSweepCandles(config, sweep);
  return planFeeds({ sweep, facts });
}

async function measure(
  sweep: Sweep,
  stores: readonly FeedStore[],
): Promise<Pick<Pilot, 'msPerPoint' | 'spread' | 'points'> | undefined> {
  const warm = await contextOver(sweep, createGrid(sweep), stores);
  const warmEndMs = performance.now() + WARM_UP_MS;
  while (runParts(warm, warmEndMs).length > 0);
  const endMs = performance.now() + MEASURE_MS;
  const passes: MeasuredPart[][] = [];
  for (let pass = 0; pass < MEASURED_PASSES; pass += 1) {
    passes.push(runParts(await contextOver(sweep, createGrid(sweep), stores), endMs));
  }
  const parts = representative(quietest(passes));
  const points = parts.reduce((sum, part) => sum + part.points, 0);
  if (points === 0) return undefined;
  const msPerPoint = parts.reduce((sum, part) => sum + part.ms, 0) / points;
  const deviations = parts.map((part) => (part.ms / part.points - msPerPoint) ** 2);
  const deviation = Math.sqrt(deviations.reduce((a, b) => a + b, 0) / parts.length);
  const spread = Math.max(SPREAD_MIN, deviation / msPerPoint / Math.sqrt(parts.length));
  return { msPerPoint, spread: Math.min(spread, 0.5), points };
}

interface MeasuredPart {
  readonly points: number;
  readonly ms: number;
  /** Values of axes that no part before it had: they may bring columns that are copied once. */
  readonly newValues: number;
}

/** The median of each part's passes: a disturbance of the machine hits one. */
function quietest(passes: readonly (readonly MeasuredPart[])[]): MeasuredPart[] {
  return (passes[0] ?? []).map((first, n) => {
    const same = passes.flatMap((parts) => parts[n] ?? []).filter((p) => p.points === first.points);
    return same.toSorted((a, b) => a.ms - b.ms)[Math.floor((same.length - 1) / 2)] ?? first;
  });
}

/** In a whole sweep nearly all points find their columns there; so do the parts without a new value. */
function representative(parts: readonly MeasuredPart[]): readonly MeasuredPart[] {
  const settled = parts.filter((part) => part.newValues === 0);
  if (settled.length > 0) return settled;
  const most = Math.max(...parts.map((part) => part.newValues));
  const later = parts.filter((part) => part.newValues < most);
  return later.length > 0 ? later : parts;
}

/** Halves of rows until the time is over, the rows in an order spread over the grid. */
function runParts(context: SweepContext, endMs: number): MeasuredPart[] {
  const { grid } = context;
  const width = rowWidth(grid);
  const half = Math.ceil(width / 2);
  const rowCount = Math.max(1, grid.size / width);
  const measured: MeasuredPart[] = [];
  const seen = new Set<string>();
  for (let n = 0; n < rowCount * 2; n += 1) {
    const row = (Math.floor(n / 2) * strideOf(rowCount)) % rowCount;
    const from = row * width + (n % 2) * half;
    const to = Math.min((row + 1) * width, from + half);
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) break;
    if (from >= to) continue;
    const range = runRange(context, { from, to, budgetMs: leftMs });
    const points = range.pointIndex.length - range.refused;
    // The first digit of the last axis tells the halves apart.
    const keys = grid.indicesAt(from).map((digit, axis) => `${axis} ${digit}`);
    const newValues = keys.filter((key) => !seen.has(key)).length;
    for (const key of keys) seen.add(key);
    if (points > 0) measured.push({ points, ms: range.elapsedMs, newValues });
  }
  return measured;
}

/** Points of a row: those of the last axis, and of all whose signals are the same. */
function rowWidth({ axes }: Grid): number {
  const last = axes.findLastIndex((axis) => !isLevelAxis(axis));
  const inner = axes.slice(Math.min(last + 1, axes.length - 1));
  return inner.reduce((points, axis) => points * axis.values.length, 1);
}

/** A step near the golden section that reaches every row. */
function strideOf(rowCount: number): number {
  let stride = Math.max(1, Math.round(rowCount * GOLDEN));
  while (commonDivisor(stride, rowCount) !== 1) stride += 1;
  return stride;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
