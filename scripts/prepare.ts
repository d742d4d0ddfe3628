/**
 * `npm ci` ends with it (package.json, `prepare`), so that a first `run` is as quick as a later one: the
 * database cluster is made of which those of new homes are copies (src/services/postgres-template.ts), and the
 * commands of a first session run once over a few synthetic candles in a folder of their own, whose code is
 * compiled and kept beside the code (src/cli/ideasweep.js). Nothing depends on it: without it, or where it
 * fails, each home makes its cluster, and each command compiles what it needs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { bundleProgram } from './bundle-program.ts';
import { ensureTemplate } from '../src/services/postgres-template.ts';

const ROOT = join(import.meta.dirname, '..');

const SERIES = ['--symbol', 'DEMOUSDT', '--timeframe', '5m'];
const CARD = 'examples/cards/ema-cross.yml';
const SHORT = ['--window', '2023-01-20..2023-02-20'];
const RUN = ['run', CARD, ...SHORT, '--axis', 'fast=20..40:20', '--axis', 'slow=60..80:20'];

const COMMANDS: readonly (readonly string[])[] = [
  ['data', 'synth', ...SERIES, '--bars', '20000', '--seed', '1', '--start', '2023-01-01'],
  ['backtest', CARD, ...SHORT],
  ['plan', ...RUN.slice(1)],
  RUN,
  // Threads keep code from the second command on.
  RUN,
  ['rank', 'last'],
  ['show', 'last', 'best'],
  ['heatmap', 'last', '--x', 'fast', '--y', 'slow'],
];

await ensureTemplate(loadConfig({})).catch((error: unknown) => {
  console.log('no cluster made ahead:', error instanceof Error ? error.message : error);
});

await bundleProgram().catch((error: unknown) => {
  console.log('program not bundled:', error instanceof Error ? error.message : error);
});

const home = mkdtempSync(join(tmpdir(), 'ideasweep-compile-'));
const failed = COMMANDS.find((command) => !runCommand(command));
rmSync(home, { recursive: true, force: true });
if (failed) console.log(`not compiled ahead: ideasweep ${failed.join(' ')} failed`);

// --- internal ---

/** Whether it ran to its end, with the services of its own folder, whatever this shell is set up for. */
function runCommand(command: readonly string[]): boolean {
  const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...env } = process.env;
  const program = join(ROOT, 'src/cli/ideasweep.js');
  const { status } = spawnSync(process.execPath, [program, ...command], {
    cwd: ROOT,
    env: { ...env, IDEASWEEP_HOME: home },
    stdio: 'ignore',
  });
  return status === 0;
}
