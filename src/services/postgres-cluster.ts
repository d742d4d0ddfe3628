/**
 * The data folder of the embedded server. `initdb` works in a folder of its own beside it, which is
 * renamed when complete: a kill at any instant leaves either no cluster or a whole one, and a
 * leftover that the next start removes. All of it runs under the service's file lock.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
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
}

/** Makes the cluster at `dataDir` when there is none; whether it has. Takes about a second, the first time only. */
export async function ensureCluster(
  postgresDir: string,
  { binaries, owner, onLaunch }: ClusterMaker,
): Promise<boolean> {
  const dataDir = dataDirOf(postgresDir);
  if ((await stat(join(dataDir, 'PG_VERSION')).catch(() => undefined)) !== undefined) return false;
  await removeHalfMade(postgresDir);
  const password = await ensurePassword(postgresDir);
  const half = join(postgresDir, `${HALF_MADE}${randomBytes(4).toString('hex')}`);
  const passwordFile = `${half}.password`;
  await mkdir(half, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner)
    await Promise.all([half, passwordFile].map((path) => chown(path, owner.uid, owner.gid)));
  const running = runToEnd(binaries.initdb, initdbArguments(half, passwordFile), owner);
  onLaunch();
  const result = await running;
  await rm(passwordFile, { force: true });
  if (result.exitCode !== 0) {
    await removeHalfMade(postgresDir);
    throw new SweepError('SERVICE_FAILED', `initdb failed: ${result.output.trim().slice(-800)}`, {
      hint: `The folder ${postgresDir} must be writable and have 50 MB free.`,
    });
  }
  await rename(half, dataDir);
  return true;
}

export function dataDirOf(postgresDir: string): string {
  return join(postgresDir, 'data');
}

/** The superuser's password: made once, readable by its owner alone, before the cluster that uses it. */
export async function ensurePassword(postgresDir: string): Promise<string> {
  const path = join(postgresDir, 'password');
  const existing = await readFile(path, 'utf8').catch(() => '');
  if (existing !== '') return existing;
  const password = randomBytes(18).toString('hex');
  const half = `${path}.part`;
  await writeFile(half, password, { mode: 0o600 });
  await rename(half, path);
  return password;
}

// --- internal ---

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
