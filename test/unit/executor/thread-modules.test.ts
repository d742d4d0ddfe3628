import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Lists what a process loads with a module. */
const LIST = `import { registerHooks } from 'node:module';
const urls = [];
registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
await import(process.argv[1]);
process.stdout.write(urls.join('\\n'));`;

async function modulesOf(file: string): Promise<string[]> {
  const args = ['--input-type=module', '--eval', LIST, `${process.cwd()}/${file}`];
  return (await promisify(execFile)(process.execPath, args)).stdout.split('\n');
}

test('a thread loads neither the schema of cards nor anything for stores', async () => {
  const modules = await modulesOf('src/executor/thread.ts');
  expect(modules.filter((url) => url.endsWith('/engine/kernel/kernel.ts'))).toHaveLength(1);
  const heavy = /\/node_modules\/(?:zod|yaml|postgres|@duckdb|apache-arrow)\//;
  expect(modules.filter((url) => heavy.test(url))).toEqual([]);
  // Where the schema is loaded, the list has it.
  const parser = await modulesOf('src/card/parse.ts');
  expect(parser.some((url) => heavy.test(url))).toBe(true);
});
