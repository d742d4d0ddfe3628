import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SweepError } from '../errors.ts';
import { withFileLock } from './file-lock.ts';

/**
 * Finds a `temporal` binary, or makes one: TEMPORAL_CLI, PATH, the cache, the SDK's own download
 * where its site can be reached, and else `go install` of a version that can be installed so
 * (later ones have a `replace` in their go.mod). Building takes about four minutes, once.
 */
export interface TemporalBinary {
  readonly path: string;
  readonly source: 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'go';
  /** What `temporal --version` prints. */
  readonly version: string;
}

export interface FindOptions {
  readonly temporalCli?: string | undefined;
  /** Outside any repository, shared by all homes of this user. */
  readonly cacheDir?: string | undefined;
  /** Whether to download or build when there is none; a look-up alone must cost nothing. */
  readonly mayMake?: boolean;
  readonly onProgress?: (text: string) => void;
}

export const TEMPORAL_VERSION = 'v1.5.1';

/**
 * @throws SweepError TEMPORAL_MISSING with what was tried.
 */
export async function findTemporalBinary(options: FindOptions = {}): Promise<TemporalBinary> {
  const { temporalCli, mayMake = true } = options;
  if (temporalCli !== undefined) {
    const version = await versionOf(temporalCli);
    if (version !== undefined) return { path: temporalCli, source: 'TEMPORAL_CLI', version };
    throw missing(`TEMPORAL_CLI names ${temporalCli}, which cannot be run`);
  }
  const onPath = await versionOf('temporal');
  if (onPath !== undefined) return { path: 'temporal', source: 'PATH', version: onPath };
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const cached = await findCached(cacheDir);
  if (cached) return cached;
  if (!mayMake) throw missing('no temporal binary is on PATH or in the cache');
  return withFileLock(join(cacheDir, 'temporal.lock'), MAKE_TIMEOUT_MS, async () => {
    // Another process may have made it while this one waited for the lock.
    const made = await findCached(cacheDir);
    return made ?? makeBinary(cacheDir, options.onProgress ?? (() => {}));
  });
}

export function defaultCacheDir(): string {
  return join(homedir(), '.cache', 'ideasweep');
}

// --- internal ---

const run = promisify(execFile);

const MAKE_TIMEOUT_MS = 15 * 60_000;
const PROBE_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const DOWNLOAD_SITE = 'https://temporal.download/';

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 20_000 });
    return stdout.trim();
  } catch {
    // Not there, or not a program of this machine: the next place is tried.
    return undefined;
  }
}

async function findCached(cacheDir: string): Promise<TemporalBinary | undefined> {
  for (const path of [goBinaryPath(cacheDir), await downloadedPath(downloadDir(cacheDir))]) {
    if (path === undefined || !existsSync(path)) continue;
    const version = await versionOf(path);
    if (version !== undefined) return { path, source: 'cache', version };
  }
  return undefined;
}

async function makeBinary(
  cacheDir: string,
  onProgress: (text: string) => void,
): Promise<TemporalBinary> {
  const tried: string[] = [];
  for (const make of [download, buildWithGo]) {
    try {
      return await make(cacheDir, onProgress);
    } catch (error) {
      // Each way may be closed on this machine (no network, no Go); what remains is told at the end.
      tried.push(error instanceof Error ? error.message.split('\n')[0]! : String(error));
    }
  }
  throw missing(`no temporal binary, and none could be made: ${tried.join('; ')}`);
}

async function download(
  cacheDir: string,
  onProgress: (text: string) => void,
): Promise<TemporalBinary> {
  try {
    await fetch(DOWNLOAD_SITE, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  } catch (error) {
    throw new Error(`${DOWNLOAD_SITE} cannot be reached`, { cause: error });
  }
  onProgress('downloading the Temporal development server');
  const folder = downloadDir(cacheDir);
  await mkdir(folder, { recursive: true });
  // Loaded here only: the testing package brings its own runtime and is not needed otherwise.
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await withTimeout(
    TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'cached-download', downloadDir: folder } },
    }),
    DOWNLOAD_TIMEOUT_MS,
  );
  await environment.teardown();
  const path = await downloadedPath(folder);
  const version = path === undefined ? undefined : await versionOf(path);
  if (path === undefined || version === undefined) {
    throw new Error(`the download left no temporal binary in ${folder}`);
  }
  return { path, source: 'download', version };
}

async function buildWithGo(
  cacheDir: string,
  onProgress: (text: string) => void,
): Promise<TemporalBinary> {
  const go = await run('go', ['version'], { timeout: 20_000 }).catch(() => undefined);
  if (!go) throw new Error('Go is not installed');
  await mkdir(cacheDir, { recursive: true });
  const module = `github.com/temporalio/cli/cmd/temporal@${TEMPORAL_VERSION}`;
  const building = await mkdtemp(join(cacheDir, 'building-'));
  onProgress(`building Temporal with Go (${module}), about 4 minutes, once`);
  const startMs = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startMs) / 1000);
    onProgress(`still building Temporal: ${seconds} s`);
  }, 30_000);
  try {
    await goInstall(module, building);
    const path = goBinaryPath(cacheDir);
    await mkdir(join(path, '..'), { recursive: true });
    await rename(join(building, 'temporal'), path);
    const version = await versionOf(path);
    if (version === undefined) throw new Error(`${path} was built but cannot be run`);
    return { path, source: 'go', version };
  } finally {
    clearInterval(timer);
    await rm(building, { recursive: true, force: true });
  }
}

/** `env` sets GOBIN and leaves the rest of the environment as it is. */
async function goInstall(module: string, folder: string): Promise<void> {
  const limits = { timeout: MAKE_TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 };
  try {
    await run('env', [`GOBIN=${folder}`, 'go', 'install', module], limits);
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const lastLine = stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(`go install failed: ${lastLine}`, { cause: error });
  }
}

function goBinaryPath(cacheDir: string): string {
  return join(cacheDir, `temporal-${TEMPORAL_VERSION}`, 'temporal');
}

function downloadDir(cacheDir: string): string {
  return join(cacheDir, 'temporal-download');
}

/** The SDK names its file `temporal-cli-sdk-typescript-<version>`. */
async function downloadedPath(folder: string): Promise<string | undefined> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const name = names.find((entry) => /^temporal.*(?<!\.(?:lock|tmp|downloading))$/.test(entry));
  return name === undefined ? undefined : join(folder, name);
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function missing(message: string): SweepError {
  return new SweepError('TEMPORAL_MISSING', message, {
    hint: 'Install the Temporal CLI (temporal.io/setup) or Go 1.23+, or set TEMPORAL_CLI to a binary.',
  });
}
