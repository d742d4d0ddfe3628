/** Forward-only migrations: numbered SQL files, one transaction each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { required } from '../assert.ts';
import { SweepError } from '../errors.ts';

export interface Migration {
  readonly version: number;
  /** `0001_init` */
  readonly name: string;
  readonly text: string;
}

const MIGRATIONS_DIR = join(import.meta.dirname, 'migrations');

/** Any number will do, as long as every version of the program takes the same. */
const MIGRATION_LOCK = 4_711_001;

/** The migrations of this program, ascending and without holes. */
export function readMigrations(folder = MIGRATIONS_DIR): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => /^\d{4}_\w+\.sql$/.test(file));
  return files.toSorted().map((file) => ({
    version: Number(file.slice(0, 4)),
    name: file.slice(0, -'.sql'.length),
    text: readFileSync(join(folder, file), 'utf8'),
  }));
}

/**
 * Brings the schema to this program's version and returns the migrations that were applied. Two
 * processes may migrate at once: each migration looks again under a lock whether it is still due.
 * @throws SweepError SCHEMA_NEWER when a newer program has migrated this database.
 */
export async function migrate(
  sql: Sql,
  migrations: readonly Migration[] = readMigrations(),
): Promise<readonly string[]> {
  const target = required(migrations.at(-1), 'there are no migrations').version;
  const applied: string[] = [];
  let version = await schemaVersion(sql);
  while (version < target) {
    const name = await applyNext(sql, migrations);
    if (name) applied.push(name);
    version = await schemaVersion(sql);
  }
  if (version > target) {
    throw new SweepError(
      'SCHEMA_NEWER',
      `the database's schema is at version ${version}, this program knows ${target}`,
      { hint: 'Use the newer program that migrated it, or another database.' },
    );
  }
  return applied;
}

/** Number of the last applied migration; 0 for an empty database. */
export async function schemaVersion(sql: Sql): Promise<number> {
  const [table] = await sql<{ exists: boolean }[]>`
    select to_regclass('schema_migrations') is not null as exists`;
  if (!table?.exists) return 0;
  const [row] = await sql<{ version: number }[]>`
    select coalesce(max(version), 0)::int as version from schema_migrations`;
  return row?.version ?? 0;
}

// --- internal ---

async function applyNext(sql: Sql, migrations: readonly Migration[]): Promise<string | undefined> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    await tx`create table if not exists schema_migrations (
      version integer primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`;
    const [row] = await tx<{ version: number }[]>`
      select coalesce(max(version), 0)::int as version from schema_migrations`;
    const next = migrations.find((migration) => migration.version > (row?.version ?? 0));
    if (!next) return undefined;
    await tx.unsafe(next.text);
    await tx`insert into schema_migrations (version, name) values (${next.version}, ${next.name})`;
    return next.name;
  });
}
