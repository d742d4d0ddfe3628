/**
 * The program as few files: what `scripts/bundle-program.ts` makes of the sources, so that a command
 * resolves and links tens of files instead of hundreds. It is a cache: taken only where the bytes of every
 * source are those that it was made of, and every command runs without it.
 */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** This checkout; texts of the program name files in it. */
export const ROOT = join(import.meta.dirname, '../..');

/** Of all programs made here. */
export const PROGRAMS = join(ROOT, 'node_modules/.cache/ideasweep-program');

/** Which sources the program has, as paths from ROOT. */
export const SOURCE_LIST = join(PROGRAMS, 'sources.json');

/**
 * Where a program of these sources, as they are now, has its files.
 *
 * @param {readonly string[]} files
 */
export function programFolder(files) {
  const parts = files.flatMap((file) => {
    const bytes = readFileSync(join(ROOT, file));
    return [Buffer.from(`${file} ${bytes.length}\n`), bytes];
  });
  const sources = hash('sha256', Buffer.concat([Buffer.from(`${ROOT}\n`), ...parts]));
  return join(PROGRAMS, sources.slice(0, 32));
}

/**
 * The program's `main.js`; undefined where none is made of these sources.
 *
 * @returns {string | undefined}
 */
export function bundledMain() {
  try {
    const main = join(programFolder(JSON.parse(readFileSync(SOURCE_LIST, 'utf8'))), 'main.js');
    return existsSync(main) ? main : undefined;
  } catch {
    // No list, or one of a file that is gone.
    return undefined;
  }
}
