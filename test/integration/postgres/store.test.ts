import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { openStore } from '../../../src/store/db.ts';
import { acquireLease, isAbandoned } from '../../../src/store/lease.ts';
import { connectStore } from '../../../src/store/db.ts';
import { migrate, readMigrations, schemaVersion } from '../../../src/store/migrate.ts';
import {
  createSweep,
  findSweep,
  findUnfinished,
  finishSweep,
  listSweeps,
  setSweepStatus,
} from '../../../src/store/sweeps.ts';
import { testDatabase } from '../../support/database.ts';
import { axis, newSweep } from '../../support/stored-sweep.ts';

const home = () => mkdtempSync(join(tmpdir(), 'ideasweep-test-'));

describe('openStore', () => {
  const db = testDatabase();

  it('opens the same store twice', async () => {
    await using one = await db.openStore();
    await using two = await db.openStore();
    expect(one.storeId).toMatch(/^[0-9a-f-]{36}$/);
    expect(two.storeId).toBe(one.storeId);
    expect(one.migrations).toEqual([]);
  });

  it.each([
    ['nothing listens', 'postgres://joe:hunter2@127.0.0.1:1/store', '127.0.0.1:1'],
    [
      'the name is unknown',
      'postgres://joe:hunter2@no-such-host.invalid/store',
      'no-such-host.invalid:5432',
    ],
  ])('names the address and never the password when %s', async (_case, url, address) => {
    const folder = home();
    const config = loadConfig({ IDEASWEEP_HOME: folder, DATABASE_URL: url });
    const error = await openStore(config).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect((error as Error).message).toContain(address);
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
    rmSync(folder, { recursive: true });
  });

  it('gives up within five seconds on a server that never answers', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const config = loadConfig({ DATABASE_URL: `postgres://a:b@127.0.0.1:${port}/c` });
    const startMs = performance.now();
    await expect(openStore(config)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(performance.now() - startMs).toBeLessThan(5_500);
    silent.close();
  });

  it('says of a database that does not exist that it has to be created', async () => {
    const config = { ...db.config, databaseUrl: db.url.replace(/\/[^/]*$/, '/not_there') };
    await expect(openStore(config)).rejects.toThrow('create it with createdb');
  });
});

describe('migrate', () => {
  const db = testDatabase('empty');

  it('is safe when several processes migrate at once', async () => {
    const connections = [1, 2, 3, 4].map(() => connectStore(db.url, { max: 1 }));
    const applied = await Promise.all(connections.map((sql) => migrate(sql)));
    await Promise.all(connections.map((sql) => sql.end()));
    // Each once; which connection is the first to see one that is open is not said.
    expect(applied.flat().toSorted()).toEqual(readMigrations().map((migration) => migration.name));
    expect(await schemaVersion(db.sql)).toBe(readMigrations().length);
  });

  it('leaves nothing of a migration that fails', async () => {
    const next = readMigrations().length + 1;
    const broken = { version: next, name: 'broken', text: 'create table half (); select 1/0' };
    await expect(migrate(db.sql, [...readMigrations(), broken])).rejects.toThrow(
      'division by zero',
    );
    expect(await schemaVersion(db.sql)).toBe(next - 1);
    expect((await db.sql`select to_regclass('half') as found`)[0]).toEqual({ found: null });
  });

  it('refuses a schema that is newer than the program', async () => {
    await db.sql`insert into schema_migrations (version, name) values (9999, 'of_tomorrow')`;
    await expect(migrate(db.sql)).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });
    await db.sql`delete from schema_migrations where version = 9999`;
  });

  it('numbers its files without holes', () => {
    const versions = readMigrations().map((migration) => migration.version);
    expect(versions).toEqual(versions.map((_, index) => index + 1));
  });
});

