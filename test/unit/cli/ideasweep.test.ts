import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

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
  await start('src/cli/ideasweep.js');
  expect(await start('src/cli/ideasweep.js')).toMatch(/^\d+\.\d+\.\d+\ndoes not strip$/);
  // The test would notice: the same without the first file does.
  expect(await start('src/cli/main.ts')).toMatch(/^\d+\.\d+\.\d+\nstrips$/);
});
