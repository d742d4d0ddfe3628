import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  chmodSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCandleDb } from '../../../src/candles/db.ts';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { bundleProgram } from '../../../scripts/bundle-program.ts';
import { bundledMain } from '../../../src/cli/program.js';
import { METRIC_NAMES } from '../../../src/metrics/registry.ts';
import { addressOf } from '../../../src/store/db.ts';
import { readMigrations } from '../../../src/store/migrate.ts';
import { crossCard } from '../../support/cards.ts';
import { CardFolder, runCli, startCli, type CliResult } from '../../support/cli.ts';
import { testDatabase } from '../../support/database.ts';
import { storeCandles } from '../../support/sweep-home.ts';

/** A session as a user has it, every command a process of its own. */

const { config, sql, url } = testDatabase();
const empty = testDatabase('empty');
const env = { IDEASWEEP_HOME: config.home, DATABASE_URL: url };
const folder = new CardFolder();
const card = folder.write(
  crossCard(`
  window: { start: 2023-02-10, end: 2023-02-20 }
  axes:
    fast: { path: exec.fast.length, values: [5, 8, 40] }
    slow: { path: exec.slow.length, range: { start: 20, stop: 40, step: 10 } }
    stop: { path: risk_model.stop_loss.value, values: [1.5, 3] }
  constraints: ["fast < slow"]
  require: ["total_trades >= 5"]
`),
);

/** Enough points that a second command finds the first still at work. */
const WIDE = ['--axis', 'slow=41..160:1', '--axis', 'stop=1..4:0.1'];

let firstRun: CliResult;

const cli = (...args: string[]) => runCli(args, env);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await cli(...args, '--json');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

beforeAll(async () => {
  const series = { symbol: 'BTCUSDT', seed: 3, startMs: Date.UTC(2023, 0, 20) } as const;
  await storeCandles(config, synthesizeCandles({ ...series, timeframe: '5m', bars: 288 * 40 }));
  firstRun = await cli('run', card);
});
afterAll(() => folder[Symbol.dispose]());

test('run prints the ranking on stdout, what it did on stderr, and what to type next', () => {
  expect(firstRun.code).toBe(0);
  expect(firstRun.stderr).toMatch(/completed: 12 points in .*, 12 eligible/);
  expect(firstRun.stdout).toMatch(/rank +point +fast +slow +stop +sharpe/);
  expect(firstRun.stdout).toContain('next: ideasweep heatmap last --x fast --y slow');
});

test('a command from its sources says what the bundled program says, and confirms what that stored', async () => {
  await bundleProgram();
  expect(bundledMain()).toBeDefined();
  const fromSources = { ...env, IDEASWEEP_FROM_SOURCES: '1' };
  for (const args of [
    ['rank', 'last', '--json'],
    ['backtest', card, '--json'],
    ['show', 'last', 'best', '--json'],
  ]) {
    const bundled = await cli(...args);
    expect(bundled).toMatchObject({ code: 0 });
    expect(await runCli(args, fromSources)).toEqual(bundled);
  }
  const verified = await runCli(['verify', 'last', '--sample', '12', '--json'], fromSources);
  expect(verified.code).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ different: [] });
});

