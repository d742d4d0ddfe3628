/**
 * The embedded Postgres server: one per IDEASWEEP_HOME, shared by all commands that run at the same
 * time. There is no daemon and no count kept in a file. An open connection is the lease: a command
 * that comes takes the lock, starts the server when none runs, connects, lets the lock go. A command
 * that leaves takes the lock, looks whether anyone else is connected, and if nobody is, stops the
 * server before it lets the lock go. A command that is killed loses its connection, and with it its
 * lease; the server then stays until the next command leaves. `db start` puts a marker beside the
 * address, and while it is there nobody stops the server.
 *
 * The truth about a running server is its own `postmaster.pid` and whether it answers; the address
 * in `run/postgres.json` is for people and for other programs.
 */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { withHomeLock } from './file-lock.ts';
import { findBinaries } from './postgres-binaries.ts';
import {
  dataDirOf,
  ensureCluster,
  ensurePassword,
  SUPERUSER,
  templateIn,
} from './postgres-cluster.ts';
import { openPathFor, serverOwner } from './postgres-owner.ts';
import { reasonLines } from './postgres-log.ts';
import {
  findPostmaster,
  removeStalePidFile,
  spawnServer,
  stopPostmaster,
  type SpawnedServer,
} from './postgres-process.ts';
import { choosePort, LOCAL_HOST, previousPort } from './port.ts';
import { serverSettings } from './postgres-settings.ts';

export const DATABASE = 'ideasweep';

/** A first start takes up to 2 s, a recovery after a crash up to a minute. */
const LOCK_TIMEOUT_MS = 90_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 15;
const START_ATTEMPTS_MAX = 5;

/** The server's log is put aside at the next start when it is longer; one old one is kept. */
const LOG_BYTES_MAX = 10 * 2 ** 20;

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** With the password: for programs, not for messages. */
  readonly url: string;
}

/** A place at the embedded server, held by one open connection. */
export interface PostgresLease extends PostgresAddress, AsyncDisposable {
  /** Connections that belong to this lease carry it, so that leaving does not count them. */
  readonly applicationName: string;
  /** Close every other connection of yours first. Stops the server when nobody else is connected. */
  release(): Promise<void>;
}

/**
 * Joins the embedded server of `config.home`, starting it (and on the very first time creating it)
 * when none runs. About 0.5 s the first time (1.5 where `npm ci` has left no template), 60 ms
 * afterwards, 10 ms when it runs. `onLaunch` is called whenever a process was started for it.
 * @throws SweepError SERVICE_FAILED when it does not start; the message ends with its log.
 */
export async function leasePostgres(
  config: Config,
  onLaunch: () => void = () => {},
): Promise<PostgresLease> {
  return withHomeLock(lockPath(config), LOCK_TIMEOUT_MS, async () => {
    const address = await ensureRunning(config, onLaunch);
    const applicationName = `ideasweep ${process.pid}.${(leaseCount += 1)}`;
    const connection = connect(address.url, applicationName);
    await connection`select 1`;
    let isReleased = false;
    const release = async () => {
      if (isReleased) return;
      isReleased = true;
      await leave(config, connection, applicationName);
    };
    return { ...address, applicationName, release, [Symbol.asyncDispose]: release };
  });
}

/** Starts the server when none runs and keeps it up when the last command leaves. */
export async function keepPostgres(config: Config): Promise<PostgresAddress> {
  return withHomeLock(lockPath(config), LOCK_TIMEOUT_MS, async () => {
    const address = await ensureRunning(config, () => {});
    await writeFile(keepPath(config), '');
    return address;
  });
}

/**
 * Takes the marker of `keepPostgres` away and stops the server, unless commands of ours are
 * connected and `isForced` is false: then the last of them stops it. Other clients (psql, Grafana)
 * are disconnected.
 */
