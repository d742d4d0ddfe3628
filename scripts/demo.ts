/**
 * `npm run demo`: seeded synthetic candles, the example sweep, a ranked table and a heatmap, by the
 * commands a user types. It lives in a folder of its own under the home, so that it never mixes
 * with anyone's candles or sweeps, and needs no service that is running already.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const configured = loadConfig().home;
// Its own advice sets IDEASWEEP_HOME to this folder; run again from there it is the same one.
const home = basename(configured) === 'demo' ? configured : join(configured, 'demo');
const card = 'examples/cards/ema-cross.yml';

/** A year of 5m bars from 2023-01-15 and the warm-up before it. */
const STEPS: readonly (readonly string[])[] = [
  [
    'data',
    'synth',
    '--symbol',
    'DEMOUSDT',
    '--timeframe',
    '5m',
    '--bars',
    '110000',
    '--seed',
    '1',
    '--start',
    '2023-01-01',
  ],
  ['plan', card],
  ['run', card, '--fresh'],
  ['heatmap', 'last', '--x', 'fast', '--y', 'slow'],
];

const startMs = performance.now();
mkdirSync(home, { recursive: true });
for (const step of STEPS) runStep(step);
const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
console.log(`\nThat took ${seconds} s. Everything is kept in ${home}.\n`);
console.log('What to type next:');
for (const line of nextSteps()) console.log(`  ${line}`);

function runStep(args: readonly string[]): void {
  const shown = args.map((word) => (/[^\w./:=-]/.test(word) ? `"${word}"` : word)).join(' ');
  console.log(`\n$ ideasweep ${shown}`);
  // The demo shows the default: one machine, no services, whatever this shell is set up for.
  const { DATABASE_URL: _database, TEMPORAL_ADDRESS: _temporal, ...env } = process.env;
  const { status } = spawnSync(process.execPath, [join(root, 'src/cli/ideasweep.js'), ...args], {
    cwd: root,
    env: { ...env, IDEASWEEP_HOME: home },
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

function nextSteps(): string[] {
  return [
    `export IDEASWEEP_HOME=${home}`,
    'npx ideasweep rank last --by calmar --top 5',
    'npx ideasweep show last best',
    `npx ideasweep run ${card} --axis fast=20..400:20 --window 2023-06-01..2024-01-01`,
    'npx ideasweep sql "select fast, slow, sharpe from sweep_ema_cross order by rank limit 5"',
    '',
    'unset IDEASWEEP_HOME                     your own idea, your own candles:',
    'npx ideasweep init my-ideas',
    'npx ideasweep data import BTCUSDT-5m.parquet',
  ];
}
