import type { Config } from '../config.ts';
import type { BuiltFeed } from '../executor/feeds.ts';
import { planSweep, type SweepPlan } from '../executor/plan-sweep.ts';
import type { HeadStart } from '../executor/head-start.ts';
import type { Threads } from '../executor/start-threads.ts';
import type { Sweep } from '../grid/sweep.ts';

/** What of a sweep needs no store, begun while that is opened. Whoever awaits a part meets its error. */
export interface PreparedSweep extends AsyncDisposable {
  readonly plan: Promise<SweepPlan>;
  /** Feeds that this process builds; a worker of Temporal builds its own. */
  readonly feeds: Promise<readonly BuiltFeed[]>;
  /** Absent where workers of Temporal have theirs. */
  readonly threads: Promise<Threads | undefined>;
  /** Absent where the store is there before feeds and threads are. */
  readonly headStart: Promise<HeadStart | undefined>;
  endThreads(): Promise<void>;
}

export interface Preparation {
  readonly executor: 'local' | 'temporal';
  readonly batchSize: number | undefined;
  readonly opened: Promise<unknown>;
}

/**
 * Plans, builds and starts threads. They load their modules while feeds are written, and run the first
 * points while a server that has been started is not `opened` yet: both leave a core at rest.
 */
export function prepareSweep(
  config: Config,
  sweep: Sweep,
  { executor, batchSize, opened }: Preparation,
): PreparedSweep {
  const plan = planSweep(config, sweep);
  const feeds = executor === 'local' ? build(config, plan) : buildNone(plan);
  const threads = executor === 'local' ? begin(config, plan) : Promise.resolve(undefined);
  const headStart = beginUnless(opened, config, { plan, feeds, threads, batchSize });
  for (const part of [feeds, threads, headStart]) part.catch(() => {});
  const endThreads = async (): Promise<void> => {
    const started = await threads.catch(() => undefined);
    await started?.[Symbol.asyncDispose]();
  };
  return { plan, feeds, threads, headStart, endThreads, [Symbol.asyncDispose]: endThreads };
}

// --- internal ---

async function build(config: Config, plan: Promise<SweepPlan>): Promise<readonly BuiltFeed[]> {
  const planned = await plan;
  const { buildFeeds } = await import('../executor/feeds.ts');
  return buildFeeds(config, planned);
}

async function buildNone(plan: Promise<SweepPlan>): Promise<readonly BuiltFeed[]> {
  const { candles } = await plan;
  candles.drop();
  return [];
}

async function begin(config: Config, plan: Promise<SweepPlan>): Promise<Threads> {
  await plan;
  const { startThreads } = await import('../executor/start-threads.ts');
  return startThreads(config.threads);
}

interface Parts extends Pick<PreparedSweep, 'plan' | 'feeds' | 'threads'> {
  readonly batchSize: number | undefined;
}

/** A strategy of the user's is left to the sweep: it may do more than compute. */
async function beginUnless(
  opened: Promise<unknown>,
  config: Config,
  { batchSize, ...parts }: Parts,
): Promise<HeadStart | undefined> {
  let isOpened = false;
  const note = (): void => void (isOpened = true);
  opened.then(note, note);
  const [{ sweep, grid }, feeds, threads] = await Promise.all([
    parts.plan,
    parts.feeds,
    parts.threads,
  ]);
  if (threads === undefined || isOpened || sweep.strategy !== undefined) return undefined;
  const { HeadStart } = await import('../executor/head-start.ts');
  return new HeadStart(config, threads.pool, { sweep, grid, feeds, batchSize });
}