describe('sweeps', () => {
  const db = testDatabase();

  it('gives back the spec as it was, keys in their order', async () => {
    const given = newSweep('spec', [axis('fast', [1, 2])]);
    const card = { z: 1, a: { y: 0.1, b: [1e-7] } } as never;
    const row = await createSweep(db.sql, { ...given, spec: { ...given.spec, card } });
    expect(JSON.stringify(row.spec)).toBe(JSON.stringify({ ...given.spec, card }));
    expect(row).toMatchObject({ status: 'planned', points: given.points, rankedMs: null });
  });

  it('finds a sweep by id, unique prefix, name and last', async () => {
    const one = await createSweep(db.sql, newSweep('twice', [axis('fast', [1])]));
    const two = await createSweep(db.sql, newSweep('twice', [axis('fast', [1])]));
    expect(two.sweepId > one.sweepId).toBe(true);
    expect((await findSweep(db.sql, one.sweepId)).sweepId).toBe(one.sweepId);
    expect((await findSweep(db.sql, 'twice')).sweepId).toBe(two.sweepId);
    expect((await findSweep(db.sql, 'last')).sweepId).toBe(two.sweepId);
    expect((await findSweep(db.sql, two.sweepId.slice(0, 11))).sweepId).toBe(two.sweepId);
    await expect(findSweep(db.sql, two.sweepId.slice(0, 3))).rejects.toMatchObject({
      code: 'USAGE',
    });
    await expect(findSweep(db.sql, 'twise')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'did you mean twice?',
    });
    expect((await listSweeps(db.sql)).map((row) => row.sweepId).slice(0, 2)).toEqual([
      two.sweepId,
      one.sweepId,
    ]);
  });

  it('resumes the newest sweep of an identity that has not ended', async () => {
    const given = newSweep('resumed', [axis('fast', [1])]);
    expect(await findUnfinished(db.sql, given.identity)).toBeUndefined();
    const row = await createSweep(db.sql, given);
    await setSweepStatus(db.sql, row.sweepId, 'stopped');
    expect((await findUnfinished(db.sql, given.identity))?.sweepId).toBe(row.sweepId);
    await setSweepStatus(db.sql, row.sweepId, 'running', { executor: 'temporal' });
    const ended = await finishSweep(db.sql, row.sweepId);
    expect(ended).toMatchObject({ status: 'completed', executor: 'temporal' });
    expect(ended.endedMs).toBeGreaterThanOrEqual(ended.createdMs);
    expect(await findUnfinished(db.sql, given.identity)).toBeUndefined();
  });

  it('lets one process drive a sweep at a time', async () => {
    const { sweepId } = await createSweep(db.sql, newSweep('leased', [axis('fast', [1])]));
    await using one = await db.openStore();
    await using two = await db.openStore();
    const lease = await acquireLease(db.config, one, sweepId);
    expect(lease).toBeDefined();
    expect(await acquireLease(db.config, two, sweepId)).toBeUndefined();
    await lease?.[Symbol.asyncDispose]();
    const next = await acquireLease(db.config, two, sweepId);
    expect(next).toBeDefined();
    await next?.[Symbol.asyncDispose]();
  });

  it('creates partitions while a long transaction reads results', async () => {
    const done = await db.sql.begin(async (tx) => {
      await tx`select count(*) from results`;
      return createSweep(db.sql, newSweep('beside', [axis('fast', [1])]));
    });
    expect(done.name).toBe('beside');
  });

  it('are abandoned where they say they run and nobody drives or ranks them', async () => {
    const { sweepId } = await createSweep(db.sql, newSweep('gone', [axis('fast', [1])]));
    expect(await isAbandoned(db.sql, sweepId)).toBe(false);
    await setSweepStatus(db.sql, sweepId, 'running');
    expect(await isAbandoned(db.sql, sweepId)).toBe(true);
    await using store = await db.openStore();
    {
      await using lease = await acquireLease(db.config, store, sweepId);
      expect([lease !== undefined, await isAbandoned(db.sql, sweepId)]).toEqual([true, false]);
    }
    await db.sql.begin(async (tx) => {
      await tx`select 1 from sweeps where sweep_id = ${sweepId} for update`;
      expect(await isAbandoned(db.sql, sweepId)).toBe(false);
    });
    await setSweepStatus(db.sql, sweepId, 'running', { executor: 'temporal' });
    expect(await isAbandoned(db.sql, sweepId)).toBe(false);
  });
});
