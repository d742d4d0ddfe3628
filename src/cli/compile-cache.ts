import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { homePath } from '../home.ts';

/**
 * Keeps compiled code in the home: a command starts 0.2 s sooner from the second time on. Node
 * checks every entry against its source. A home that is not there yet is not made for it.
 */
export function keepCompiledCode(): void {
  const home = homePath(process.env);
  if (existsSync(home)) enableCompileCache(join(home, 'cache', 'code'));
}