export async function stopPostgres(
  config: Config,
  isForced: boolean,
): Promise<{ wasRunning: boolean; isStopped: boolean; commandCount: number }> {
  return withHomeLock(lockPath(config), LOCK_TIMEOUT_MS, async () => {
    await rm(keepPath(config), { force: true });
    const address = await runningAddress(config);
    if (!address) {
      await stopPostmaster(dataDirOf(config.postgresDir), STOP_TIMEOUT_MS);
      return { wasRunning: false, isStopped: true, commandCount: 0 };
    }
    const connection = connect(address.url, 'ideasweep db stop');
    const [row] = await connection<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid()
        and application_name like 'ideasweep %' and application_name <> ${LEAVING}`;
    await connection.end();
    const commandCount = row?.count ?? 0;
    if (commandCount > 0 && !isForced) return { wasRunning: true, isStopped: false, commandCount };
    await stopServer(config);
    return { wasRunning: true, isStopped: true, commandCount };
  });
}

/** The address of the server of `config.home` when it runs and answers; starts nothing. */
export async function findPostgres(config: Config): Promise<PostgresAddress | undefined> {
  return runningAddress(config);
}

// --- internal ---

const LEAVING = 'ideasweep (leaving)';

/** SQLSTATE. Another process, or one that was killed, had asked for it: there already, or made at this moment. */
const THERE_ALREADY = ['42P04', '23505'];

let leaseCount = 0;

const lockPath = (config: Config) => join(config.runDir, 'postgres.lock');
const keepPath = (config: Config) => join(config.runDir, 'postgres.keep');
const addressPath = (config: Config) => join(config.runDir, 'postgres.json');
const portPath = (config: Config) => join(config.postgresDir, 'port');
const logPath = (config: Config) => join(config.logsDir, 'postgres.log');

function connect(url: string, applicationName: string): postgres.Sql {
  return postgres(url, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: applicationName },
  });
}

async function leave(
  config: Config,
  connection: postgres.Sql,
  applicationName: string,
): Promise<void> {
  await withHomeLock(lockPath(config), LOCK_TIMEOUT_MS, async () => {
    const isLast = await isLastToLeave(connection, applicationName);
    await connection.end({ timeout: 1 });
    const isKept = (await stat(keepPath(config)).catch(() => undefined)) !== undefined;
    if (isLast && !isKept) await stopServer(config);
  });
}

/** A connection that is closing may be listed for a moment longer; its name tells it apart. */
async function isLastToLeave(connection: postgres.Sql, applicationName: string): Promise<boolean> {
  try {
    const [row] = await connection<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid()
        and application_name not in (${applicationName}, ${LEAVING})`;
    await connection`select set_config('application_name', ${LEAVING}, false)`;
    return row?.count === 0;
  } catch {
    // The server is gone already (db stop --force, a crash): there is nothing to stop.
    return false;
  }
}

async function ensureRunning(config: Config, onLaunch: () => void): Promise<PostgresAddress> {
  const running = await runningAddress(config);
  if (running) return running;
  const { postgresDir, runDir, logsDir, home } = config;
  for (const folder of [home, postgresDir, runDir, logsDir]) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  }
  const owner = await serverOwner(dataDirOf(postgresDir));
  if (owner) await openPathFor(owner, postgresDir, home);
  const binaries = await findBinaries(owner, postgresDir);
  const template = templateIn(config.clusterTemplatesDir, binaries);
  const isNew = await ensureCluster(postgresDir, { binaries, owner, onLaunch, template });
  await removeStalePidFile(dataDirOf(postgresDir));
  return startServer(config, { program: binaries.postgres, owner, onLaunch, isNew });
}

/** The server may be starting up or shutting down (its starter was killed): waits for either end. */
async function runningAddress(config: Config): Promise<PostgresAddress | undefined> {
  const dataDir = dataDirOf(config.postgresDir);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const server = await findPostmaster(dataDir);
    if (!server) return undefined;
    const address = server.port && (await addressAt(config, server.port));
    if (address && (await answers(address))) return address;
    if (Date.now() > deadline) throw startFailed(config, `pid ${server.pid} does not answer`, '');
    await sleep(READY_POLL_MS);
  }
}

interface Program {
  readonly program: string;
  readonly owner: Awaited<ReturnType<typeof serverOwner>>;
  readonly onLaunch: () => void;
  /** Whether nobody has been in its cluster yet. */
  readonly isNew: boolean;
}

