/**
 * The data folder of the embedded server: a copy of the template that `npm ci` has made, or where there is
 * none `initdb`'s. Either works in a folder of its own beside it, which is renamed when complete: a kill
 * at any instant leaves either no cluster or a whole one, and a leftover that the next start removes. All
 * of it runs under the service's file lock.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SweepError } from '../errors.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { ServerOwner } from './postgres-owner.ts';
import { runToEnd } from './postgres-process.ts';

export const SUPERUSER = 'ideasweep';

const HALF_MADE = '.initdb-';

/** Who makes a cluster, and what is called when they have begun. */
export interface ClusterMaker {
  readonly binaries: PostgresBinaries;
  readonly owner: ServerOwner | undefined;
  readonly onLaunch: () => void;
  /** A folder as `postgresDir`, whose cluster no server has been in; it need not be there. */
  readonly template: string;
}

/**
 * Makes the cluster at `dataDir` when there is none; whether it has. By initdb it takes about a second,
 * from the template 0.2 s, the first time only.
 */
export async function ensureCluster(postgresDir: string, maker: ClusterMaker): Promise<boolean> {
  const dataDir = dataDirOf(postgresDir);
  if (existsSync(join(dataDir, 'PG_VERSION'))) return false;
  await removeHalfMade(postgresDir);
  const half = join(postgresDir, `${HALF_MADE}${randomBytes(4).toString('hex')}`);
  if (!(await copyTemplate(postgresDir, half, maker))) await initialise(postgresDir, half, maker);
  await rename(half, dataDir);
  return true;
}

/** Where the template of these programs is, among others: none fits another version or other arguments. */
export function templateIn(folder: string, { version }: PostgresBinaries): string {
  const made = createHash('sha256').update(initdbArguments('', '').join(' ')).digest('hex');
  return join(folder, `${version}-${made.slice(0, 8)}`);
}

export function dataDirOf(postgresDir: string): string {
  return join(postgresDir, 'data');
}

/**
 * The superuser's password: made once, readable by its owner alone, before the cluster that uses it. Homes
 * whose cluster is a copy of one template have the same.
 */
export async function ensurePassword(postgresDir: string): Promise<string> {
  const existing = await readPassword(postgresDir);
  if (existing !== '') return existing;
  const password = randomBytes(18).toString('hex');
  await writePassword(postgresDir, password);
  return password;
}

// --- internal ---

/**
 * Copies a cluster of a thousand files and 30 MB, for which initdb computes 0.8 s, and has it written to
 * the disk, as initdb does. False where there is no template that this user may read, or it cannot be copied.
 */
async function copyTemplate(
  postgresDir: string,
  half: string,
  { binaries, owner, onLaunch, template }: ClusterMaker,
): Promise<boolean> {
  const password = await readPassword(template);
  // What copies a folder may leave out those that are empty, without which no server starts.
  const isWhole = existsSync(join(dataDirOf(template), 'pg_notify'));
  if (password === '' || !isWhole) return false;
  const copying = runToEnd('cp', ['-R', dataDirOf(template), half], undefined);
  onLaunch();
  const steps = [
    () => copying,
    // Copied as ourselves: the owner need not reach the template.
    ...(owner
      ? [() => runToEnd('chown', ['-R', `${owner.uid}:${owner.gid}`, half], undefined)]
      : []),
    () => runToEnd(binaries.initdb, ['--sync-only', '--pgdata', half], owner),
  ];
  for (const step of steps) {
    const { exitCode } = await step();
    if (exitCode === 0) continue;
    await rm(half, { recursive: true, force: true });
    return false;
  }
  await writePassword(postgresDir, password);
  return true;
}

async function initialise(
  postgresDir: string,
  half: string,
  { binaries, owner, onLaunch }: ClusterMaker,
): Promise<void> {
  const password = await ensurePassword(postgresDir);
  const passwordFile = `${half}.password`;
  await mkdir(half, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner)
    await Promise.all([half, passwordFile].map((path) => chown(path, owner.uid, owner.gid)));
  const running = runToEnd(binaries.initdb, initdbArguments(half, passwordFile), owner);
  onLaunch();
  const result = await running;
  await rm(passwordFile, { force: true });
  if (result.exitCode === 0) return;
  await removeHalfMade(postgresDir);
  throw new SweepError('SERVICE_FAILED', `initdb failed: ${result.output.trim().slice(-800)}`, {
    hint: `The folder ${postgresDir} must be writable and have 50 MB free.`,
  });
}

const passwordPath = (postgresDir: string) => join(postgresDir, 'password');

function readPassword(postgresDir: string): Promise<string> {
  return readFile(passwordPath(postgresDir), 'utf8').catch(() => '');
}

async function writePassword(postgresDir: string, password: string): Promise<void> {
  const half = `${passwordPath(postgresDir)}.part`;
  await writeFile(half, password, { mode: 0o600 });
  await rename(half, passwordPath(postgresDir));
}

function initdbArguments(folder: string, passwordFile: string): string[] {
  return [
    '--pgdata',
    folder,
    '--username',
    SUPERUSER,
    '--pwfile',
    passwordFile,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorted by code point: the same order on every machine, and the fastest comparisons.
    '--no-locale',
    // As in the server's own settings.
    '-c',
    'wal_init_zero=off',
  ];
}

/** An initdb whose parent was killed may still be writing there; what resists stays until next time. */
async function removeHalfMade(postgresDir: string): Promise<void> {
  const leftovers = (await readdir(postgresDir)).filter((name) => name.startsWith(HALF_MADE));
  await Promise.all(
    leftovers.map((name) =>
      rm(join(postgresDir, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {}),
    ),
  );
}
