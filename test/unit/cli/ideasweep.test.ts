import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const FILE = 'src/cli/ideasweep.js';

/** Says at the end of a process whether Node has loaded what strips types. */
const WATCH = `process.on('exit', () => {
  const isLoaded = process.moduleLoadList.some((name) => name.includes('amaro'));
  process.stdout.write(isLoaded ? 'strips' : 'does not strip');
});`;

async function start(file: string): Promise<string> {
  const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
  const args = ['--import', watch, file, '--version'];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

test('a command that has been given before strips no types', async () => {
  await start(FILE);
  expect(await start(FILE)).toMatch(/^\d+\.\d+\.\d+\ndoes not strip$/);
  // The test would notice: the same without the first file does.
  expect(await start('src/cli/main.ts')).toMatch(/^\d+\.\d+\.\d+\nstrips$/);
});

test('an older Node is told which one is needed', async () => {
  const older = `Object.defineProperty(process, 'versions', { value: { node: '24.9.1' } });`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`];
  const started = promisify(execFile)(process.execPath, [...args, FILE, '--version']);
  await expect(started).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'error: ideasweep needs Node 24.12 or newer; this is 24.9.1\n' +
      'hint: npm run cli -- COMMAND uses the one that npm ci has installed\n',
  });
});
