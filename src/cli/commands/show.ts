import { defineCommand } from 'citty';
import { stringify } from 'yaml';
import type { IdeaCard } from '../../card/schema.ts';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import { createGrid } from '../../grid/create-grid.ts';
import { formatCount } from '../../report/format.ts';
import { openStore, type Store } from '../../store/db.ts';
import { rankResults, resultRow } from '../../store/rank.ts';
import { findSweep, type SweepRow } from '../../store/sweeps.ts';
import { jsonFlag, wholeNumber } from '../flags.ts';
import { recordedDocument, recordPoint } from '../one-point.ts';
import { print, printJson } from '../output.ts';
import { renderRecorded } from '../recorded-view.ts';

export const showCommand = defineCommand({
  meta: { name: 'show', description: 'One point of a sweep in full; runs it again to record it' },
  args: {
    sweep: {
      type: 'positional',
      description: 'Id, unique prefix, name (its newest sweep) or "last"',
      required: true,
    },
    point: {
      type: 'positional',
      description: 'Point index, as in the "point" column of rank, or "best"',
      required: true,
    },
    equity: { type: 'boolean', description: 'Add the equity curve to --json' },
    card: {
      type: 'boolean',
      description: "Print the card with the point's values in it, as YAML, and nothing else",
    },
    ...jsonFlag,
  },
  async run({ args }) {
    const config = loadConfig();
    const { row, pointIndex, rank } = await lookUp(args.sweep, args.point);
    if (args.card === true) {
      print(cardText(createGrid(row.spec).cardAt(pointIndex)));
      return;
    }
    const recorded = await recordPoint(config, row.spec, {
      pointIndex,
      expectedDigest: row.candleDigest,
    });
    if (args.json) {
      printJson({
        sweep_id: row.sweepId,
        point_index: pointIndex,
        rank,
        params: recorded.params,
        ...recordedDocument(recorded, { hasEquity: args.equity === true }),
      });
      return;
    }
    const place = rank === null ? 'not ranked yet' : `rank ${formatCount(rank)}`;
    print(
      renderRecorded(recorded, [
        ['sweep', `${row.name}   ${row.sweepId}`],
        ['point', `${pointIndex}   ${place} of ${formatCount(row.points.admitted)}`],
      ]),
    );
  },
});

// --- internal ---

/** YAML 1.1, in which cards are read: texts that it would take for something else are quoted. */
function cardText(card: IdeaCard): string {
  const given = JSON.parse(JSON.stringify(card, (_key, value) => value ?? undefined));
  return stringify(given, { version: '1.1', lineWidth: 100 }).trimEnd();
}

interface Found {
  readonly row: SweepRow;
  readonly pointIndex: number;
  readonly rank: number | null;
}

/** The store is closed again before the point runs: nothing of it needs the database. */
async function lookUp(ref: string, point: string): Promise<Found> {
  const written = point === 'best' ? undefined : wholeNumber('POINT', point, { min: 0 });
  await using store = await openStore(loadConfig());
  const row = await findSweep(store.sql, ref);
  const pointIndex = written ?? (await bestOf(store, row));
  if (pointIndex >= row.points.total) {
    throw new SweepError('NOT_FOUND', `${row.name} has no point ${pointIndex}`, {
      hint: `its points are 0 to ${row.points.total - 1}; the "point" column of rank shows them`,
    });
  }
  const stored = await resultRow(store.sql, row.sweepId, pointIndex);
  return { row, pointIndex, rank: stored?.rank ?? null };
}

async function bestOf(store: Store, row: SweepRow): Promise<number> {
  const [best] = await rankResults(store.sql, { sweep: row, top: 1 });
  if (best !== undefined) return best.pointIndex;
  throw new SweepError('NOT_FOUND', `${row.name} has no rows yet`);
}
