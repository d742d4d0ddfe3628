import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SweepError } from './errors.ts';

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
