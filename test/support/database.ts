/** A database of its own for one test file, cloned from the migrated template. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, inject } from 'vitest';
import { loadConfig, type Config } from '../../src/config.ts';
import { connectStore, openStore, type Store } from '../../src/store/db.ts';

export interface TestDatabase {
  readonly url: string;
  /** A pool on it; closed after the last test. */
  readonly sql: Sql;
  /** A configuration whose home is an empty temporary folder and whose store is this database. */
  readonly config: Config;
  /** A store on it that the caller closes. */
  openStore(): Promise<Store>;
}

/**
 * Call it at the top level of a test file or of a describe block; it is usable from beforeAll on.
 * A connection that is still open after the last test fails the file.
 * @param template `empty` gives a database without any schema.
 */
export function testDatabase(template: 'migrated' | 'empty' = 'migrated'): TestDatabase {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const server = inject('postgresUrl');
  const url = withDatabase(server, name);
  const home = mkdtempSync(join(tmpdir(), 'ideasweep-test-'));
  const config = loadConfig({ IDEASWEEP_HOME: home, DATABASE_URL: url });
  const sql = connectStore(url);

  beforeAll(async () => {
    const source = template === 'migrated' ? 'template_store' : 'template0';
    await onServer(server, (maintenance) =>
      maintenance.unsafe(`create database ${name} template ${source}`),
    );
  });
  afterAll(async () => {
    await sql.end({ timeout: 5 });
    rmSync(home, { recursive: true, force: true });
    await onServer(server, async (maintenance) => {
      const leaked = await openConnections(maintenance, name);
      await maintenance.unsafe(`drop database ${name} with (force)`);
      if (leaked.length > 0) {
        throw new Error(`connections left open by this test file:\n${leaked.join('\n')}`);
      }
    });
  });
  return { url, sql, config, openStore: () => openStore(config) };
}

/** The server of this test run, for tests that make databases of their own. */
export function serverUrl(): string {
  return inject('postgresUrl');
}

export function withDatabase(url: string, database: string): string {
  const copy = new URL(url);
  copy.pathname = `/${database}`;
  return copy.href;
}

// --- internal ---

async function onServer<T>(url: string, action: (sql: Sql) => Promise<T>): Promise<T> {
  const maintenance = connectStore(url, { max: 1 });
  try {
    return await action(maintenance);
  } finally {
    await maintenance.end();
  }
}

/** A closed connection is listed until its backend has ended; a leaked one stays. */
async function openConnections(maintenance: Sql, database: string): Promise<string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const rows = await maintenance<{ pid: number; name: string; query: string }[]>`
      select pid, application_name as name, query from pg_stat_activity
      where datname = ${database} and backend_type = 'client backend'`;
    if (rows.length === 0 || attempt === 20) {
      return rows.map(({ pid, name, query }) => `${pid} ${name}: ${query}`);
    }
    await sleep(50);
  }
}
