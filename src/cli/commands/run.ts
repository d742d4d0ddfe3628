import { defineCommand } from 'citty';
import { loadConfig, type Config } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import { openStore, type Store } from '../../store/db.ts';
import type { TemporalClient } from '../../temporal/client.ts';
import { loadSweep } from '../card-file.ts';
import { cardArgument, jsonFlag, sweepFlags, sweepOverrides, wholeNumber } from '../flags.ts';

const ARGS = {
  ...cardArgument,
  ...sweepFlags,
  executor: {
    type: 'string',
    valueHint: 'local|temporal',
    description: 'Who runs it (default: local, or temporal where TEMPORAL_ADDRESS is set)',
  },
  detach: { type: 'boolean', description: 'Temporal: start it and leave' },
  fresh: { type: 'boolean', description: 'Start anew even where an unfinished sweep waits' },
  threads: { type: 'string', valueHint: 'N', description: 'Engine threads (default: all cores)' },
  'batch-size': {
    type: 'string',
    valueHint: 'N',
    description: 'Points per batch (default: by measured cost)',
  },
  limit: { type: 'string', valueHint: 'N', description: 'For search methods; not built yet' },
  ...jsonFlag,
} as const;

export const runCommand = defineCommand({
  meta: { name: 'run', description: 'Run a sweep and rank it; resumes an unfinished one' },
  args: ARGS,
  async run({ args, rawArgs }) {
    if (args.limit !== undefined) throw notYet('--limit belongs to random search');
    const threads = wholeNumber('--threads', args.threads, { min: 1, max: 1024 });
    const batchSize = wholeNumber('--batch-size', args['batch-size'], { min: 1 });
    const config = loadConfig(undefined, threads === undefined ? {} : { threads });
    const executor = chooseExecutor(args.executor, config, args.detach === true);
    const sweep = await loadSweep(args.card, sweepOverrides(args, rawArgs, ARGS));
    // Connected first: a sweep that cannot be driven must not be left in the store.
    await using temporal = executor === 'temporal' ? await openTemporal(config) : undefined;
    // The server starts while the modules of everything else are loaded.
    const store = await beginStore(config);
    const { driveSweep } = await import('../drive-sweep.ts');
    await driveSweep(sweep, {
      config,
      store,
      temporal,
      batchSize,
      isDetached: args.detach === true,
      isFresh: args.fresh === true,
      isJson: args.json === true,
    });
  },
});

// --- internal ---

/** A store that is being opened: waits until its server is on its way, and no longer. */
async function beginStore(config: Config): Promise<{ readonly opened: Promise<Store> }> {
  const launched = Promise.withResolvers<void>();
  const opened = openStore(config, launched.resolve);
  // Whoever awaits it meets its error.
  opened.catch(() => {});
  await Promise.race([launched.promise, opened.catch(() => {})]);
  return { opened };
}

function chooseExecutor(
  wanted: string | undefined,
  config: Config,
  isDetached: boolean,
): 'local' | 'temporal' {
  const executor = wanted ?? (config.temporalAddress === undefined ? 'local' : 'temporal');
  if (executor !== 'local' && executor !== 'temporal') {
    throw new SweepError('USAGE', `--executor is local or temporal; it is "${executor}"`);
  }
  if (isDetached && executor === 'local') {
    throw new SweepError('USAGE', '--detach needs --executor temporal', {
      hint: 'a local sweep lives in this process; it can be stopped and run again at any time',
    });
  }
  return executor;
}

async function openTemporal(config: Config): Promise<TemporalClient> {
  const { connectTemporal } = await import('../../temporal/client.ts');
  return connectTemporal(config);
}

function notYet(what: string): SweepError {
  return new SweepError('NOT_YET', `${what}, which is not built yet`, {
    hint: 'a grid runs whole: narrow an axis with --axis',
  });
}