describe('what --json prints', () => {
  test('plan: points, axes, feeds, estimate, warnings', async () => {
    const plan = await json('plan', card);
    expect(plan).toMatchObject({
      points: { total: 18, admitted: 12, refused: 0 },
      axes: [
        { name: 'fast', path: 'exec.fast.length', values: [5, 8, 40] },
        { name: 'slow', values: [20, 30, 40] },
        { name: 'stop', values: [1.5, 3] },
      ],
      feeds: [{ symbol: 'BTCUSDT', timeframe: '5m', columns: 6, cached: true }],
      warnings: [],
    });
    expect(plan.estimate.seconds).toBeGreaterThan(0);
    expect(plan.batches).toBeGreaterThan(0);
  });

  test('plan tells the time by a pilot of the card', async () => {
    const piloted = await cli('plan', card);
    expect(piloted.stdout).toMatch(/time +[\d.]+ m?s \([\d.]+( ms)?–[\d.]+\)/);
    expect(piloted.stdout).not.toContain('a guess');
  });

  test('status: state, counts, best point', async () => {
    const status = await json('status');
    expect(status).toMatchObject({
      name: 'ema-cross',
      status: 'completed',
      executor: 'local',
      points: { total: 18, admitted: 12, completed: 12, failed: 0, eligible: 12 },
      best: { rank: 1 },
    });
    expect(Object.keys(status.best.metrics)).toEqual([...METRIC_NAMES]);
  });

  test('rank: rows in order, every metric, params in axis order', async () => {
    const rows = await json('rank', 'last');
    expect(rows).toHaveLength(12);
    expect(rows.map((row: { rank: number }) => row.rank)).toEqual(
      rows.map((_: unknown, k: number) => k + 1),
    );
    expect(Object.keys(rows[0])).toEqual([
      'rank',
      'point_index',
      'eligible',
      'outcome',
      'params',
      ...METRIC_NAMES,
    ]);
    expect(Object.keys(rows[0].params)).toEqual(['fast', 'slow', 'stop']);
    const sharpes = rows.map((row: { sharpe: number }) => row.sharpe);
    expect(sharpes).toEqual(sharpes.toSorted((a: number, b: number) => b - a));
  });

  test('show: the stored row again, bit for bit, with trades and equity', async () => {
    const [first] = await json('rank', 'last', '--top', '1');
    const shown = await json('show', 'last', String(first.point_index), '--equity');
    expect(shown).toMatchObject({ rank: 1, point_index: first.point_index, params: first.params });
    for (const name of METRIC_NAMES)
      expect([name, shown.metrics[name]]).toEqual([name, first[name]]);
    expect(shown.trades).toHaveLength(first.total_trades);
    expect(shown.equity).toHaveLength(first.total_bars);
    expect(shown.equity.at(-1)[1]).toBe(first.final_equity);
    expect(await json('show', 'last', 'best', '--equity')).toEqual(shown);
  });

  test('backtest with a point’s values: the same numbers as in the grid', async () => {
    const [first] = await json('rank', 'last', '--top', '1');
    const { fast, slow, stop } = first.params;
    const alone = await json(
      'backtest',
      card,
      `--set=exec.fast.length=${fast}`,
      `--set=exec.slow.length=${slow}`,
      `--set=risk_model.stop_loss.value=${stop}`,
    );
    for (const name of METRIC_NAMES)
      expect([name, alone.metrics[name]]).toEqual([name, first[name]]);
    expect(alone).toMatchObject({
      symbol: 'BTCUSDT',
      timeframes: { exec: '5m' },
      window: { start: '2023-02-10T00:00:00Z', end: '2023-02-20T00:00:00Z' },
      bars: 2880,
      outcome: 'completed',
      profile: 'standard',
    });
    expect(alone).not.toHaveProperty('equity');
  });

  test('db migrate: where, the version of the schema, and what it applied', async () => {
    const names = readMigrations().map(({ name }) => name);
    const current = { address: addressOf(url), version: names.length };
    expect(await json('db', 'migrate')).toEqual({ ...current, applied: [] });
    const { stdout } = await runCli(['db', 'migrate', '--json'], {
      ...env,
      DATABASE_URL: empty.url,
    });
    expect(JSON.parse(stdout)).toMatchObject({ version: names.length, applied: names });
  });

  test('list and heatmap', async () => {
    expect(await json('list')).toMatchObject([{ name: 'ema-cross', status: 'completed' }]);
    const heatmap = await json('heatmap', 'last', '--x', 'fast', '--y', 'slow');
    const rows = await json('rank', 'last');
    const best = Math.max(...rows.map((row: { sharpe: number }) => row.sharpe));
    expect(heatmap).toMatchObject({ x_values: [5, 8, 40], y_values: [20, 30, 40] });
    expect(Math.max(...heatmap.cells.flat().filter((cell: number | null) => cell !== null))).toBe(
      best,
    );
    expect(heatmap.cells.map((line: unknown[]) => line[2])).toEqual([null, null, null]);
  });
});

test('show --card prints a card that runs to the same numbers', async () => {
  const [first] = await json('rank', 'last', '--top', '1');
  const { stdout } = await cli('show', 'last', 'best', '--card');
  const window = '--window=2023-02-10..2023-02-20';
  const alone = await json('backtest', folder.write(stdout), window, '--strict');
  for (const name of METRIC_NAMES) expect([name, alone.metrics[name]]).toEqual([name, first[name]]);
});

describe('without a sweep section', () => {
  const plain = folder.write(crossCard('').replace(/sweep:[\s\S]*$/, ''));

  test('backtest takes all candles after the warm-up', async () => {
    const all = await json('backtest', plain);
    // The slow EMA wants 7 · 100 bars, two and a half days; the window starts at a midnight.
    expect(all.window).toEqual({ start: '2023-01-23T00:00:00Z', end: '2023-03-01T00:00:00Z' });
    expect(all.bars).toBe(37 * 288);
  });

  test('a sweep file beside the card says what to run', async () => {
    const file = folder.write(`
card: ${basename(plain)}
name: from-file
window: { start: 2023-02-10, end: 2023-02-12 }
axes: { fast: { path: exec.fast.length, values: [5, 8] } }
`);
    const status = await json('plan', file);
    expect(status.points).toMatchObject({ total: 2, admitted: 2 });
  });

  test('run asks for a window', async () => {
    const { code, stderr } = await cli('run', plain);
    expect(stderr).toMatch(/The sweep has no window[\s\S]*--window A\.\.B/);
    expect(code).toBe(2);
  });
});

