import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ideasweep-test-'));
// Root's server runs as another user, who must get in.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs the commands of a first session when the package is installed, and leaves nothing else', async () => {
  const env = { PATH: process.env['PATH'], TMPDIR: folder };
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/prepare.ts'], {
    env,
  });
  expect(stdout).toBe('');
  expect(readdirSync(folder)).toEqual([]);
});
