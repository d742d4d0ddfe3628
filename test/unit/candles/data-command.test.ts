import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'ideasweep-data-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function ideasweep(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, IDEASWEEP_HOME: home };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['src/cli/ideasweep.js', ...args],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}

describe('ideasweep data', () => {
  test('synth, import, resample, check and list work on one home', async () => {
    const synth = await ideasweep(
      'data',
      'synth',
      '--symbol',
      'btcusdt',
      '--bars',
      '600',
      '--json',
    );
    expect(JSON.parse(synth.stdout)).toMatchObject({
      symbol: 'BTCUSDT',
      new: 600,
      last: '2023-01-03T01:55:00Z',
    });
    const resampled = await ideasweep(
      'data',
      'resample',
      '--symbol',
      'BTCUSDT',
      '--from',
      '5m',
      '--to',
      '15m,1h',
      '--json',
    );
    expect(JSON.parse(resampled.stdout)).toMatchObject([{ new: 200 }, { new: 50, incomplete: 0 }]);
    const file = join(home, 'ETHUSDT-1h.csv');
    writeFileSync(
      file,
      'timestamp,open,high,low,close,volume\n2023-01-01,1,2,0.5,1.5,9\n2023-01-01 02:00,1,2,1,1,9\n',
    );
    const imported = await ideasweep('data', 'import', file);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toContain('ETHUSDT-1h.csv');
    const list = await ideasweep('data', 'list', '--json');
    expect(JSON.parse(list.stdout).candles.map((s: { bars: number }) => s.bars)).toEqual([
      600, 200, 50, 2,
    ]);
    const check = await ideasweep('data', 'check', '--symbol', 'ETHUSDT');
    expect(check.code).toBe(0);
    expect(check.stdout).toMatch(/gap +2023-01-01 01:00 +2023-01-01 01:00 +1 /);
  });

  test.each([
    [['import', 'nowhere-5m.csv'], 'there is no such file'],
    [['import'], 'missing argument FILE'],
    [['synth', '--bars', '0'], '--bars is a whole number'],
    [['synth', '--start', '2023-02-30'], 'is not a date'],
    [['check', '--symbol', 'NOSUCH'], 'no candles of NOSUCH are stored'],
    [['import', 'A-5m.csv', '--funding-timezone', 'UTC'], '--funding-timezone goes with --funding'],
    [['fetch'], 'not built yet'],
  ])('data %j ends with exit code 2 and says why', async (args, message) => {
    const { code, stdout, stderr } = await ideasweep('data', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
