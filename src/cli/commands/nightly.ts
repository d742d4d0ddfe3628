import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import type { NightComparison } from '../../nightly/compare.ts';
import type { NightRecord } from '../../nightly/record.ts';
import { openStore } from '../../store/db.ts';
import { formatInstant, parseInstant, startOfDayMs } from '../../time.ts';
import { loadCard, warnAboutCard } from '../card-file.ts';
import { cardArgument, jsonFlag, sweepFlags, sweepOverrides, wholeNumber } from '../flags.ts';
import { Interrupt } from '../interrupt.ts';
import { note, print, printJson } from '../output.ts';
import { startProgress } from '../progress.ts';

const ARGS = {
  ...cardArgument,
  'as-of': {
    type: 'string',
    valueHint: 'DATE',
    description: 'Day, UTC, at whose start the rolling window ends (default: today)',
  },
  refresh: {
    type: 'string',
    valueHint: 'none|archive|FOLDER',
    description: 'Where new candles come from; only none is built yet',
    default: 'none',
  },
  ...sweepFlags,
  threads: { type: 'string', valueHint: 'N', description: 'Engine threads (default: all cores)' },
  'batch-size': {
    type: 'string',
    valueHint: 'N',
    description: 'Points per batch (default: by measured cost)',
  },
  ...jsonFlag,
} as const;

export const nightlyCommand = defineCommand({
  meta: {
    name: 'nightly',
    description: 'Refresh, rolling window, sweep, compare with last night; once, for cron',
  },
  args: ARGS,
  async run({ args, rawArgs }) {
    refuseRefresh(args.refresh);
    const asOfMs = readAsOf(args['as-of']);
    const threads = wholeNumber('--threads', args.threads, { min: 1, max: 1024 });
    const batchSize = wholeNumber('--batch-size', args['batch-size'], { min: 1 });
    const config = loadConfig(undefined, threads === undefined ? {} : { threads });
    const overrides = sweepOverrides(args, rawArgs, ARGS);
    const parsed = await loadCard(args.card, overrides);
    const { resolveNight } = await import('../../nightly/rolling-window.ts');
    const { runNight } = await import('../../nightly/run-night.ts');
    // Before Postgres is started: what is wrong with the card is said at once.
    resolveNight(parsed, overrides, asOfMs);
    warnAboutCard(args.card, parsed);
    await using store = await openStore(config);
    using progress = await startProgress('nightly');
    using interrupt = new Interrupt((text) => progress.say(text));
    const state = { done: 0, total: 0 };
    const night = await runNight(
      config,
      store,
      { parsed, overrides, asOfMs },
      {
        threads: config.threads,
        ...(batchSize === undefined ? {} : { batchSize }),
        stop: interrupt.stop,
        abort: interrupt.abort,
        onStarted: ({ row }) => (state.total = row.points.admitted),
        onProgress: ({ points }) => progress.update({ ...state, done: (state.done += points) }),
      },
    );
    progress[Symbol.dispose]();
    if (night === undefined) {
      note('stopped; the same command goes on where it was');
      process.exitCode = 3;
    } else if (args.json === true) printJson(nightDocument(night));
    else for (const line of describeNight(night)) print(line);
  },
});

// --- internal ---

function refuseRefresh(refresh: string): void {
  if (refresh === 'none') return;
  throw new SweepError('NOT_YET', `--refresh ${refresh} is not built yet`, {
    hint: 'Import new candles first (ideasweep data import), then run with --refresh none.',
  });
}

function readAsOf(text: string | undefined): number {
  if (text === undefined) return startOfDayMs(Date.now());
  const ms = parseInstant(text);
  if (ms !== undefined) return ms;
  throw new SweepError('USAGE', `--as-of "${text}" is no date`, { hint: 'Write 2023-12-01.' });
}

/** Keys as the columns of `nightly_runs`. */
function nightDocument(night: NightRecord): object {
  return {
    nightly_run_id: night.nightlyRunId,
    schedule_name: night.scheduleName,
    name: night.name,
    as_of: formatInstant(night.asOfMs),
    sweep_id: night.sweepId,
    previous_sweep_id: night.previousSweepId,
    status: night.status,
    best: night.best,
    comparison: night.comparison,
    error: night.error,
  };
}

function describeNight(night: NightRecord): string[] {
  const lines = [
    `night ${night.nightlyRunId}  ${night.name}  sweep ${night.sweepId}: ${night.status}`,
  ];
  const { best, comparison } = night;
  lines.push(
    best === null
      ? 'no eligible point'
      : `best: ${best.objective_metric} ${best.objective} at ${paramsText(best.params)}`,
  );
  if (comparison === null) lines.push('no night before it to compare with');
  else lines.push(describeComparison(comparison));
  return lines;
}

function describeComparison(comparison: NightComparison): string {
  const { previous_best: before, previous_best_tonight: standing } = comparison;
  if (comparison.is_same_point) {
    return `the same point as last night, then ${before.objective_metric} ${before.objective}`;
  }
  const now = standing === null ? 'not in the grid any more' : `rank ${standing.rank} tonight`;
  return `last night's best: ${paramsText(before.params)}, ${now}`;
}

function paramsText(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
