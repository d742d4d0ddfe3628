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
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
// The whole of it: an older Node has no `enableCompileCache`, and would say that instead.
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledMain } from './program.js';

const PACKAGE = new URL('../../package.json', import.meta.url);
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** An older Node cannot read the files that come next, and says so in words of its own. */
function refuseOldNode() {
  /** @type {{ engines: { node: string } }} */
  const { engines } = JSON.parse(readFileSync(PACKAGE, 'utf8'));
  const needed = engines.node.replace('>=', '');
  const [major = 0, minor = 0] = needed.split('.').map(Number);
  const [ourMajor = 0, ourMinor = 0] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  console.error(`error: ideasweep needs Node ${needed} or newer; this is ${process.versions.node}`);
  console.error('hint: npm run cli -- COMMAND uses the one that npm ci has installed');
  process.exit(1);
}

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

refuseOldNode();
const folder = await codeFolder();
if (folder !== undefined) {
  if (existsSync(folder)) process.env['NODE_COMPILE_CACHE'] ??= folder;
  module.enableCompileCache(folder);
}
const program = process.env['IDEASWEEP_FROM_SOURCES'] === '1' ? undefined : bundledMain();
await (program === undefined ? import('./main.ts') : import(pathToFileURL(program).href));
