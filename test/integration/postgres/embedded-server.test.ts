import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  childEnvironment,
  loadConfig,
  type Config,
  type ConfigOverrides,
} from '../../../src/config.ts';
import {
  findPostgres,
  keepPostgres,
  leasePostgres,
  stopPostgres,
  type PostgresLease,
} from '../../../src/services/postgres.ts';
import { ensureTemplate } from '../../../src/services/postgres-template.ts';
import { openStore } from '../../../src/store/db.ts';

const isRoot = process.getuid?.() === 0;
const homes: Config[] = [];

function newHome(overrides: ConfigOverrides = {}): Config {
  const home = mkdtempSync(join(tmpdir(), 'ideasweep-server-'));
  const config = loadConfig({ IDEASWEEP_HOME: home }, overrides);
  homes.push(config);
  return config;
}

/** A folder with a template as `npm ci` makes it, and one without. */
const templates = mkdtempSync(join(tmpdir(), 'ideasweep-templates-'));
const noTemplates = join(templates, 'none');
beforeAll(() => ensureTemplate({ clusterTemplatesDir: templates }));
afterAll(() => rmSync(templates, { recursive: true, force: true }));

afterEach(async () => {
  for (const config of homes.splice(0)) {
    await stopPostgres(config, true);
    rmSync(config.home, { recursive: true, force: true });
  }
});

interface Holder {
  readonly child: ChildProcess;
  /** Pid of the server, once the store is open. */
  readonly opened: Promise<number>;
  /** Closes the store and waits for the end. */
  close(): Promise<void>;
}

function hold(config: Config): Holder {
  const child = spawn(
    process.execPath,
    ['test/support/hold-store.ts', config.clusterTemplatesDir],
    {
      env: childEnvironment({ IDEASWEEP_HOME: config.home, DATABASE_URL: '' }),
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    },
  );
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const opened = new Promise<number>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString();
      const match = /open (\d+)/.exec(text);
      if (match) resolve(Number(match[1]));
    });
    child.on('exit', () => reject(new Error(`ended before it was open: ${text}`)));
  });
  opened.catch(() => {});
  const close = async () => {
    child.stdin?.end();
    await ended;
  };
  return { child, opened, close };
}

