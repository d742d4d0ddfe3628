import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { verifySweep, type Verification } from '../../executor/verify-sweep.ts';
import { formatCount, plural } from '../../report/format.ts';
import { renderTable } from '../../report/table.ts';
import { openStore } from '../../store/db.ts';
import { findSweep } from '../../store/sweeps.ts';
import { jsonFlag, sweepArgument, wholeNumber } from '../flags.ts';
import { print, printJson } from '../output.ts';

export const verifyCommand = defineCommand({
  meta: {
    name: 'verify',
    description: 'Run a sample of a sweep again by the bar loop and compare every bit',
  },
  args: {
    ...sweepArgument,
    sample: { type: 'string', valueHint: 'N', description: 'Points to run again (default: 100)' },
    seed: { type: 'string', valueHint: 'K', description: 'Which sample (default: 1)' },
    ...jsonFlag,
  },
  async run({ args }) {
    const sample = wholeNumber('--sample', args.sample, { min: 1 }) ?? 100;
    const seed = wholeNumber('--seed', args.seed, { min: 0 }) ?? 1;
    const config = loadConfig();
    await using store = await openStore(config);
    const row = await findSweep(store.sql, args.sweep);
    const verification = await verifySweep(config, store.sql, row, { sample, seed });
    if (verification.different.length > 0) process.exitCode = 1;
    if (args.json) printJson(documentOf(verification));
    else print(textOf(row.name, verification));
  },
});

// --- internal ---

/** Differences shown on a screen; --json has all. */
const SHOWN_MAX = 20;

function documentOf({ sampled, equal, different }: Verification): object {
  const differences = different.map(({ pointIndex, ...rest }) => ({
    point_index: pointIndex,
    ...rest,
  }));
  return { sampled, equal, different: differences };
}

function textOf(name: string, { sampled, equal, different }: Verification): string {
  const head = `${name}: ${plural(sampled, 'point')} run again by the bar loop`;
  if (different.length === 0) return `${head}, every metric equal to the last bit`;
  const table = renderTable(
    [
      { key: 'point', title: 'point' },
      { key: 'metric', title: 'metric' },
      { key: 'stored', title: 'stored', align: 'right' },
      { key: 'recomputed', title: 'recomputed', align: 'right' },
    ],
    different.slice(0, SHOWN_MAX).map(({ pointIndex, metric, stored, recomputed }) => ({
      point: formatCount(pointIndex),
      metric,
      stored: String(stored ?? '—'),
      recomputed: String(recomputed ?? '—'),
    })),
  );
  const more = different.length - SHOWN_MAX;
  const rest = more > 0 ? `\n  and ${formatCount(more)} more, see --json` : '';
  return `${head}, ${formatCount(sampled - equal)} differ\n\n${table}${rest}`;
}
