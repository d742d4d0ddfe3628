import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { appendFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** A checkout of its own, with the packages of this one. */
const root = realpathSync(mkdtempSync(join(tmpdir(), 'ideasweep-program-')));
const programs = join(root, 'node_modules/.cache/ideasweep-program');
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function evaluate(code: string): Promise<string> {
  const args = ['--input-type=module', '--eval', code];
  return (await promisify(execFile)(process.execPath, args, { cwd: root })).stdout;
}

const bundle = (): Promise<string> =>
  evaluate(`await (await import('./scripts/bundle-program.ts')).bundleProgram();`);
const bundled = (): Promise<string> =>
  evaluate(`process.stdout.write(String((await import('./src/cli/program.js')).bundledMain()));`);

async function help(): Promise<string> {
  const { NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const args = [join(root, 'src/cli/ideasweep.js'), '--help'];
  return (await promisify(execFile)(process.execPath, args, { env })).stdout;
}

let main = '';

beforeAll(async () => {
  for (const path of ['src', 'scripts', 'workers', 'workflows', 'activities', 'package.json']) {
    cpSync(path, join(root, path), { recursive: true });
  }
  const packages = readdirSync('node_modules').filter((name) => name !== '.cache');
  mkdirSync(join(root, 'node_modules'));
  for (const name of packages) {
    symlinkSync(resolve('node_modules', name), join(root, 'node_modules', name));
  }
  await bundle();
  main = await bundled();
});

test('the program is found while its sources are what it was made of', async () => {
  expect(dirname(dirname(main))).toBe(programs);
  const source = join(root, 'src/cli/commands/run.ts');
  const text = readFileSync(source, 'utf8');
  appendFileSync(source, '// Another line.\n');
  expect(await bundled()).toBe('undefined');
  // The same bytes again, written later.
  writeFileSync(source, text);
  expect(await bundled()).toBe(main);
  rmSync(source);
  expect(await bundled()).toBe('undefined');
  writeFileSync(source, text);
});

test('a command is that of the sources as they are now', async () => {
  expect(await help()).toContain('one trading idea over a whole grid');
  const source = join(root, 'src/cli/help.ts');
  const text = readFileSync(source, 'utf8');
  writeFileSync(source, text.replace('one trading idea', 'another idea'));
  expect(await help()).toContain('another idea over a whole grid');
  // What is started is the program: changed behind its sources' back, it shows.
  writeFileSync(source, text);
  const program = readFileSync(main, 'utf8');
  writeFileSync(main, program.replace('one trading idea', 'a third idea'));
  expect(await help()).toContain('a third idea over a whole grid');
  writeFileSync(main, program);
});

test('a program that is there is left to those who read it; one of other sources takes its place', async () => {
  const marked = join(dirname(main), 'mark');
  writeFileSync(marked, '');
  await bundle();
  expect(globSync('*/mark', { cwd: programs })).toHaveLength(1);
  appendFileSync(join(root, 'src/cli/help.ts'), '// Another line.\n');
  await bundle();
  expect(await bundled()).not.toBe(main);
  expect(readdirSync(programs)).toHaveLength(2);
  expect(globSync('*/mark', { cwd: programs })).toEqual([]);
});

test('files of the program know the places of sources, and threads start from the program', async () => {
  const folder = dirname(await bundled());
  const texts = globSync('*.js', { cwd: folder }).map((name) =>
    readFileSync(join(folder, name), 'utf8'),
  );
  const places = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes('import.meta'));
  const entries = places.filter((line) => !line.includes('createRequire(import.meta.url)'));
  expect(entries.map((line) => /new URL\("([^"]+)", import\.meta\.url\)/.exec(line)?.[1])).toEqual(
    expect.arrayContaining(['./spin.js', './thread.js']),
  );
  expect(entries).toHaveLength(2);
  expect(texts.join('\n')).toContain(JSON.stringify(join(root, 'src/store')));
});
