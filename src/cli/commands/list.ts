import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { formatCount, formatElapsed } from '../../report/format.ts';
import { renderTable } from '../../report/table.ts';
import { openStore } from '../../store/db.ts';
import { abandonedSweeps } from '../../store/lease.ts';
import { listSweeps, type SweepRow } from '../../store/sweeps.ts';
import { formatInstant, formatShort } from '../../time.ts';
import { jsonFlag } from '../flags.ts';
import { note, print, printJson, tableStyle } from '../output.ts';
import { elapsedMs, statusText } from '../sweep-view.ts';

export const listCommand = defineCommand({
  meta: { name: 'list', description: 'All sweeps, newest first' },
  args: jsonFlag,
  async run({ args }) {
    await using store = await openStore(loadConfig());
    const rows = await listSweeps(store.sql);
    const abandoned = await abandonedSweeps(
      store.sql,
      rows.map(({ sweepId }) => sweepId),
    );
    const sweeps = rows.map((row) => ({ ...row, isAbandoned: abandoned.has(row.sweepId) }));
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

type Listed = SweepRow & { readonly isAbandoned: boolean };

function listDocument(sweep: Listed): object {
  return {
    sweep_id: sweep.sweepId,
    name: sweep.name,
    status: sweep.status,
    abandoned: sweep.isAbandoned,
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
    status: statusText(sweep, sweep.isAbandoned),
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
