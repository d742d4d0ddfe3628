/** Opening the store: the embedded server or DATABASE_URL, reached, checked and migrated. */
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { leasePostgres, type PostgresLease } from '../services/postgres.ts';
import { migrate } from './migrate.ts';
import { promptSocket, type Address } from './socket.ts';

export interface Store extends AsyncDisposable {
  /** A pool of connections. bigint columns read as numbers: every index is below 2⁵³. */
  readonly sql: Sql;
  /** Part of task queue names, so that two stores never run each other's batches. */
  readonly storeId: string;
  /** `host:port/database`, without the password: for messages. */
  readonly address: string;
  /** With the password: for psql and other programs. */
  readonly url: string;
  /** Migrations that opening it applied. */
  readonly migrations: readonly string[];
  /** One connection of its own, for what must live as long as a connection (advisory locks). */
  connectAlone(): Sql;
  /** Closes the pool; as the last of its users it stops the embedded server. */
  close(): Promise<void>;
}

const SERVER_VERSION_MIN = 150_000;

/** An address that does not answer is reported within five seconds, name resolution included. */
const CONNECT_TIMEOUT_S = 4;

/** Connections of one process: checkpoints of a pool's threads, progress, a query beside them. */
const POOL_CONNECTIONS_MAX = 10;

/**
 * Opens the store of `config`: `databaseUrl` where it is set, else the embedded server, which is
 * started when it does not run. Migrates the schema. `onLaunch` is called when a process was started
 * that takes its time, the server or the one that makes its cluster.
 * @throws SweepError STORE_UNREACHABLE, SCHEMA_NEWER, SERVICE_FAILED.
 */
export async function openStore(config: Config, onLaunch?: () => void): Promise<Store> {
  const lease =
    config.databaseUrl === undefined ? await leasePostgres(config, onLaunch) : undefined;
  const url = lease?.url ?? config.databaseUrl ?? '';
  const sql = connectStore(url, { applicationName: lease?.applicationName });
  try {
    await checkServer(sql, url);
    const migrations = await migrate(sql);
    const [info] = await sql<{ storeId: string }[]>`select store_id as "storeId" from store_info`;
    return createStore({ sql, url, lease, migrations, storeId: info?.storeId ?? '' });
  } catch (error) {
    await sql.end({ timeout: 0 });
    await lease?.release();
    throw error;
  }
}

/** A pool for `url`; connects when first used. */
export function connectStore(
  url: string,
  options: { readonly max?: number; readonly applicationName?: string | undefined } = {},
): Sql {
  return postgres(url, {
    max: options.max ?? POOL_CONNECTIONS_MAX,
    connect_timeout: CONNECT_TIMEOUT_S,
    // A pool that lives for days keeps its connections; the driver's default drops them hourly.
    max_lifetime: null,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName ?? 'ideasweep',
      TimeZone: 'UTC',
      // What the driver reads back must be the bits that were written.
      extra_float_digits: 1,
    },
    // Known to the driver, missing in its types.
    ...({
      socket: (address: Address) => promptSocket(address, CONNECT_TIMEOUT_S * 1000),
    } as object),
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  });
}

/** `host:port/database` of a connection string, without user and password. */
export function addressOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}:${port || 5432}${pathname === '/' ? '' : pathname}`;
  } catch {
    // Not even a URL: nothing of it may be printed, it can hold a password.
    return 'DATABASE_URL';
  }
}

// --- internal ---

interface StoreParts {
  readonly sql: Sql;
  readonly url: string;
  readonly storeId: string;
  readonly migrations: readonly string[];
  readonly lease: PostgresLease | undefined;
}

function createStore({ sql, url, storeId, migrations, lease }: StoreParts): Store {
  const alone = new Set<Sql>();
  const close = async () => {
    await Promise.all([...alone].map((connection) => connection.end({ timeout: 1 })));
    await closeAll(sql, lease);
  };
  return {
    sql,
    storeId,
    migrations,
    url,
    address: addressOf(url),
    connectAlone: () => {
      const connection = connectStore(url, { max: 1, applicationName: lease?.applicationName });
      alone.add(connection);
      return connection;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function closeAll(sql: Sql, lease: PostgresLease | undefined): Promise<void> {
  await sql.end({ timeout: 5 });
  await lease?.release();
}

async function checkServer(sql: Sql, url: string): Promise<void> {
  const query = sql<{ version: number }[]>`
    select current_setting('server_version_num')::int as version`;
  // The driver's own timeout does not cover an address that swallows packets: it tries again.
  const answer = await Promise.race([query, noAnswer(CONNECT_TIMEOUT_S * 1000 + 250)]).catch(
    (cause: unknown) => {
      throw unreachable(url, cause);
    },
  );
  const version = answer[0]?.version ?? 0;
  if (version >= SERVER_VERSION_MIN) return;
  throw new SweepError(
    'SERVICE_FAILED',
    `${addressOf(url)} is PostgreSQL ${Math.floor(version / 10_000)}; 15 or newer is needed`,
  );
}

async function noAnswer(afterMs: number): Promise<never> {
  await sleep(afterMs, undefined, { ref: false });
  throw Object.assign(new Error('no answer'), { code: 'CONNECT_TIMEOUT' });
}

function unreachable(url: string, cause: unknown): SweepError {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    CONNECT_TIMEOUT: `no answer within ${CONNECT_TIMEOUT_S} s`,
    ENOTFOUND: 'the host name is unknown',
    EAI_AGAIN: 'the host name cannot be looked up',
    ECONNRESET: 'the connection was closed',
    CONNECTION_CLOSED: 'the connection was closed',
    '28P01': 'user or password is wrong',
    '28000': 'this user may not connect',
    '3D000': 'there is no such database; create it with createdb',
  };
  const reason = reasons[code] ?? withoutPassword(message, url) ?? code;
  return new SweepError('STORE_UNREACHABLE', `Postgres at ${addressOf(url)}: ${reason}`, {
    hint: 'Start that server or correct DATABASE_URL; without DATABASE_URL an embedded Postgres is started.',
    facts: { address: addressOf(url), reason: code || 'unknown' },
  });
}

function withoutPassword(message: string, url: string): string {
  const password = URL.canParse(url) ? new URL(url).password : '';
  return password === '' ? message : message.replaceAll(password, '…');
}
