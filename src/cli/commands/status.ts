import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { formatCount, formatElapsed, formatWindow } from '../../report/format.ts';
import { renderFacts } from '../../report/table.ts';
import { openStore, type Store } from '../../store/db.ts';
import { isAbandoned } from '../../store/lease.ts';
import { sweepProgress } from '../../store/progress.ts';
import { findSweep, type SweepRow } from '../../store/sweeps.ts';
import { formatShort } from '../../time.ts';
import { jsonFlag, sweepArgument } from '../flags.ts';
import { print, printJson } from '../output.ts';
import { describeBest, elapsedMs, sweepDocument } from '../sweep-view.ts';

export const statusCommand = defineCommand({
  meta: { name: 'status', description: 'How far a sweep is' },
  args: { ...sweepArgument, ...jsonFlag },
  async run({ args }) {
    await using store = await openStore(loadConfig());
    const row = await findSweep(store.sql, args.sweep);
    if (args.json) printJson(await sweepDocument(store, row));
    else print(await renderStatus(store, row));
  },
});

// --- internal ---

async function renderStatus(store: Store, row: SweepRow): Promise<string> {
  const progress = await sweepProgress(store.sql, row.sweepId);
  const { completed, failed, refused, eligible } = progress;
  const tookMs = elapsedMs(row);
  const saved = completed + failed + refused;
  const { admitted, total, isEstimated } = row.points;
  const share = admitted > 0 ? Math.floor((100 * saved) / admitted) : 100;
  const trouble = [
    failed > 0 ? `, ${formatCount(failed)} failed` : '',
    refused > 0 ? `, ${formatCount(refused)} refused` : '',
  ].join('');
  const gone = (await isAbandoned(store.sql, row.sweepId))
    ? ', but its command is gone; run the card again to go on'
    : '';
  return renderFacts([
    ['sweep', `${row.sweepId}  ${row.name}`],
    ['status', `${row.status.replaceAll('_', ' ')}   (${row.executor})${gone}`],
    [
      'points',
      `${formatCount(saved)} of ${isEstimated ? 'about ' : ''}${formatCount(admitted)} (${share} %)` +
        `${trouble}, ${formatCount(eligible)} eligible` +
        (total === admitted ? '' : `; the whole grid has ${formatCount(total)}`),
    ],
    ['window', `${formatWindow(row.spec.window)}   profile ${row.spec.profile}`],
    ['started', row.startedMs === null ? undefined : `${formatShort(row.startedMs)} UTC`],
    ['took', row.endedMs === null || tookMs === null ? undefined : formatElapsed(tookMs)],
    ['error', row.error ?? undefined],
    ['best', describeBest(row.spec, progress.best)?.replace('best ', '')],
  ]);
}
