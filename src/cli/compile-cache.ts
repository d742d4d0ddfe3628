import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { homePath } from '../home.ts';

/**
 * Keeps compiled code in the home: a command starts 0.2 s sooner from the second time on. Node checks
 * every entry against its source. A home that is not there yet is not made for it. Threads know the
 * folder from the environment alone; they take part from the second command on, because writing it
 * for each of them makes a first `run` 0.3 s longer.
 */
export function keepCompiledCode(): void {
  const home = homePath(process.env);
  if (!existsSync(home)) return;
  const folder = join(home, 'cache', 'code');
  if (existsSync(folder)) process.env['NODE_COMPILE_CACHE'] ??= folder;
  enableCompileCache(folder);
}