describe('what a person sees', () => {
  test.each([
    [['status'], /12 of 12 \(100 %\), 12 eligible; the whole grid has 18/],
    [['list'], /ema-cross +completed +12 +local/],
    [
      ['rank', 'last', '--by', 'calmar', '--top', '3'],
      /rank +point +fast +slow +stop +calmar +sharpe/,
    ],
    [['heatmap', 'last'], /each cell the best eligible point over stop[\s\S]*fast →[\s\S]*\*/],
    [['show', 'last', 'best'], /rank 1 of 12[\s\S]*Result[\s\S]*equity, USDT[\s\S]*side +entry/],
    [['plan', card], /3 × 3 × 2 = 18[\s\S]*after "fast < slow": 12[\s\S]*\(built\)/],
    [['doctor'], /✓ postgres +PostgreSQL \d+/],
  ])('%j', async (args, says) => {
    const { code, stdout } = await cli(...args);
    expect(stdout).toMatch(says);
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
    expect(stdout).not.toContain('\u001B');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
    expect(code).toBe(0);
  });

  test('rank --where hides rows and keeps their ranks', async () => {
    const rows = await json('rank', 'last', '--where', 'fast == 8 and stop < 2');
    expect(rows.length).toBe(3);
    expect(rows.every((row: { params: { fast: number } }) => row.params.fast === 8)).toBe(true);
    expect(rows.at(-1).rank).toBeGreaterThan(3);
  });
});

