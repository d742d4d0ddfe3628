import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { runNight } from '../../../src/nightly/run-night.ts';
import { findSchedule } from '../../../src/nightly/schedule-rows.ts';
import type { Store } from '../../../src/store/db.ts';
import { sweepRows } from '../../support/sweep-rows.ts';
import { crossCard } from '../../support/cards.ts';
import { localRows, spawnCli, sweepOf, temporalHome } from '../../support/temporal-home.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

const AXES = `
  axes:
    fast: { path: exec.fast.length, values: [5, 8, 13] }
    slow: { path: exec.slow.length, values: [21, 34] }
  objective: { metric: sharpe, direction: maximize }
`;
const ROLLING = crossCard(`  window: { last: 20d }${AXES}`);
const FIXED = crossCard(`  window: { start: 2023-02-01, end: 2023-02-20 }${AXES}`);

const folder = mkdtempSync(join(tmpdir(), 'ideasweep-nightly-'));
const rolling = join(folder, 'rolling.yml');
const fixed = join(folder, 'fixed.yml');
writeFileSync(rolling, ROLLING);
writeFileSync(fixed, FIXED);
afterAll(() => rmSync(folder, { recursive: true }));

interface FailedRow {
  readonly scheduleName: string | null;
  readonly sweepId: string | null;
}

/** Failed nights, of one as-of instant where it is given. */
function failedNights({ sql }: Store, asOfMs?: number): Promise<readonly FailedRow[]> {
  return sql<FailedRow[]>`
    select schedule_name as "scheduleName", name, window_start as start, window_end as end,
      sweep_id as "sweepId", error
    from nightly_runs where status = 'failed'
      and (${asOfMs === undefined} or as_of = ${new Date(asOfMs ?? 0)})`;
}

