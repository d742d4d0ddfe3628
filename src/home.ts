import { mkdirSync, statSync } from 'node:fs';
import { homedir, platform, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SweepError } from './errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder under which the product keeps everything: IDEASWEEP_HOME, else the user's data folder. */
export function homePath(env: Environment): string {
  return resolve(env['IDEASWEEP_HOME'] || defaultHome(env));
}

/**
 * Makes a folder of the home, and the home itself, where they are missing. One mkdir per level:
 * Node's recursive one never returns below /proc, where a parent exists and takes no folders.
 * @throws SweepError USAGE naming IDEASWEEP_HOME and the path that stands in the way.
 */
export function makeHomeFolder(folder: string): void {
  for (const path of missingFolders(folder)) {
    try {
      mkdirSync(path);
    } catch (error) {
      // Another process may have made it since.
      if (codeOf(error) !== 'EEXIST') throw unusableHome(`${path} cannot be made`, error);
    }
  }
}

/**
 * Whether a folder of the home is there.
 * @throws SweepError USAGE where it could not be made either: a file is in its place or above it.
 */
export function hasHomeFolder(folder: string): boolean {
  return missingFolders(folder).length === 0;
}

/** What to throw where `what` of the home went wrong: names the variable and what to do. */
export function unusableHome(what: string, error?: unknown): SweepError {
  const code = codeOf(error);
  const why = code === undefined ? '' : ` (${code})`;
  return new SweepError('USAGE', `IDEASWEEP_HOME cannot be used: ${what}${why}`, {
    hint: 'Set IDEASWEEP_HOME to a folder that you can write; ideasweep keeps everything there.',
  });
}

// --- internal ---

/** Root's own home is mode 0700 and Postgres, which refuses to be root, could not enter it. */
function defaultHome(env: Environment): string {
  if (platform() === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'ideasweep');
  if (userInfo().uid === 0) return '/var/lib/ideasweep';
  if (platform() === 'darwin')
    return join(homedir(), 'Library', 'Application Support', 'ideasweep');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'ideasweep');
}

/** The folders to make, outermost first. */
function missingFolders(folder: string): readonly string[] {
  const missing: string[] = [];
  for (let path = folder; ; path = dirname(path)) {
    try {
      if (statSync(path).isDirectory()) return missing.toReversed();
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unusableHome(`${path} is closed`, error);
      missing.push(path);
      continue;
    }
    throw unusableHome(`${path} is a file, not a folder`);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
