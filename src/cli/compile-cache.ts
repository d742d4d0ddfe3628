import { accessSync, constants, existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { homePath } from '../home.ts';

/**
 * Keeps compiled code: a command starts 0.2 s sooner from the second time on. It lies beside the code it
 * is made of, where that may be written, so that a new home has it too; else in the home, which is not
 * made for it. Node checks every entry against its source. Threads know the folder from the environment
 * alone; they take part from the second command on, because writing it for each of them makes a first
 * `run` 0.3 s longer.
 */
export function keepCompiledCode(): void {
  const folder = codeFolder();
  if (folder === undefined) return;
  if (existsSync(folder)) process.env['NODE_COMPILE_CACHE'] ??= folder;
  enableCompileCache(folder);
}

// --- internal ---

const MODULES = join(import.meta.dirname, '../../node_modules');

function codeFolder(): string | undefined {
  if (canWrite(MODULES)) return join(MODULES, '.cache', 'ideasweep');
  const home = homePath(process.env);
  return existsSync(home) ? join(home, 'cache', 'code') : undefined;
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
