import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { renderCsv } from '../../report/csv.ts';
import { formatCount } from '../../report/format.ts';
import { rankDocument, rankRecord, renderRanking, type RankedPoint } from '../../report/ranking.ts';
import { openStore } from '../../store/db.ts';
import { rankResults } from '../../store/rank.ts';
import { findSweep, type SweepRow } from '../../store/sweeps.ts';
import { jsonFlag, sweepArgument, wholeNumber } from '../flags.ts';
import { note, print, printJson, tableStyle } from '../output.ts';
import { assertWritable, writeWhole } from '../files.ts';
import { parquetType, writeParquet } from '../parquet.ts';
import { axisColumns } from '../sweep-view.ts';

export const rankCommand = defineCommand({
  meta: { name: 'rank', description: 'Ranked points of a sweep, best first' },
  args: {
    ...sweepArgument,
    by: {
      type: 'string',
      valueHint: 'METRIC',
      description: "Rank by this metric instead of the sweep's objective",
    },
    where: {
      type: 'string',
      valueHint: 'EXPR',
      description: 'Only points for which this holds: "total_trades >= 100 and sharpe > 1"',
    },
    top: {
      type: 'string',
      valueHint: 'N',
      description: 'How many points (default 20; all with --json, --csv, --parquet)',
    },
    csv: { type: 'string', valueHint: 'FILE', description: 'Write them to a CSV file' },
    parquet: { type: 'string', valueHint: 'FILE', description: 'Write them to a Parquet file' },
    ...jsonFlag,
  },
  async run({ args }) {
    const isForPeople = !args.json && args.csv === undefined && args.parquet === undefined;
    const top = wholeNumber('--top', args.top, { min: 1 }) ?? (isForPeople ? 20 : undefined);
    await assertWritable('--csv', args.csv);
    await assertWritable('--parquet', args.parquet);
    await using store = await openStore(loadConfig());
    const sweep = await findSweep(store.sql, args.sweep);
    const points = await rankResults(store.sql, {
      sweep,
      ...(args.by === undefined ? {} : { by: args.by }),
      ...(args.where === undefined ? {} : { where: args.where }),
      ...(top === undefined ? {} : { top }),
    });
    if (args.csv !== undefined) await saveCsv(args.csv, points);
    if (args.parquet !== undefined) await saveParquet(args.parquet, points);
    if (args.json) printJson(points.map(rankDocument));
    else if (isForPeople) show(sweep, points, args.by ?? sweep.spec.objective.metric);
  },
});

// --- internal ---

function show(sweep: SweepRow, points: readonly RankedPoint[], metric: string): void {
  if (points.length === 0) {
    note(`no point of ${sweep.name} to show`);
    return;
  }
  print(renderRanking(points, { axes: axisColumns(sweep.spec), metric, ...tableStyle() }));
}

async function saveCsv(path: string, points: readonly RankedPoint[]): Promise<void> {
  const records = points.map(rankRecord);
  await writeWhole(path, renderCsv(Object.keys(records[0] ?? { rank: null }), records));
  note(`wrote ${formatCount(points.length)} rows to ${path}`);
}

async function saveParquet(path: string, points: readonly RankedPoint[]): Promise<void> {
  const records = points.map(rankRecord);
  const columns = Object.keys(records[0] ?? { rank: null }).map((name) => ({
    name,
    type: parquetType(records.map((record) => record[name])),
  }));
  const rows = records.map((record) => columns.map((column) => record[column.name]));
  await writeParquet(path, columns, rows);
  note(`wrote ${formatCount(points.length)} rows to ${path}`);
}
