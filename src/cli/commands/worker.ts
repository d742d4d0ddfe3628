import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import { openStore } from '../../store/db.ts';
import { wholeNumber } from '../flags.ts';
import { note, print } from '../output.ts';

const ROLES = ['control', 'batch', 'all'] as const;

export const workerCommand = defineCommand({
  meta: { name: 'worker', description: 'A Temporal worker: control, batch or both' },
  args: {
    role: {
      type: 'string',
      valueHint: ROLES.join('|'),
      description: 'control: plans, feeds, ranks; batch: backtests; all: both',
      default: 'all',
    },
    threads: {
      type: 'string',
      valueHint: 'N',
      description: 'Engine threads, and batches at a time (default: all cores)',
    },
  },
  async run({ args }) {
    const role = ROLES.find((known) => known === args.role);
    if (role === undefined) {
      throw new SweepError('USAGE', `--role is ${ROLES.join(', ')}; it is "${args.role}"`);
    }
    const threads = wholeNumber('--threads', args.threads, { min: 1, max: 1024 });
    const config = loadConfig(undefined, threads === undefined ? {} : { threads });
    const { startWorkers } = await import('../../../workers/run.ts');
    const { untilSignal } = await import('../../services/signals.ts');
    // Asked for before Postgres is: a worker without Temporal must not start anything.
    const { connectTemporal } = await import('../../temporal/client.ts');
    await (await connectTemporal(config))[Symbol.asyncDispose]();
    await using store = await openStore(config);
    const workers = await startWorkers(config, store, role);
    print(
      `worker ${workers.roles.join(' and ')} ready: Temporal ${workers.address}, ${threadsOf(config, role)}`,
    );
    await untilSignal(workers.done);
    note('worker: handing back what runs');
    await workers.stop();
  },
});

// --- internal ---

function threadsOf({ threads }: { threads: number }, role: string): string {
  return role === 'control' ? 'no engine threads' : `${threads} engine threads`;
}