const serverPid = (config: Config) =>
  Number(readFileSync(join(config.postgresDir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

async function clusterBegun(config: Config): Promise<void> {
  const hasBegun = () =>
    readdirSync(config.postgresDir).some((name) => name.startsWith('.initdb-'));
  while (!existsSync(config.postgresDir) || !hasBegun()) await sleep(2);
}

describe('the embedded server', () => {
  // One home for all of these: each test leaves the server stopped, or stopped by the next.
  const config = loadConfig({ IDEASWEEP_HOME: mkdtempSync(join(tmpdir(), 'ideasweep-server-')) });
  afterAll(async () => {
    await stopPostgres(config, true);
    rmSync(config.home, { recursive: true, force: true });
  });

  it('starts with the first command and stops with the last', async () => {
    const one = await leasePostgres(config);
    const two = await leasePostgres(config);
    expect(two.url).toBe(one.url);
    await one.release();
    expect(await findPostgres(config)).toMatchObject({ port: one.port });
    await two.release();
    expect(await findPostgres(config)).toBeUndefined();
    expect(existsSync(join(config.runDir, 'postgres.json'))).toBe(false);
  });

  it('is one server for processes that come and go at the same time', async () => {
    const holders = [1, 2, 3].map(() => hold(config));
    const pids = await Promise.all(holders.map((holder) => holder.opened));
    expect(new Set(pids).size).toBe(1);
    await Promise.all(holders.map((holder) => holder.close()));
    expect(await findPostgres(config)).toBeUndefined();
  });

  it('keeps its port from one start to the next', async () => {
    const one = await leasePostgres(config);
    await one.release();
    const two = await leasePostgres(config);
    expect(two.port).toBe(one.port);
    await two.release();
  });

  it('stays up after db start until db stop', async () => {
    const kept = await keepPostgres(config);
    await (await openStore(config)).close();
    expect(await findPostgres(config)).toMatchObject({ port: kept.port });
    expect(await stopPostgres(config, false)).toMatchObject({ wasRunning: true, isStopped: true });
    expect(await stopPostgres(config, false)).toMatchObject({ wasRunning: false });
  });

  it('is not stopped under a running command, unless forced', async () => {
    await keepPostgres(config);
    const holder = hold(config);
    await holder.opened;
    expect(await stopPostgres(config, false)).toMatchObject({ isStopped: false });
    await holder.close();
    expect(await findPostgres(config)).toBeUndefined();
  });

  it('gives its name to the database that comes with a cluster, and later makes one where there is none', async () => {
    const { url } = await keepPostgres(config);
    const template = postgres(url.replace(/[^/]*$/, 'template1'), { max: 1 });
    const names = async () => {
      const rows = await template<{ name: string }[]>`
        select datname as name from pg_database where not datistemplate order by datname`;
      return rows.map(({ name }) => name);
    };
    expect(await names()).toEqual(['ideasweep']);
    await template`alter database ideasweep rename to put_aside`;
    await template`create database postgres`;
    await (await leasePostgres(config)).release();
    expect(await names()).toEqual(['ideasweep', 'postgres', 'put_aside']);
    await template.end();
    await stopPostgres(config, true);
  });

  it('stays for a client that is no command of ours', async () => {
    const lease = await leasePostgres(config);
    const psql = postgres(lease.url, { max: 1 });
    await psql`select 1`;
    await lease.release();
    expect(await psql`select 1 as one`).toHaveLength(1);
    await psql.end();
  });

  it('asks for a password and keeps it to the owner of the home', async () => {
    const lease = await leasePostgres(config);
    const url = new URL(lease.url);
    url.password = 'wrong';
    const stranger = postgres(url.href, { max: 1 });
    await expect(stranger`select 1`).rejects.toMatchObject({ code: '28P01' });
    await stranger.end();
    for (const path of [
      join(config.runDir, 'postgres.json'),
      join(config.postgresDir, 'password'),
    ]) {
      expect(statSync(path).mode & 0o077).toBe(0);
    }
    await lease.release();
  });
});

/** Waits until a busy server has seen the end of every other command; it watches as one that is leaving. */
async function untilAlone({ url, applicationName }: PostgresLease): Promise<void> {
  const watch = postgres(url, {
    max: 1,
    connection: { application_name: 'ideasweep (leaving)' },
  });
  const others = async () =>
    (
      await watch`
        select pid from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()
          and application_name <> ${applicationName}`
    ).length;
  await expect.poll(others, { timeout: 5_000 }).toBe(0);
  await watch.end();
}

describe('after a kill', () => {
  it('goes on when the command that started the server was killed', async () => {
    const config = newHome();
    const holder = hold(config);
    const pid = await holder.opened;
    holder.child.kill('SIGKILL');
    const lease = await leasePostgres(config);
    expect(serverPid(config)).toBe(pid);
    await untilAlone(lease);
    await lease.release();
    expect(await findPostgres(config)).toBeUndefined();
  });

  it('recovers when the server itself was killed', async () => {
    const config = newHome();
    const first = await openStore(config);
    await first.sql`create table kept as select 1 as one`;
    process.kill(serverPid(config), 'SIGKILL');
    await first.close();
    await using second = await openStore(config);
    expect(await second.sql`select one from kept`).toHaveLength(1);
  });

  it('is not misled by a postmaster.pid whose pid is another program by now', async () => {
    const config = newHome();
    await (await leasePostgres(config)).release();
    const stale = join(config.postgresDir, 'data', 'postmaster.pid');
    writeFileSync(stale, `${process.pid}\n${config.postgresDir}/data\n0\n5432\n\n127.0.0.1\n`);
    writeFileSync(join(config.runDir, 'postgres.json'), '{"port": 5432}');
    const lease = await leasePostgres(config);
    expect(serverPid(config)).not.toBe(process.pid);
    await lease.release();
  });

  // initdb takes about 0.7 s on an idle machine, a copy 0.2: into it, and around its end.
  it.each([
    ...[0, 40, 150, 300, 500, 700, 1000].map((afterMs) => ({ way: 'initdb', afterMs })),
    ...[0, 20, 50, 80, 120, 180, 260].map((afterMs) => ({ way: 'the copy', afterMs })),
  ])(
    'leaves a home that works when everything is killed $afterMs ms into $way',
    async ({ way, afterMs }) => {
      const config = newHome({ clusterTemplatesDir: way === 'initdb' ? noTemplates : templates });
      const holder = hold(config);
      await clusterBegun(config);
      await sleep(afterMs);
      // The command and what makes its cluster are one process group; a server it started already is not.
      process.kill(-(holder.child.pid ?? 0), 'SIGKILL');
      await using store = await openStore(config);
      expect(await store.sql`select store_id from store_info`).toHaveLength(1);
    },
  );

  it('leaves a home that works when only the command is killed and its initdb goes on', async () => {
    const config = newHome({ clusterTemplatesDir: noTemplates });
    const holder = hold(config);
    await clusterBegun(config);
    await sleep(120);
    holder.child.kill('SIGKILL');
    await using store = await openStore(config);
    expect(await store.sql`select store_id from store_info`).toHaveLength(1);
  });
});

describe('a new cluster', () => {
  const passwordIn = (folder: string) => readFileSync(join(folder, 'password'), 'utf8');
  const templateOf = (folder: string) => join(folder, readdirSync(folder)[0] ?? '');

  it('is a copy of the template, with its password, in which every home has a store of its own', async () => {
    const [one, two] = [1, 2].map(() => newHome({ clusterTemplatesDir: templates }));
    await using first = await openStore(one as Config);
    await using second = await openStore(two as Config);
    expect(first.storeId).not.toBe(second.storeId);
    const password = passwordIn(templateOf(templates));
    expect([one, two].map((config) => passwordIn(config?.postgresDir ?? ''))).toEqual([
      password,
      password,
    ]);
    expect(statSync(join(templateOf(templates), 'password')).mode & 0o077).toBe(0);
    expect(statSync(join(templateOf(templates), 'data')).mode & 0o077).toBe(0);
    expect(existsSync(join(templateOf(templates), 'data', 'postmaster.pid'))).toBe(false);
  });

  it('is made by initdb where the template lacks its empty folders', async () => {
    const incomplete = mkdtempSync(join(tmpdir(), 'ideasweep-templates-'));
    await ensureTemplate({ clusterTemplatesDir: incomplete });
    const template = templateOf(incomplete);
    rmSync(join(template, 'data', 'pg_notify'), { recursive: true });
    const config = newHome({ clusterTemplatesDir: incomplete });
    await (await leasePostgres(config)).release();
    expect(passwordIn(config.postgresDir)).not.toBe(passwordIn(template));
    expect(existsSync(join(config.postgresDir, 'data', 'pg_notify'))).toBe(true);
    rmSync(incomplete, { recursive: true });
  });
});

describe.runIf(isRoot)('as root', () => {
  it('opens a closed home for the user that the server runs as', async () => {
    const config = newHome();
    chmodSync(config.home, 0o700);
    const lease = await leasePostgres(config);
    expect(statSync(config.home).mode & 0o777).toBe(0o711);
    expect(statSync(join(config.postgresDir, 'data')).uid).not.toBe(0);
    await lease.release();
  });

  it('names the closed folder above the home and what to do', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'ideasweep-closed-'));
    mkdirSync(join(outer, 'home'));
    const config = loadConfig({ IDEASWEEP_HOME: join(outer, 'home') });
    const error = await leasePostgres(config).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'SERVICE_FAILED', facts: { path: outer } });
    expect((error as { hint: string }).hint).toContain('/var/lib/ideasweep');
    rmSync(outer, { recursive: true });
  });
});