async function startServer(
  config: Config,
  { program, owner, onLaunch, isNew }: Program,
): Promise<PostgresAddress> {
  const dataDir = dataDirOf(config.postgresDir);
  if ((await sizeOf(logPath(config))) > LOG_BYTES_MAX) {
    await rename(logPath(config), `${logPath(config)}.1`);
  }
  let failure = '';
  for (let attempt = 0; attempt < START_ATTEMPTS_MAX; attempt += 1) {
    const port = await choosePort(attempt === 0 ? await previousPort(portPath(config)) : 0);
    const logStart = await sizeOf(logPath(config));
    const server = spawnServer(program, serverSettings(dataDir, LOCAL_HOST, port), {
      owner,
      logPath: logPath(config),
    });
    onLaunch();
    const address = await addressAt(config, port);
    if (await becomesReady(config, server, { address, isNew })) {
      await recordAddress(config, address, server.pid);
      return address;
    }
    failure = (await readFile(logPath(config), 'utf8')).slice(logStart);
    // Someone took the port, or children of a killed server still hold its memory: both pass.
    if (!/Address already in use|still in use|could not bind/.test(failure)) break;
    await sleep(200 * (attempt + 1));
  }
  throw startFailed(config, 'the server ended at once', failure);
}

async function becomesReady(
  config: Config,
  server: SpawnedServer,
  { address, isNew }: { address: PostgresAddress; isNew: boolean },
): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (server.exited() === undefined) {
    if (await answers(address, isNew)) return true;
    if (Date.now() > deadline) throw startFailed(config, 'it does not answer', '');
    await sleep(READY_POLL_MS);
  }
  return false;
}

/** True when the database answers; creates it where it is not there. False while starting or stopping. */
async function answers(address: PostgresAddress, isNew = false): Promise<boolean> {
  const connection = connect(address.url, LEAVING);
  try {
    await connection`select 1`;
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') return false;
    await createDatabase(address, isNew);
    return true;
  } finally {
    await connection.end({ timeout: 1 });
  }
}

/**
 * A new cluster comes with a database `postgres`. It is given our name, which takes a millisecond: to
 * make another takes 30 to 300, as the disk is written to by the feeds. Later it may be somebody's.
 */
async function createDatabase(address: PostgresAddress, isNew: boolean): Promise<void> {
  const maintenance = connect(address.url.replace(/\/[^/]*$/, '/template1'), LEAVING);
  try {
    await maintenance.unsafe(
      isNew
        ? `alter database postgres rename to ${DATABASE}`
        : `create database ${DATABASE} template template0`,
    );
  } catch (error) {
    if (!THERE_ALREADY.includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await maintenance.end({ timeout: 1 });
  }
}

async function stopServer(config: Config): Promise<void> {
  await stopPostmaster(dataDirOf(config.postgresDir), STOP_TIMEOUT_MS);
  await rm(addressPath(config), { force: true });
}

async function addressAt(config: Config, port: number): Promise<PostgresAddress> {
  const password = await ensurePassword(config.postgresDir);
  const url = `postgres://${SUPERUSER}:${password}@${LOCAL_HOST}:${port}/${DATABASE}`;
  return { host: LOCAL_HOST, port, database: DATABASE, url };
}

/** Readable by the owner of the home alone: the address holds the password. */
async function recordAddress(config: Config, address: PostgresAddress, pid: number): Promise<void> {
  const document = { ...address, pid, startedAt: new Date().toISOString() };
  const half = `${addressPath(config)}.part`;
  await writeFile(half, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
  await rename(half, addressPath(config));
  // The same one next time, so that bookmarks and dashboards go on working.
  await writeFile(portPath(config), String(address.port));
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function startFailed(config: Config, reason: string, serverLog: string): SweepError {
  const lines = reasonLines(serverLog);
  return new SweepError(
    'SERVICE_FAILED',
    `Postgres under ${config.postgresDir} did not start: ${reason}${lines && `\n${lines}`}`,
    { hint: `Its log is ${logPath(config)}. A server of your own can be used with DATABASE_URL.` },
  );
}
