import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { isIntact, type PointList, type RowAudit } from '../../executor/audit-rows.ts';
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
    description:
      'Run a sample of a sweep again by the bar loop and compare every bit; count all of its rows',
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
    const isSound = verification.different.length === 0 && isIntact(verification.rows);
    if (!isSound) process.exitCode = 1;
    if (args.json) printJson(documentOf(verification));
    else print(textOf(row.name, verification));
  },
});

// --- internal ---

/** Differences shown on a screen; --json has all. */
const SHOWN_MAX = 20;

function documentOf({ sampled, equal, different, rows }: Verification): object {
  const differences = different.map(({ pointIndex, ...rest }) => ({
    point_index: pointIndex,
    ...rest,
  }));
  return { sampled, equal, different: differences, rows };
}

function textOf(name: string, { sampled, equal, different, rows }: Verification): string {
  const head = `${name}: ${plural(sampled, 'point')} run again by the bar loop`;
  const found = [
    different.length === 0
      ? `${head}, every metric equal to the last bit`
      : `${head}, ${formatCount(sampled - equal)} differ\n\n${tableOf(different)}\n`,
    ...rowLines(rows),
    ...(isIntact(rows) ? [] : ['to have the rows again: ideasweep run CARD --fresh']),
  ];
  return found.join('\n');
}

function tableOf(different: Verification['different']): string {
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
  return more > 0 ? `${table}\n  and ${formatCount(more)} more, see --json` : table;
}

function rowLines({ saved, stored, missing, unknown, batches }: RowAudit): string[] {
  const { compared, different } = batches;
  const counted =
    saved === stored
      ? `${plural(stored, 'row')} stored, as many as its batches saved`
      : `${plural(stored, 'row')} stored, but its batches saved ${formatCount(saved)}`;
  return [
    counted,
    ...(missing.count > 0 ? [`  missing: ${pointsText('point', missing)}`] : []),
    ...(unknown.count > 0 ? [`  saved by no batch: ${pointsText('row', unknown)}`] : []),
    ...(compared > different.length
      ? [
          `${formatCount(compared - different.length)} of ${plural(compared, 'whole batch', 'whole batches')} equal their digests`,
        ]
      : []),
    ...different.map(
      ({ start, end }) =>
        `  altered after they were saved: rows in the batch of points ${start} to ${end - 1}`,
    ),
  ];
}

function pointsText(noun: string, { count, first }: PointList): string {
  const more = count > first.length ? ', …' : '';
  return `${plural(count, noun)}: ${first.join(', ')}${more}`;
}