test('a reader that leaves early (head) is no failure', async () => {
  const reading = startCli(['rank', 'last', '--json'], env);
  reading.child.stdout?.destroy();
  const { code, stderr } = await reading.done;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

describe('files', () => {
  test('rank --csv and --parquet hold every row', async () => {
    const csv = join(folder.path, 'rank.csv');
    const parquet = join(folder.path, 'rank.parquet');
    expect((await cli('rank', 'last', '--csv', csv, '--parquet', parquet)).code).toBe(0);
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    expect(lines).toHaveLength(13);
    expect(lines[0]).toMatch(/^rank,point_index,eligible,outcome,fast,slow,stop,initial_equity,/);
    const ranked = await json('rank', 'last');
    expect(await query(`select sharpe, fast from '${parquet}' order by rank`)).toEqual(
      ranked.map((row: { sharpe: number; params: { fast: number } }) => ({
        sharpe: row.sharpe,
        fast: row.params.fast,
      })),
    );
  });

  test('backtest writes trades and equity, and nothing where the folder is missing', async () => {
    const csv = join(folder.path, 'trades.csv');
    const parquet = join(folder.path, 'equity.parquet');
    const done = await cli('backtest', card, '--trades-csv', csv, '--equity-parquet', parquet);
    expect(done.code).toBe(0);
    expect(readFileSync(csv, 'utf8')).toMatch(/^symbol,side,entry_time,/);
    const [summary] = await query(
      `select count(*)::int as n, min(time)::varchar as first from '${parquet}'`,
    );
    expect(summary).toEqual({ n: 2880, first: '2023-02-10 00:05:00' });
    const lost = await cli('backtest', card, '--trades-csv', join(folder.path, 'none', 'x.csv'));
    expect(lost.stderr).toMatch(/--trades-csv .*x\.csv: the folder .*none does not exist/);
    expect(lost.code).toBe(2);
    expect(readdirSync(folder.path).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  test('init writes the example once and never over it', async () => {
    const first = await cli('init', folder.path);
    expect(first.stderr).toMatch(/wrote .*ema-cross\.yml/);
    expect(existsSync(join(folder.path, 'cards', 'ema-cross.yml'))).toBe(true);
    expect((await cli('init', folder.path)).stderr).toMatch(/is there already/);
  });
});

describe('when something goes wrong', () => {
  test('a damaged feed is refused by name, built again, and the ranking is the same', async () => {
    const before = await json('rank', 'last');
    const feeds = readdirSync(config.feedsDir);
    for (const feed of feeds) damage(join(config.feedsDir, feed));
    const again = await cli('run', card);
    const [, named] = /warning: .*?([\w-]+\.arrow).*built again/.exec(again.stderr) ?? [];
    expect(feeds).toContain(named);
    expect(again.code).toBe(0);
    expect(await json('rank', 'last')).toEqual(before);
  });

  test('Ctrl-C stops with exit code 3, and the same command goes on to the same ranking', async () => {
    const wide = ['run', card, ...WIDE, '--name', 'wide', '--batch-size', '8'];
    const stopped = startCli(wide, { ...env, IDEASWEEP_THREADS: '1' });
    await stopped.shows('wide: 11,160 points');
    await untilRows(1);
    stopped.child.kill('SIGINT');
    const first = await stopped.done;
    expect(first.stderr).toMatch(/stopping[\s\S]*stopped: [\d,]+ points?/);
    expect(first.code).toBe(3);
    const second = await cli(...wide);
    expect(second.stderr).toMatch(
      /resuming sweep \w+ {2}wide: [1-9][\d,]* of 11,160 points are there already/,
    );
    expect(second.stderr).toMatch(/completed: 11,160 points/);
    const resumed = await json('rank', 'last');
    expect((await cli(...wide, '--fresh', '--threads', '2')).code).toBe(0);
    expect(await json('rank', 'last')).toEqual(resumed);
  });

  test('verify finds every bit equal, and a row altered by hand in SQL', async () => {
    const before = await json('verify', 'ema-cross', '--sample', '5', '--seed', '3');
    expect(before).toMatchObject({ sampled: 5, equal: 5, different: [], rows: { stored: 12 } });
    await sql`update results set max_drawdown_pct = max_drawdown_pct * (1 + 2e-16) where point_index = 4
      and sweep_id = find_sweep_id('ema-cross')`;
    const { code, stdout } = await cli('verify', 'ema-cross', '--json');
    expect(code).toBe(1);
    const { sampled, equal, different } = JSON.parse(stdout);
    expect([sampled, equal]).toEqual([12, 11]);
    expect(different).toMatchObject([{ point_index: 4, metric: 'max_drawdown_pct' }]);
    expect((await cli('verify', 'ema-cross')).stdout).toMatch(/12 points run again .*, 1 differ/);
    await sql`update results set max_drawdown_pct = ${different[0].recomputed}
      where point_index = 4 and sweep_id = find_sweep_id('ema-cross')`;
  });

  test('verify names the points whose rows were deleted by hand, outside of its sample too', async () => {
    await sql`create table deleted as select * from results
      where point_index in (1, 6) and sweep_id = find_sweep_id('ema-cross')`;
    await sql`delete from results where point_index in (1, 6) and sweep_id = find_sweep_id('ema-cross')`;
    const { code, stdout } = await cli('verify', 'ema-cross', '--sample', '2');
    await sql`insert into results select * from deleted`;
    expect(stdout).toMatch(
      /10 rows stored, but its batches saved 12\n {2}missing: 2 points: 1, 6\n/,
    );
    expect(stdout).toContain('to have the rows again: ideasweep run CARD --fresh');
    expect(code).toBe(1);
    const intact = await cli('verify', 'ema-cross', '--sample', '2');
    expect(intact.stdout).toMatch(/12 rows stored, as many as its batches saved\n/);
    expect(intact.code).toBe(0);
  });

  test.each([
    ['params', 'params || \'{"fast": 9}\''],
    ['eligible', 'not eligible'],
    ['objective', 'objective + 1'],
  ])('verify finds %s altered by hand', async (column, expression) => {
    const set = (value: string) =>
      sql.unsafe(
        `update results set ${column} = ${value} where point_index = 4 and sweep_id = find_sweep_id('ema-cross')`,
      );
    const [row] = await sql`select ${sql(column)}::text as old from results
      where point_index = 4 and sweep_id = find_sweep_id('ema-cross')`;
    await set(expression);
    const { code, stdout } = await cli('verify', 'ema-cross', '--json');
    await set(`'${row?.['old']}'`);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      equal: 11,
      different: [{ point_index: 4, metric: column }],
    });
    expect((await cli('verify', 'ema-cross')).code).toBe(0);
  });

  test('a second run of the same sweep follows the first and prints its ranking', async () => {
    const args = ['run', card, ...WIDE, '--name', 'followed', '--batch-size', '8'];
    const first = startCli(args, { ...env, IDEASWEEP_THREADS: '1' });
    await first.shows('followed: 11,160 points');
    await untilRows(1, 'followed');
    const second = await cli(...args);
    expect(second.stderr).toMatch(/is run by another process; following it/);
    expect(second.code).toBe(0);
    expect((await first.done).code).toBe(0);
    expect(second.stdout).toBe((await first.done).stdout);
    const [sweeps] = await sql`select count(*)::int as n from sweeps where name = 'followed'`;
    expect(sweeps?.['n']).toBe(1);
  });

  test('every screen says when the command of a running sweep is gone, and running it again finishes it', async () => {
    const args = ['run', card, ...WIDE, '--name', 'killed', '--batch-size', '8', '--fresh'];
    const first = startCli(args, { ...env, IDEASWEEP_THREADS: '1' });
    await first.shows('killed: 11,160 points');
    await untilRows(1, 'killed');
    expect((await cli('status', 'killed')).stdout).toMatch(/status +running +\(local\)$/m);
    expect(await json('status', 'killed')).toMatchObject({ status: 'running', abandoned: false });
    expect((await json('list'))[0]).toMatchObject({ status: 'running', abandoned: false });
    const follower = startCli(args.slice(0, -1), env);
    await follower.shows('is run by another process; following it');
    first.child.kill('SIGKILL');
    await first.done;
    expect(await follower.done).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/command gone: .* points[\s\S]*run the same command again/),
    });
    expect((await cli('status', 'killed')).stdout).toMatch(
      /running +\(local\), but its command is gone/,
    );
    expect((await cli('list')).stdout).toMatch(/killed +command gone +11,160/);
    const gone = { name: 'killed', status: 'running', abandoned: true };
    expect(await json('status', 'killed')).toMatchObject(gone);
    expect((await json('list'))[0]).toMatchObject(gone);
    const again = await cli(...args.slice(0, -1));
    expect(again.stderr).toMatch(/resuming sweep \w+ {2}killed/);
    expect((await cli('status', 'killed')).stdout).toMatch(/status +completed +\(local\)$/m);
  });

  test('a sweep whose feeds cannot be built is failed, and goes on when they can', async () => {
    const args = ['run', card, '--axis', 'fast=6,7', '--name', 'unbuilt'];
    renameSync(config.feedsDir, `${config.feedsDir}.kept`);
    writeFileSync(config.feedsDir, 'a file in its place');
    const first = await cli(...args);
    rmSync(config.feedsDir);
    renameSync(`${config.feedsDir}.kept`, config.feedsDir);
    expect(first).toMatchObject({ code: 2, stderr: expect.stringContaining('is a file') });
    const status = await cli('status', 'unbuilt');
    expect(status.stdout).toMatch(/status +failed[\s\S]*error +feeds were not built: .* is a file/);
    const again = await cli(...args);
    expect(again.stderr).toMatch(/resuming sweep[\s\S]*completed: 12 points/);
    expect((await cli('status', 'unbuilt')).stdout).not.toMatch(/error|failed/);
  });

  test('IDEASWEEP_LOG_LEVEL drops the lines below it', async () => {
    const args = ['run', card, '--name', 'leveled', '--axis', 'fast=5'];
    await cli(...args);
    await sql`create view on_leveled as select * from sweep_leveled`;
    const other = [...args, '--axis', 'target:risk_model.take_profit.value=2,3'];
    expect((await cli(...other)).stderr).toMatch(/Z warn view not renewed.* view=sweep_leveled/);
    const quiet = await runCli(other, { ...env, IDEASWEEP_LOG_LEVEL: 'error' });
    expect(quiet.stderr).toMatch(/^sweep .*: 12 points\ncompleted: 12 points .*\n$/);
  });

  test('show after the candles changed ends in a named error', async () => {
    await using db = await openCandleDb(config.candlesPath, { readOnly: false });
    await db.run(
      `update ohlcv_live set close = close * 1.0001 where timestamp = '2023-02-12 12:00:00'`,
    );
    db.close();
    const { code, stdout } = await cli('show', 'last', 'best', '--json');
    expect(JSON.parse(stdout).error.code).toBe('CANDLES_CHANGED');
    expect(code).toBe(1);
  });
});

async function untilRows(count: number, name = 'wide'): Promise<void> {
  for (;;) {
    const [row] = await sql<{ saved: number }[]>`
      select coalesce(sum(completed), 0)::int as saved from batches join sweeps using (sweep_id)
      where name = ${name}`;
    if ((row?.saved ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function damage(path: string): void {
  chmodSync(path, 0o644);
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.from([1, 2, 3, 4]), 0, 4, 20_000);
  closeSync(descriptor);
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(text);
  const rows = reader.getRowObjectsJS() as Record<string, unknown>[];
  connection.closeSync();
  instance.closeSync();
  return rows;
}