describe(`nightly${temporalSkipReason()}`, () => {
  const home = temporalHome();

  async function cli(...args: string[]) {
    await using process = spawnCli(home, ...args);
    const exitCode = await process.exitCode();
    return { exitCode, stdout: process.stdout, stderr: process.stderr };
  }

  it('rolls the window with the as-of day and compares with the night before, without Temporal', async () => {
    await using store = await home.database.openStore();
    const night = (day: number) =>
      runNight(
        home.config,
        store,
        { parsed: parseCard(ROLLING), overrides: {}, asOfMs: Date.UTC(2023, 2, day, 15) },
        { threads: 2 },
      );
    const first = await night(1);
    expect(first).toMatchObject({ status: 'completed', comparison: null, name: 'ema-cross' });
    const second = await night(2);
    expect(second?.previousSweepId).toBe(first?.sweepId);
    expect(second?.comparison?.previous_best).toEqual(first?.best);
    expect(second?.comparison?.previous_best_tonight?.rank).toBeGreaterThanOrEqual(1);
    const windows = await store.sql<{ start: Date; end: Date }[]>`
      select window_start as start, window_end as end from nightly_runs order by nightly_run_id`;
    expect(windows.map(({ start, end }) => [start.toISOString(), end.toISOString()])).toEqual([
      ['2023-02-09T00:00:00.000Z', '2023-03-01T00:00:00.000Z'],
      ['2023-02-10T00:00:00.000Z', '2023-03-02T00:00:00.000Z'],
    ]);
  });

  it('records a night that fails before it has a sweep, without Temporal', async () => {
    await using store = await home.database.openStore();
    const asOfMs = Date.UTC(2024, 2, 1);
    const order = { parsed: parseCard(ROLLING), overrides: {}, asOfMs };
    const night = () => runNight(home.config, store, order, { threads: 1 });
    await expect(night()).rejects.toMatchObject({ code: 'WINDOW_EMPTY' });
    // The same night again replaces its row.
    await expect(night()).rejects.toMatchObject({ code: 'WINDOW_EMPTY' });
    expect(await failedNights(store, asOfMs)).toEqual([
      {
        scheduleName: null,
        name: 'ema-cross',
        start: new Date('2024-02-10T00:00:00Z'),
        end: new Date(asOfMs),
        sweepId: null,
        error: expect.stringMatching(/^WINDOW_EMPTY: ./),
      },
    ]);
    const byHand = await cli('nightly', rolling, '--as-of', '2024-03-02', '--json');
    expect([byHand.exitCode, JSON.parse(byHand.stdout).error.code]).toEqual([2, 'WINDOW_EMPTY']);
    expect(await failedNights(store, Date.UTC(2024, 2, 2))).toHaveLength(1);
  });

  it('gives the best params in the order of the axes', async () => {
    await using store = await home.database.openStore();
    const swapped = ROLLING.replace(/( +fast: \{ path: exec.*\n)( +slow: .*\n)/, '$2$1').replaceAll(
      'slow: { path: exec',
      'the_slow: { path: exec',
    );
    const order = { parsed: parseCard(swapped), overrides: {}, asOfMs: Date.UTC(2023, 2, 8) };
    const night = await runNight(home.config, store, order, { threads: 1 });
    // jsonb would put the shorter name first.
    expect(Object.keys(night?.best?.params ?? {})).toEqual(['the_slow', 'fast']);
  });

  it('does it from the command line, and refuses what cannot roll', async () => {
    const night = await cli('nightly', rolling, '--as-of', '2023-03-05', '--json');
    expect([night.exitCode, night.stderr]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(night.stdout)).toMatchObject({ status: 'completed', schedule_name: null });
    const refused = await cli('nightly', fixed, '--as-of', '2023-03-05');
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('window that rolls'),
    ]);
    const archive = await cli('nightly', rolling, '--refresh', 'archive');
    expect([archive.exitCode, archive.stderr]).toEqual([
      2,
      expect.stringContaining('not built yet'),
    ]);
    const odd = await cli('nightly', rolling, '--as-of', 'yesterday');
    expect([odd.exitCode, odd.stderr]).toEqual([
      2,
      expect.stringContaining('"yesterday" is no date'),
    ]);
  });

  describe.skipIf(!temporalAddress())('by a Temporal Schedule', () => {
    const create = ['schedule', 'create', 'btc', rolling, '--cron', '0 2 * * *', '--timezone'];

    it('creates, lists, triggers and deletes a schedule, and its night equals a local run', async () => {
      const created = await cli(...create, 'Europe/Berlin', '--window', 'last:40d', '--json');
      expect([created.exitCode, created.stderr]).toEqual([0, '']);
      expect(JSON.parse(created.stdout)).toMatchObject({ name: 'btc', is_paused: false });
      expect(Date.parse(JSON.parse(created.stdout).next_run)).toBeGreaterThan(Date.now());
      // The card is kept as it was: what happens to the file later changes no night.
      writeFileSync(rolling, FIXED);
      const listed = await cli('schedule', 'list');
      expect(listed.stdout).toContain('0 2 * * * Europe/Berlin');
      const twice = await cli(...create, 'UTC');
      expect(twice.exitCode).toBe(2);
      writeFileSync(rolling, ROLLING);
      const conflict = await cli(...create, 'UTC');
      expect([conflict.exitCode, conflict.stderr]).toEqual([2, expect.stringContaining('already')]);

      expect((await cli('schedule', 'delete', 'btc')).exitCode).toBe(0);
      expect((await cli('schedule', 'trigger', 'btc')).exitCode).toBe(2);
    });

    it('runs a triggered night as a child sweep and records it', async () => {
      await using store = await home.database.openStore();
      // Candles end in spring 2023, so tonight's window is far outside them but for one that is long.
      const days = Math.ceil((Date.now() - Date.UTC(2023, 1, 10)) / 86_400_000);
      const overrides = { window: `last:${days}d` };
      const created = await cli(...create, 'UTC', '--window', overrides.window);
      expect([created.exitCode, created.stderr]).toEqual([0, '']);
      await using worker = spawnCli(home, 'worker');
      await worker.untilPrinted('ready');
      expect((await cli('schedule', 'trigger', 'btc')).exitCode).toBe(0);
      const night = async () => {
        const [row] = await store.sql<{ sweepId: string; status: string }[]>`
          select sweep_id as "sweepId", status from nightly_runs where schedule_name = 'btc'`;
        return row;
      };
      while (!(await night())) await sleep(50);
      const recorded = await night();
      expect(recorded?.status).toBe('completed');
      const { options } = await findSchedule(store.sql, 'btc');
      expect(options.overrides).toEqual(overrides);
      const today = new Date(Date.now()).toISOString().slice(0, 10);
      const start = new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10);
      const sweep = sweepOf(ROLLING, { window: `${start}..${today}` });
      expect(await sweepRows(store.sql, recorded?.sweepId ?? '')).toEqual(
        await localRows(home.config, store, sweep),
      );
      expect((await cli('schedule', 'delete', 'btc')).exitCode).toBe(0);
      expect(await worker.kill('SIGTERM')).toBe(0);
    });

    it('records a triggered night that fails before it has a sweep', async () => {
      await using store = await home.database.openStore();
      // Candles end in spring 2023: the last twenty days hold none.
      expect((await cli(...create, 'UTC')).exitCode).toBe(0);
      await using worker = spawnCli(home, 'worker');
      await worker.untilPrinted('ready');
      expect((await cli('schedule', 'trigger', 'btc')).exitCode).toBe(0);
      const failed = async () => {
        const nights = await failedNights(store);
        return nights.find(({ scheduleName }) => scheduleName === 'btc');
      };
      while (!(await failed())) await sleep(50);
      expect(await failed()).toMatchObject({
        name: 'ema-cross',
        sweepId: null,
        start: expect.any(Date),
        error: expect.stringMatching(/^WINDOW_EMPTY: ./),
      });
      expect((await cli('schedule', 'delete', 'btc')).exitCode).toBe(0);
      expect(await worker.kill('SIGTERM')).toBe(0);
    });

    it('refuses a schedule whose window does not roll, or whose cron text is none', async () => {
      const refused = await cli('schedule', 'create', 'x', fixed, '--cron', '0 2 * * *');
      expect([refused.exitCode, refused.stderr]).toEqual([
        2,
        expect.stringContaining('window that rolls'),
      ]);
      const odd = await cli('schedule', 'create', 'x', rolling, '--cron', 'at night');
      expect([odd.exitCode, odd.stderr]).toEqual([2, expect.stringContaining('"at night"')]);
      expect(JSON.parse((await cli('schedule', 'list', '--json')).stdout)).toEqual([]);
    });
  });
});
