import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../../support/database.ts';

/** The README's own-idea block, typed as it stands, by someone who has a file of candles and no more. */

const { config, url } = testDatabase();
const folder = mkdtempSync(join(tmpdir(), 'ideasweep-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const db = await DuckDBInstance.create(':memory:');
  const connection = await db.connect();
  await connection.run(`copy (
    select timestamp '2023-01-01' + to_minutes(5 * i) as timestamp, p as open, p * 1.002 as high,
      p * 0.998 as low, p * (1 + 0.001 * sin(i)) as close, 1.0 as volume
    from (select i, 100 + 20 * sin(i / 700) + 3 * sin(i / 90) as p from range(100000) t(i))
  ) to '${join(folder, 'BTCUSDT-5m.parquet')}' (format parquet)`);
  connection.closeSync();
  db.closeSync();
});

test("the README's commands work as written, one after another", async () => {
  const readme = readFileSync('README.md', 'utf8');
  const block = /Your own idea[^`]*```console\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const commands = block.split('\n').flatMap((line) => /^\$ (.+)$/.exec(line)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(5);
  const program = `"${process.execPath}" "${resolve('src/cli/ideasweep.js')}"`;
  const env = { PATH: process.env['PATH'], IDEASWEEP_HOME: config.home, DATABASE_URL: url };
  let last = '';
  for (const command of commands) {
    const typed = command.replace('npx ideasweep', program);
    const { stdout } = await promisify(execFile)('sh', ['-c', typed], { cwd: folder, env });
    last = stdout;
  }
  expect(last).toMatch(/rank +point +fast +slow/);
});
