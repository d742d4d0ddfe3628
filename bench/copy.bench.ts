import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import type { IdeaCard } from '../src/card/schema.ts';
import { loadConfig } from '../src/config.ts';
import type { Sweep } from '../src/grid/spec.ts';
import { hashJson } from '../src/hash.ts';
import { CHECKPOINT_ROWS_MAX } from '../src/limits.ts';
import { METRIC_COLUMNS } from '../src/metrics/registry.ts';
import { claimBatch, finishBatch } from '../src/store/batches.ts';
import { openStore } from '../src/store/db.ts';
import { rankResults } from '../src/store/rank.ts';
import { saveCheckpoint, sweepProgress, type ResultRows } from '../src/store/results.ts';
import { createSweep, finishSweep, type SweepRow } from '../src/store/sweeps.ts';
import type { Bench, Figure } from './harness.ts';
import { kernelLoad } from './kernel-load.ts';

/** Rows with all metrics through checkpoints into an embedded Postgres, then ranked and read. */
export const bench: Bench<{ readonly rows: number; readonly loadBars: number }> = {
  small: { rows: 4_000, loadBars: 1_000 },
  large: { rows: 1_000_000, loadBars: 105_120 },
  async run({ rows, loadBars }) {
    const home = mkdtempSync(join(tmpdir(), 'ideasweep-bench-'));
    try {
      await using store = await openStore(loadConfig({ IDEASWEEP_HOME: home }));
      const alone = await saveAll(store.sql, await createBenchSweep(store.sql, rows), rows);
      const sweep = await createBenchSweep(store.sql, rows);
      const busy = await saveUnderLoad(store.sql, sweep, { rows, loadBars });
      const [ended, rankMs] = await timed(() => finishSweep(store.sql, sweep.sweepId));
      const figures = await readFigures(store.sql, ended);
      const top = await rankResults(store.sql, { sweep: ended, top: 100 });
      return {
        figures: [
          { label: 'rows saved', value: alone.wallMs / 1_000, unit: 's' },
          { label: 'main thread a row', value: (alone.mainMs * 1_000) / rows, unit: 'µs' },
          { label: 'rows saved while the kernel runs', value: busy.wallMs / 1_000, unit: 's' },
          { label: 'points run meanwhile', value: busy.points, unit: '' },
          { label: 'ranks written', value: rankMs / 1_000, unit: 's' },
          ...figures,
        ],
        hash: hashJson(top.map(({ pointIndex, metrics }) => ({ pointIndex, metrics }))),
      };
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
};

// --- internal ---

async function createBenchSweep(sql: Sql, rows: number): Promise<SweepRow> {
  const axes = ['fast', 'slow'].map((name, index) => ({
    name,
    members: [{ column: name, path: [name], text: name }],
    values: Array.from({ length: index === 0 ? rows / 1_000 : 1_000 }, (_, value) => [value]),
  }));
  const spec: Sweep = {
    name: 'copy',
    card: {} as IdeaCard,
    profile: 'standard',
    window: { startMs: 0, endMs: 1 },
    axes,
    constraints: [],
    require: [],
    objective: { metric: 'sharpe', direction: 'maximize' },
    precision: 'float64',
    allowShortWarmup: false,
  };
  return createSweep(sql, {
    name: 'copy',
    identity: 'copy',
    spec,
    cardHash: '',
    candleDigest: '',
    engineVersion: '',
    executor: 'local',
    feeds: [],
    points: { total: rows, admitted: rows, refused: 0, isEstimated: false },
  });
}

interface Saving {
  readonly wallMs: number;
  /** Processor time of the main thread: it competes with the threads that compute. */
  readonly mainMs: number;
}

/** One kernel thread per core beside the two writers and the server. */
async function saveUnderLoad(
  sql: Sql,
  sweep: SweepRow,
  { rows, loadBars }: { readonly rows: number; readonly loadBars: number },
): Promise<Saving & { readonly points: number }> {
  await using load = await kernelLoad(availableParallelism(), loadBars);
  const saving = await saveAll(sql, sweep, rows);
  return { ...saving, points: load.points() };
}

/** Only the saving is timed; two writers, as two threads of a pool save in turn. */
async function saveAll(sql: Sql, { sweepId }: SweepRow, total: number): Promise<Saving> {
  let [wallMs, mainMs] = [0, 0];
  const half = total / 2;
  const attempts = await Promise.all(
    [0, half].map((start) =>
      claimBatch(sql, { sweepId, start, end: start + half, worker: 'bench' }),
    ),
  );
  for (let offset = 0; offset < half; offset += CHECKPOINT_ROWS_MAX) {
    const count = Math.min(CHECKPOINT_ROWS_MAX, half - offset);
    const checkpoints = attempts.map(({ attempt }, index) => {
      const from = index * half + offset;
      const rows = madeUpRows(from, count);
      return { sweepId, batchStart: index * half, attempt, from, to: from + count, rows };
    });
    const startCpu = process.threadCpuUsage();
    const [, ms] = await timed(() =>
      Promise.all(checkpoints.map((one) => saveCheckpoint(sql, one))),
    );
    const { user, system } = process.threadCpuUsage(startCpu);
    wallMs += ms;
    mainMs += (user + system) / 1_000;
  }
  for (const [index, { attempt }] of attempts.entries()) {
    await finishBatch(sql, { sweepId, start: index * half, attempt, elapsedMs: 0, digest: '' });
  }
  return { wallMs, mainMs };
}

function madeUpRows(from: number, count: number): ResultRows {
  const metrics = new Float64Array(count * METRIC_COLUMNS.length);
  let state = from + 1;
  for (let cell = 0; cell < metrics.length; cell += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    metrics[cell] = state / 4_294_967_296;
  }
  const points = Array.from({ length: count }, (_, row) => from + row);
  return {
    count,
    pointIndex: Float64Array.from(points),
    metrics,
    outcome: () => 'completed',
    eligible: (row) => (from + row) % 3 !== 0,
    paramsJson: (row) =>
      JSON.stringify({ fast: Math.floor((from + row) / 1_000), slow: (from + row) % 1_000 }),
    profitFactorMode: () => 'finite',
    error: () => null,
  };
}

async function readFigures(sql: Sql, sweep: SweepRow): Promise<Figure[]> {
  const queries: Record<string, () => Promise<unknown>> = {
    'rank, top 20': () => rankResults(sql, { sweep, top: 20 }),
    'rank --by calmar, top 20': () => rankResults(sql, { sweep, by: 'calmar', top: 20 }),
    'view, order by rank limit 20': () => sql`select * from sweep_copy order by rank limit 20`,
    'ranked_results, order by rank limit 20': () =>
      sql`select * from ranked_results where sweep_id = ${sweep.sweepId} order by rank limit 20`,
    'heatmap of two axes': () => sql`select * from sweep_heatmap('last', 'fast', 'slow', 'sharpe')`,
    progress: () => sweepProgress(sql, sweep.sweepId),
  };
  const figures: Figure[] = [];
  for (const [label, query] of Object.entries(queries)) {
    const [, ms] = await timed(query);
    figures.push({ label, value: ms, unit: 'ms' });
  }
  const [size] = await sql<{ bytes: number }[]>`
    select pg_total_relation_size(${`results_${sweep.sweepId}`}::regclass) as bytes`;
  const bytesPerRow = (size?.bytes ?? 0) / sweep.points.total;
  return [...figures, { label: 'stored per row', value: bytesPerRow, unit: 'B' }];
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startMs = performance.now();
  const result = await work();
  return [result, performance.now() - startMs];
}
