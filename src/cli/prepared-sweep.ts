import type { Config } from '../config.ts';
import type { BuiltFeed } from '../executor/feeds.ts';
import { planSweep, type SweepPlan } from '../executor/plan-sweep.ts';
import type { Threads } from '../executor/start-threads.ts';
import type { Sweep } from '../grid/sweep.ts';

/** What of a sweep needs no store, begun while that is opened. Whoever awaits a part meets its error. */
export interface PreparedSweep extends AsyncDisposable {
  readonly plan: Promise<SweepPlan>;
  /** Feeds that this process builds; a worker of Temporal builds its own. */
  readonly feeds: Promise<readonly BuiltFeed[]>;
  /** Absent where workers of Temporal have theirs. */
  readonly threads: Promise<Threads | undefined>;
  endThreads(): Promise<void>;
}

/**
 * Plans, builds and starts threads. They load their modules while feeds are written, and rehearse while
 * a server that has been started is not `opened` yet: both leave a core at rest.
 */
export function prepareSweep(
  config: Config,
  sweep: Sweep,
  { executor, opened }: { executor: 'local' | 'temporal'; opened: Promise<unknown> },
): PreparedSweep {
  const plan = planSweep(config, sweep);
  const feeds = executor === 'local' ? build(config, plan) : Promise.resolve([]);
  const threads = executor === 'local' ? begin(config, plan) : Promise.resolve(undefined);
  const rehearsal = rehearseUntil(opened, sweep, config, { plan, feeds, threads });
  for (const part of [feeds, threads, rehearsal]) part.catch(() => {});
  const endThreads = async (): Promise<void> => {
    const started = await threads.catch(() => undefined);
    await started?.[Symbol.asyncDispose]();
  };
  return { plan, feeds, threads, endThreads, [Symbol.asyncDispose]: endThreads };
}

// --- internal ---

async function build(config: Config, plan: Promise<SweepPlan>): Promise<readonly BuiltFeed[]> {
  const { feedPlans } = await plan;
  const { buildFeeds } = await import('../executor/feeds.ts');
  return buildFeeds(config, feedPlans);
}

async function begin(config: Config, plan: Promise<SweepPlan>): Promise<Threads> {
  await plan;
  const { startThreads } = await import('../executor/start-threads.ts');
  return startThreads(config.threads);
}

/** What fails here fails again where it is told. */
async function rehearseUntil(
  opened: Promise<unknown>,
  sweep: Sweep,
  config: Config,
  parts: Pick<PreparedSweep, 'plan' | 'feeds' | 'threads'>,
): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  opened.then(end, end);
  const [{ grid }, feeds, threads] = await Promise.all([parts.plan, parts.feeds, parts.threads]);
  if (threads === undefined || stop.signal.aborted) return;
  const { rehearse } = await import('../executor/rehearse.ts');
  await rehearse(config, threads.pool, { sweep, size: grid.size, feeds, stop: stop.signal });
}
