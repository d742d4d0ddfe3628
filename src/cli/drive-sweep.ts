import { setTimeout as sleep } from 'node:timers/promises';
import { required } from '../assert.ts';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { feedsOf, startSweep, type StartedSweep } from '../executor/start-sweep.ts';
import type { Sweep } from '../grid/sweep.ts';
import { formatCount, formatElapsed, plural } from '../report/format.ts';
import { renderRanking } from '../report/ranking.ts';
import type { Store } from '../store/db.ts';
import { isAbandoned } from '../store/lease.ts';
import { rankResults } from '../store/rank.ts';
import { sweepProgress } from '../store/progress.ts';
import { findSweep, type SweepRow } from '../store/sweeps.ts';
import type { TemporalClient } from '../temporal/client.ts';
import { Interrupt } from './interrupt.ts';
import { note, paint, print, printJson, tableStyle, warn } from './output.ts';
import { followProgress, type SweepDisplay } from './sweep-display.ts';
import { prepareSweep, type PreparedSweep } from './prepared-sweep.ts';
import { axisColumns, statusText, sweepDocument } from './sweep-view.ts';

export interface SweepDrive {
  readonly config: Config;
  /** Being opened; closed in the end. */
  readonly store: { readonly opened: Promise<Store> };
  /** Who drives it instead of this process. */
  readonly temporal: TemporalClient | undefined;
  readonly batchSize: number | undefined;
  readonly isDetached: boolean;
  readonly isFresh: boolean;
  readonly isJson: boolean;
}

/** Plans a sweep, stores it or finds it unfinished, has it run and shows its ranking. */
export async function driveSweep(sweep: Sweep, drive: SweepDrive): Promise<void> {
  const { config, temporal, isDetached, isFresh, isJson } = drive;
  const executor = temporal === undefined ? 'local' : 'temporal';
  const startMs = performance.now();
  const { batchSize } = drive;
  const { opened } = drive.store;
  await using prepared = prepareSweep(config, sweep, { executor, batchSize, opened });
  await using store = await openedStore(opened, prepared);
  const started = await startSweep(store, await prepared.plan, { executor, isFresh });
  await announce(store, started);
  const work = { config, store, started, batchSize, prepared };
  if (temporal !== undefined) await runByTemporal(work, temporal, isDetached);
  else await runHere(work);
  if (isDetached && !isJson) return;
  await report(store, started.row.sweepId, { isJson, tookMs: performance.now() - startMs });
}

// --- internal ---

/** Planning and building feeds of a large sweep take less; a missing worker takes longer. */
const WORKER_PATIENCE_MS = 20_000;
const WATCH_MS = 500;

interface Work {
  readonly config: Config;
  readonly store: Store;
  readonly started: StartedSweep;
  readonly batchSize: number | undefined;
  readonly prepared: PreparedSweep;
}

/** The store; where it fails, a feed that is being written is finished before that is told. */
async function openedStore(opened: Promise<Store>, { feeds }: PreparedSweep): Promise<Store> {
  try {
    return await opened;
  } catch (error) {
    await feeds.catch(() => {});
    throw error;
  }
}

async function announce(store: Store, { row, plan, isResumed }: StartedSweep): Promise<void> {
  for (const warning of plan.warnings) warn(warning.message, warning.hint);
  const { admitted, refused, isEstimated } = row.points;
  const points = `${isEstimated ? 'about ' : ''}${plural(admitted, 'point')}`;
  const lost = refused > 0 ? `, ${formatCount(refused)} of them refused` : '';
  if (!isResumed) {
    note(`sweep ${row.sweepId}  ${row.name}: ${points}${lost}`);
    return;
  }
  const { completed, failed, refused: saved } = await sweepProgress(store.sql, row.sweepId);
  const done = formatCount(completed + failed + saved);
  note(`resuming sweep ${row.sweepId}  ${row.name}: ${done} of ${points} are there already`);
}

/** Feeds, then batches over the threads of this process. */
async function runHere({ config, store, started, batchSize, prepared }: Work): Promise<void> {
  const { runSweepLocal } = await import('../executor/local.ts');
  for (const feed of await feedsOf(store, started.row.sweepId, prepared.feeds)) {
    if (feed.refused !== undefined) warn(`${feed.refused}; it was built again`);
  }
  const threads = required(await prepared.threads, 'a local sweep has threads');
  const headStart = await prepared.headStart;
  using display = await followProgress(store, started.row);
  using interrupt = new Interrupt((text) => display.say(text));
  const options = {
    threads,
    batchSize,
    headStart,
    stop: interrupt.stop,
    abort: interrupt.abort,
    onProgress: ({ points }: { readonly points: number }) => display.add(points),
  };
  try {
    const ended = await runSweepLocal(config, store, started.row, options);
    if (ended.status === 'stopped') process.exitCode = 3;
  } catch (error) {
    // One sweep has one driver; whoever comes second watches.
    if (!(error instanceof SweepError) || error.code !== 'SWEEP_LEASED') throw error;
    display.say(`${error.message}; following it`);
    const hasEnded = untilEnded(store, started.row.sweepId, interrupt.stop);
    const isLeft = await untilDoneOrLeft(hasEnded, () => display.refresh());
    if (isLeft || (await isAbandoned(store.sql, started.row.sweepId))) process.exitCode = 3;
  } finally {
    // They end while the ranking is read.
    void prepared.endThreads();
  }
}

