import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { loadConfig } from '../../../src/config.ts';
import { findRunning, startTemporal } from '../../../src/services/temporal.ts';
import { findTemporalBinary } from '../../../src/services/temporal-binary.ts';
import { connectTemporal } from '../../../src/temporal/client.ts';
import { isAlive, type RunningTemporal } from '../../../src/temporal/connect.ts';
import { crossCard } from '../../support/cards.ts';
import { storeCandles } from '../../support/sweep-home.ts';
import { spawnCliWith } from '../../support/temporal-home.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

const temporal = inject('temporal');
const TEMPORAL_CLI = 'binary' in temporal ? temporal.binary : '';

describe.skipIf(!temporalAddress())(`dev${temporalSkipReason()}`, () => {
  let home = '';
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'ideasweep-dev-'))));
  afterEach(async () => {
    // A test that failed halfway has killed its dev, and the server would outlive the run.
    const config = loadConfig(environment());
    if (await findRunning(config)) await (await startTemporal(config)).stop();
    rmSync(home, { recursive: true, force: true });
  });

  const environment = () => ({
    IDEASWEEP_HOME: home,
    IDEASWEEP_THREADS: '2',
    DATABASE_URL: '',
    TEMPORAL_ADDRESS: '',
    TEMPORAL_CLI,
  });
  const runFile = () => join(home, 'run/temporal.json');
  const running = () => JSON.parse(readFileSync(runFile(), 'utf8')) as RunningTemporal;

  it('starts Postgres, Temporal and a worker that other commands find; Ctrl-C stops them all', async () => {
    const startMs = Date.UTC(2023, 0, 1);
    const synthetic = { symbol: 'BTCUSDT', timeframe: '5m', bars: 9000, seed: 3, startMs } as const;
    await storeCandles(loadConfig(environment()), synthesizeCandles(synthetic));
    const card = join(home, 'card.yml');
    writeFileSync(
      card,
      crossCard(`  window: { start: 2023-01-20, end: 2023-01-30 }
  axes: { fast: { path: exec.fast.length, values: [5, 8, 13] } }
`),
    );
    await using dev = spawnCliWith(environment(), 'dev');
    await dev.untilPrinted('ready');
    const { address, pid } = running();
    expect(dev.stdout).toContain(address);
    expect(dev.stdout).toMatch(/postgres +postgres:\/\/\S+/);
    await using run = spawnCliWith(environment(), 'run', card, '--executor', 'temporal', '--json');
    expect([await run.exitCode(), run.stdout]).toEqual([0, expect.stringContaining('"completed"')]);
    expect(JSON.parse(run.stdout)).toMatchObject({
      executor: 'temporal',
      status: 'completed',
      points: { completed: 3 },
    });
    expect(await dev.kill('SIGINT')).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(runFile())).toBe(false);
  });

  it('ends when its server is killed, and the next one is where clients and workers look', async () => {
    await using dev = spawnCliWith(environment(), 'dev', '--no-worker');
    await dev.untilPrinted('ready');
    const { address, pid } = running();
    process.kill(pid, 'SIGKILL');
    expect(await dev.exitCode()).toBe(1);
    expect(dev.stderr).toContain(`the Temporal server at ${address} has ended`);
    await using next = spawnCliWith(environment(), 'dev', '--no-worker');
    await next.untilPrinted('ready');
    expect(running().address).toBe(address);
  });

  it('a worker that has lost it says so in lines of our log, on stderr, without colours', async () => {
    await using dev = spawnCliWith(environment(), 'dev', '--no-worker');
    await dev.untilPrinted('ready');
    await using worker = spawnCliWith(environment(), 'worker');
    await worker.untilPrinted('ready');
    process.kill(running().pid, 'SIGKILL');
    await vi.waitFor(
      () => expect(worker.stderr + worker.stdout).toMatch(/retried \d+ times/),
      60_000,
    );
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(worker.stderr).toMatch(
      /^\d{4}-\S+Z warn gRPC call poll_\w+ retried \d+ times error="Status /m,
    );
    expect(worker.stderr + worker.stdout).not.toContain('\u001B');
    expect(worker.stdout).toMatch(/^worker control and batch ready: .*\n$/);
  });

  it('takes over the server of a dev that was killed, and leaves a living one its own', async () => {
    const config = loadConfig(environment());
    {
      await using killed = spawnCliWith(environment(), 'dev', '--no-worker');
      await killed.untilPrinted('ready');
      await killed.kill('SIGKILL');
    }
    const orphan = running();
    expect(isAlive(orphan.pid)).toBe(true);
    await using second = spawnCliWith(environment(), 'dev', '--no-worker');
    await second.untilPrinted('ready');
    expect(running().pid).toBe(orphan.pid);
    const third = await startTemporal(config);
    expect(third).toMatchObject({ pid: orphan.pid, isOwned: false });
    await third.stop();
    expect(await findRunning(config)).toMatchObject({ pid: orphan.pid });
    expect(await second.kill('SIGTERM')).toBe(0);
    expect(isAlive(orphan.pid)).toBe(false);
  });

  it('ignores an address that nobody serves any more', async () => {
    const config = loadConfig(environment());
    const stale = {
      address: '127.0.0.1:1',
      pid: process.pid,
      ownerPid: process.pid,
      startedAt: '',
    };
    for (const text of ['{"address": "127', JSON.stringify(stale)]) {
      mkdirSync(join(home, 'run'), { recursive: true });
      writeFileSync(runFile(), text);
      const server = await startTemporal(config, { isInMemory: true });
      expect(server).toMatchObject({ isOwned: true });
      expect(running()).toMatchObject({ pid: server.pid, address: server.address });
      await server.stop();
      expect(existsSync(runFile())).toBe(false);
    }
  });

  it('says which address does not answer and what to start, within seconds, exit 1', async () => {
    const started = Date.now();
    const unreachable = { ...environment(), TEMPORAL_ADDRESS: '127.0.0.1:1' };
    for (const args of [['worker'], ['schedule', 'list']]) {
      await using process = spawnCliWith(unreachable, ...args);
      expect(await process.exitCode()).toBe(1);
      expect(process.stderr).toContain('Temporal at 127.0.0.1:1 does not answer');
      expect(process.stderr).toContain('ideasweep dev');
    }
    // The connection gives up after 5 s; the rest is the start of two processes on a busy machine.
    expect(Date.now() - started).toBeLessThan(60_000);
    await expect(connectTemporal(loadConfig(environment()))).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: 'no Temporal server is known',
    });
  });

  it('refuses a TEMPORAL_CLI that cannot be run, and finds a cached binary', async () => {
    await expect(findTemporalBinary({ temporalCli: '/nowhere/temporal' })).rejects.toMatchObject({
      code: 'TEMPORAL_MISSING',
      message: expect.stringContaining('/nowhere/temporal'),
    });
    const path = process.env['PATH'];
    process.env['PATH'] = '/bin:/usr/bin';
    try {
      const search = { cacheDir: home, mayMake: false };
      await expect(findTemporalBinary(search)).rejects.toMatchObject({ code: 'TEMPORAL_MISSING' });
      mkdirSync(join(home, 'temporal-v1.5.1'));
      const text = '#!/bin/sh\necho temporal version 1.5.1\n';
      writeFileSync(join(home, 'temporal-v1.5.1/temporal'), text, { mode: 0o755 });
      expect(await findTemporalBinary(search)).toMatchObject({
        source: 'cache',
        version: 'temporal version 1.5.1',
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});
