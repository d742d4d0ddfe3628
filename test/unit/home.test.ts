import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasHomeFolder, makeHomeFolder } from '../../src/home.ts';
import { startCli } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'ideasweep-home-'));
const file = join(folder, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

describe('the home', () => {
  it('is made with the folders above it, and may be there already', () => {
    const path = join(folder, 'a/b/c');
    expect(hasHomeFolder(path)).toBe(false);
    makeHomeFolder(path);
    makeHomeFolder(path);
    expect([hasHomeFolder(path), statSync(path).isDirectory()]).toEqual([true, true]);
  });

  it.each([
    ['a file', file, `${file} is a file, not a folder`],
    ['below a file', join(file, 'home'), `${file} is a file, not a folder`],
    ['below /proc', '/proc/ideasweep', '/proc/ideasweep cannot be made'],
  ])('that is %s is refused by every command that needs it', async (_name, home, reason) => {
    const commands = [
      ['list'],
      ['data', 'synth', '--symbol', 'X', '--timeframe', '5m', '--bars', '10', '--seed', '1'],
    ];
    const results = await Promise.all(
      commands.map((args) => startCli([...args, '--json'], { IDEASWEEP_HOME: home }).done),
    );
    for (const { code, stdout } of results) {
      expect(code).toBe(2);
      expect(JSON.parse(stdout).error).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining(`IDEASWEEP_HOME cannot be used: ${reason}`),
        hint: expect.stringContaining('Set IDEASWEEP_HOME to a folder'),
      });
    }
  });

  it('that is a file is not taken for an empty one', async () => {
    const { code, stderr } = await startCli(['data', 'list'], { IDEASWEEP_HOME: file }).done;
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a file, not a folder')]);
  });
});
