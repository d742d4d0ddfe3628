import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../src/config.ts';
import { hashJson, type Json } from '../src/hash.ts';
import { openStore } from '../src/store/db.ts';
import { rankResults } from '../src/store/rank.ts';
import { findSweep } from '../src/store/sweeps.ts';
import { axisFlags, cliHome } from './cli-home.ts';
import type { Bench, Figure } from './harness.ts';

interface Size {
  readonly bars: number;
  readonly fast: string;
  readonly slow: string;
}

/**
 * `ideasweep run` as a user types it: W3 in a home that has candles and nothing else, so the cluster,
 * the feeds and the ranks are made on the way. When each phase ended is read off what it left behind.
 */
export const bench: Bench<Size> = {
  small: { bars: 1_000, fast: '2..4', slow: '105..115:5' },
  large: { bars: 200_000, fast: '2..101', slow: '105..600:5' },
  async run({ bars, fast, slow }) {
    using home = await cliHome(bars);
    const command = ['run', home.card, ...axisFlags({ fast, slow })];
    const run = await home.cli(command);
    const again = await home.cli(command);
    const { figures, hash } = await readPhases(home.config, run.startedMs, run.endedMs);
    return {
      figures: [
        ...figures,
        { label: 'whole command', value: (run.endedMs - run.startedMs) / 1_000, unit: 's' },
        { label: 'private memory, peak', value: run.privateBytesMax / 1e6, unit: 'MB' },
        {
          label: 'once more, cluster and feeds there',
          value: (again.endedMs - again.startedMs) / 1_000,
          unit: 's',
        },
      ],
      hash,
    };
  },
};

// --- internal ---

interface Times {
  readonly createdMs: number;
  readonly startedMs: number;
  readonly claimedMs: number;
  readonly savedMs: number;
}

/** What the first of the two runs left behind. */
async function readPhases(
  config: Config,
  startMs: number,
  endMs: number,
): Promise<{ figures: Figure[]; hash: string }> {
  const clusterMs = statSync(join(config.postgresDir, 'password')).mtimeMs;
  await using store = await openStore(config);
  const [times] = await store.sql<Times[]>`
    select extract(epoch from created_at)::float8 * 1000 as "createdMs",
      extract(epoch from started_at)::float8 * 1000 as "startedMs",
      (select extract(epoch from min(claimed_at))::float8 * 1000 from batches b
        where b.sweep_id = s.sweep_id) as "claimedMs",
      (select extract(epoch from max(updated_at))::float8 * 1000 from batches b
        where b.sweep_id = s.sweep_id) as "savedMs"
    from sweeps s order by sweep_id limit 1`;
  if (!times) throw new Error('the run left no sweep');
  const row = await findSweep(store.sql, 'last');
  const feedMs = Math.max(
    ...row.feeds.map((feed) => statSync(join(config.feedsDir, feed.fileName)).ctimeMs),
  );
  // Counted from the start of the process: the server starts while the plan is made and feeds are built.
  const traces: readonly (readonly [string, number])[] = [
    ['card read, cluster begun, at', clusterMs],
    ['feeds written, at', feedMs],
    ['server up, sweep planned and created, at', times.createdMs],
    ['feeds checked and mapped, at', times.startedMs],
    ['first batch begun, at', times.claimedMs],
    ['last batch saved, at', times.savedMs],
    ['ranked, printed, server stopped, at', endMs],
  ];
  const figures = traces.map(([label, atMs]) => ({ label, value: atMs - startMs, unit: 'ms' }));
  const top = await rankResults(store.sql, { sweep: row, top: 20 });
  return {
    figures,
    hash: hashJson(top.map(({ pointIndex, metrics }) => ({ pointIndex, metrics })) as Json),
  };
}
