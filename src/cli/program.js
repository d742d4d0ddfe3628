/**
 * The program as few files: what `scripts/bundle-program.ts` makes of the sources, so that a command
 * resolves and links tens of files instead of hundreds. It is a cache: taken only where every source is
 * what it was made of, and every command runs without it.
 */
import { hash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** This checkout; texts of the program name files in it. */
export const ROOT = join(import.meta.dirname, '../..');

/** Of all programs made here. */
export const PROGRAMS = join(ROOT, 'node_modules/.cache/ideasweep-program');

/** Says what the program is made of. */
export const SOURCE_LIST = join(PROGRAMS, 'sources.json');

/**
 * What a program is made of: files, as paths from ROOT; their stamps and the folder of the program.
 *
 * @typedef {{ files: readonly string[], stamps: string, folder: string }} ProgramSources
 */

/**
 * The program's `main.js`; undefined where none is made of these sources.
 *
 * @returns {string | undefined}
 */
export function bundledMain() {
  try {
    /** @type {ProgramSources} */
    const { files, stamps, folder } = JSON.parse(readFileSync(SOURCE_LIST, 'utf8'));
    // Files with other stamps may have the same bytes, as after a switch between branches.
    if (stampsOf(files) !== stamps && folderOf(files) !== folder) return undefined;
    const main = join(PROGRAMS, folder, 'main.js');
    return existsSync(main) ? main : undefined;
  } catch {
    // No list, or one of a file that is gone.
    return undefined;
  }
}

/**
 * The name of the folder of a program of these files as they are now.
 *
 * @param {readonly string[]} files
 */
export function folderOf(files) {
  const parts = files.flatMap((file) => {
    const bytes = readFileSync(join(ROOT, file));
    return [Buffer.from(`${file} ${bytes.length}\n`), bytes];
  });
  return hash('sha256', Buffer.concat([Buffer.from(`${ROOT}\n`), ...parts])).slice(0, 32);
}

/**
 * Equal while nobody has written to any of the files: to read them all takes twice as long.
 *
 * @param {readonly string[]} files
 */
export function stampsOf(files) {
  const stamps = files.map((file) => {
    const { ino, size, ctimeMs } = statSync(join(ROOT, file));
    return `${file} ${ino} ${size} ${ctimeMs}`;
  });
  return hash('sha256', [ROOT, ...stamps].join('\n'));
}
