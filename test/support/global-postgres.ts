/**
 * One real server for a whole test run, in a home of its own, with a migrated template database that
 * testDatabase() clones. Nothing of it outlives the run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../../src/config.ts';
import { leasePostgres, type PostgresLease } from '../../src/services/postgres.ts';
import { connectStore } from '../../src/store/db.ts';
import { migrate } from '../../src/store/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the server; its database is the migrated template, which no test may connect to. */
    postgresUrl: string;
  }
}

let home = '';
let lease: PostgresLease | undefined;

export async function setup(project: TestProject): Promise<void> {
  home = await mkdtemp(join(tmpdir(), 'ideasweep-test-'));
  lease = await leasePostgres(loadConfig({ IDEASWEEP_HOME: home }));
  const maintenance = connectStore(lease.url, { max: 1 });
  await maintenance`create database template_store`;
  await maintenance.end();
  const template = connectStore(databaseUrl(lease.url, 'template_store'), { max: 1 });
  await migrate(template);
  await template.end();
  project.provide('postgresUrl', lease.url);
}

export async function teardown(): Promise<void> {
  await lease?.release();
  await rm(home, { recursive: true, force: true });
}

// --- internal ---

function databaseUrl(url: string, database: string): string {
  const copy = new URL(url);
  copy.pathname = `/${database}`;
  return copy.href;
}
