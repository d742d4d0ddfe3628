import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { formatCount, formatElapsed } from '../../report/format.ts';
import { renderTable } from '../../report/table.ts';
import { openStore } from '../../store/db.ts';
import { listSweeps } from '../../store/sweeps.ts';
import { formatInstant, formatShort } from '../../time.ts';
import { jsonFlag } from '../flags.ts';
import { note, print, printJson, tableStyle } from '../output.ts';
import { elapsedMs } from '../sweep-view.ts';

export const listCommand = defineCommand({
  meta: { name: 'list', description: 'All sweeps, newest first' },
  args: jsonFlag,
  async run({ args }) {
    await using store = await openStore(loadConfig());
    const sweeps = await listSweeps(store.sql);
    if (args.json) {
      printJson(sweeps.map(listDocument));
    } else if (sweeps.length === 0) {
      note('no sweeps yet; start one with: ideasweep run CARD');
    } else {
      print(renderList(sweeps));
    }
  },
});

// --- internal ---

type Listed = Awaited<ReturnType<typeof listSweeps>>[number];

function listDocument(sweep: Listed): object {
  return {
    sweep_id: sweep.sweepId,
    name: sweep.name,
    status: sweep.status,
    executor: sweep.executor,
    points: {
      total: sweep.points.total,
      admitted: sweep.points.admitted,
      ...(sweep.points.isEstimated ? { estimated: true } : {}),
    },
    created_at: formatInstant(sweep.createdMs),
    elapsed_ms: elapsedMs(sweep),
  };
}

function renderList(sweeps: readonly Listed[]): string {
  const rows = sweeps.map((sweep) => ({
    id: sweep.sweepId,
    name: sweep.name,
    status: sweep.status.replaceAll('_', ' '),
    points: sweep.points.admitted,
    executor: sweep.executor,
    created: formatShort(sweep.createdMs),
    took: formatElapsed(sweep.endedMs === null ? Number.NaN : (elapsedMs(sweep) ?? Number.NaN)),
  }));
  return renderTable(
    [
      { key: 'id', title: 'sweep' },
      { key: 'name', title: 'name' },
      { key: 'status', title: 'status' },
      { key: 'points', title: 'points', format: formatCount },
      { key: 'executor', title: 'executor', isOptional: true },
      { key: 'created', title: 'created (UTC)' },
      { key: 'took', title: 'took', align: 'right' },
    ],
    rows,
    tableStyle(),
  );
}
