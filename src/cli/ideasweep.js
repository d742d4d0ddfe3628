#!/usr/bin/env node
/**
 * The program's first file: keeps compiled code, then starts the command line. It is JavaScript because
 * what strips types takes 30 to 110 ms to load, and is not needed where every TypeScript file has been
 * compiled before.
 *
 * Compiled code lies beside the code it is made of, where that may be written, so that a new home has it
 * too; else in the home, which is not made for it. Node checks every entry against its source. Threads
 * know the folder from the environment alone; they take part from the second command on, because writing
 * it for each of them makes a first `run` 0.3 s longer.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const MODULES = join(import.meta.dirname, '../../node_modules');

/** @returns {Promise<string | undefined>} */
async function codeFolder() {
  if (canWrite(MODULES)) return join(MODULES, '.cache', 'ideasweep');
  const { homePath } = await import('../home.ts');
  const home = homePath(process.env);
  return existsSync(home) ? join(home, 'cache', 'code') : undefined;
}

/** @param {string} folder */
function canWrite(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const folder = await codeFolder();
if (folder !== undefined) {
  if (existsSync(folder)) process.env['NODE_COMPILE_CACHE'] ??= folder;
  enableCompileCache(folder);
}
await import('./main.ts');