/** Resolves when whoever drives the sweep has ended it, has left it, or is gone. */
async function untilEnded(store: Store, sweepId: string, stop: AbortSignal): Promise<void> {
  const isOver = async (): Promise<boolean> => {
    const { status } = await findSweep(store.sql, sweepId);
    const isActive = ['planned', 'running', 'paused', 'stopping'].includes(status);
    return !isActive || isAbandoned(store.sql, sweepId);
  };
  while (!stop.aborted && !(await isOver())) await sleep(WATCH_MS);
}

/** Starts the workflow, or attaches to it, and follows it until it ends. */
async function runByTemporal(
  { store, started, batchSize }: Work,
  temporal: TemporalClient,
  isDetached: boolean,
): Promise<void> {
  const { startSweepWorkflow } = await import('../temporal/client.ts');
  const { sweepId } = started.row;
  const { handle, isAttached } = await startSweepWorkflow(temporal, store.storeId, {
    sweepId,
    ...(batchSize === undefined ? {} : { batchSize }),
  });
  if (isAttached) note(`its workflow runs already; following it`);
  if (isDetached) {
    note(`it runs in Temporal at ${temporal.address}; see: ideasweep status ${sweepId}`);
    return;
  }
  using display = await followProgress(store, started.row);
  const nudge = setTimeout(() => void nudgeWorker(store, sweepId, display), WORKER_PATIENCE_MS);
  const isLeft = await untilDoneOrLeft(handle.result(), () => display.refresh());
  clearTimeout(nudge);
  if (isLeft) {
    display.say(`it goes on in Temporal; see: ideasweep status ${sweepId}`);
    process.exitCode = 3;
  }
}

/** A workflow without workers waits for ever, and silently. */
async function nudgeWorker(store: Store, sweepId: string, display: SweepDisplay): Promise<void> {
  const { batches } = await sweepProgress(store.sql, sweepId);
  if (batches.total > 0) return;
  display.say('no worker has taken it yet; start one with: ideasweep worker (or ideasweep dev)');
}

/** Waits for the end, calling `tick` every second; Ctrl-C leaves without stopping anything. */
async function untilDoneOrLeft(
  result: Promise<unknown>,
  tick: () => Promise<void>,
): Promise<boolean> {
  const left = Promise.withResolvers<true>();
  const leave = () => left.resolve(true);
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  const timer = setInterval(() => void tick(), 1000);
  try {
    return await Promise.race([result.then(() => false), left.promise]);
  } finally {
    clearInterval(timer);
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  }
}

async function report(
  store: Store,
  sweepId: string,
  { isJson, tookMs }: { readonly isJson: boolean; readonly tookMs: number },
): Promise<void> {
  const row = await findSweep(store.sql, sweepId);
  if (isJson) {
    printJson(await sweepDocument(store, row));
    return;
  }
  const progress = await sweepProgress(store.sql, sweepId);
  const done = progress.completed + progress.failed + progress.refused;
  const isGone = await isAbandoned(store.sql, sweepId);
  note(
    `${statusText(row, isGone)}: ${plural(done, 'point')} in ${formatElapsed(tookMs)}, ` +
      `${formatCount(progress.eligible)} eligible` +
      (progress.failed > 0 ? `, ${formatCount(progress.failed)} failed` : '') +
      (progress.refused > 0 ? `, ${formatCount(progress.refused)} refused` : ''),
  );
  if (progress.failed > 0) {
    warn(`${plural(progress.failed, 'point')} failed`, whyFailed(row));
  }
  if (row.status === 'stopped' || isGone) note('run the same command again to go on from there');
  const axes = axisColumns(row.spec);
  const { metric } = row.spec.objective;
  const points = await rankResults(store.sql, { sweep: row, top: 10 });
  if (points.length > 0) {
    print();
    print(renderRanking(points, { axes, metric, ...tableStyle() }));
    print();
  }
  for (const line of nextHints(row, axes, points[0]?.pointIndex)) print(line);
}

function whyFailed({ viewName }: SweepRow): string {
  return `ideasweep sql "select point_index, error from ${viewName} where outcome = 'failed' limit 20"`;
}

function nextHints(row: SweepRow, axes: readonly string[], best: number | undefined): string[] {
  const hints = [
    ...(axes.length >= 2 ? [`ideasweep heatmap last --x ${axes[0]} --y ${axes[1]}`] : []),
    ...(best === undefined ? [] : [`ideasweep show last ${best}`]),
    'ideasweep rank last --by calmar --where "total_trades >= 100"',
    `ideasweep sql "select * from ${row.viewName} order by rank limit 20"`,
  ];
  return hints.map((hint, index) => `${index === 0 ? 'next:' : '     '} ${paint('cyan', hint)}`);
}
