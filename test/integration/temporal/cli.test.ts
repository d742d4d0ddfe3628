import { afterAll, describe, expect, test } from 'vitest';
import { crossCard } from '../../support/cards.ts';
import { CardFolder, runCli, startCli } from '../../support/cli.ts';
import { spawnCli, temporalHome } from '../../support/temporal-home.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

/** `run --executor temporal` as a user has it: a worker in one process, the command in another. */

const home = temporalHome();
const env = {
  IDEASWEEP_HOME: home.config.home,
  DATABASE_URL: home.database.url,
  TEMPORAL_ADDRESS: home.config.temporalAddress ?? '',
};
const folder = new CardFolder();
afterAll(() => folder[Symbol.dispose]());
const card = folder.write(
  crossCard(`
  window: { start: 2023-02-01, end: 2023-02-15 }
  axes:
    fast: { path: exec.fast.length, values: [5, 8, 13] }
    slow: { path: exec.slow.length, values: [21, 34, 55] }
    stop: { path: risk_model.stop_loss.value, values: [1, 2] }
`),
);
const ranking = async () => (await runCli(['rank', 'last', '--json'], env)).stdout;

describe.skipIf(!temporalAddress())(`the commands with Temporal${temporalSkipReason()}`, () => {
  test('a sweep through Temporal prints and ranks as a local one, byte for byte', async () => {
    await using worker = spawnCli(home, 'worker');
    await worker.untilPrinted('ready');
    const far = await runCli(['run', card, '--executor', 'temporal'], env);
    expect(far.stderr).toMatch(/completed: 18 points/);
    expect(far.code).toBe(0);
    const ranked = await ranking();
    expect(JSON.parse(ranked)).toHaveLength(18);
    const near = await runCli(['run', card, '--executor', 'local'], env);
    expect(near.stdout).toBe(far.stdout);
    expect(await ranking()).toBe(ranked);
  });

  test('--detach starts it and leaves; the same command follows it to the end', async () => {
    const detached = await runCli(['run', card, '--name', 'away', '--detach'], env);
    expect(detached.stderr).toMatch(/it runs in Temporal at .*; see: ideasweep status \w+/);
    expect({ code: detached.code, stdout: detached.stdout }).toEqual({ code: 0, stdout: '' });
    const following = startCli(['run', card, '--name', 'away', '--json'], env);
    await following.shows('its workflow runs already; following it');
    await using worker = spawnCli(home, 'worker');
    const followed = await following.done;
    expect(worker.child.exitCode).toBeNull();
    expect(followed.stderr).toMatch(/resuming sweep \w+ {2}away/);
    expect(JSON.parse(followed.stdout)).toMatchObject({
      name: 'away',
      status: 'completed',
      executor: 'temporal',
      points: { completed: 18, failed: 0 },
    });
  });
});
