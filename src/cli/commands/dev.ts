import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { wholeNumber } from '../flags.ts';
import { note, print } from '../output.ts';

export const devCommand = defineCommand({
  meta: { name: 'dev', description: 'Postgres, Temporal and a worker in one terminal' },
  args: {
    worker: {
      type: 'boolean',
      description: 'Run a worker here too',
      negativeDescription: 'Servers only',
      default: true,
    },
    threads: {
      type: 'string',
      valueHint: 'N',
      description: 'Engine threads of the worker (default: all cores)',
    },
  },
  async run({ args }) {
    const threads = wholeNumber('--threads', args.threads, { min: 1, max: 1024 });
    const config = loadConfig(undefined, threads === undefined ? {} : { threads });
    const { startDev } = await import('../../services/dev.ts');
    const { untilSignal } = await import('../../services/signals.ts');
    const dev = await startDev(config, { hasWorker: args.worker, onProgress: note });
    const shared = dev.temporal.isOwned ? '' : ' (started by another ideasweep dev)';
    print(`postgres  ${dev.store.url}`);
    print(`temporal  ${dev.temporal.address}${shared}`);
    const worker = `control and batch, ${config.threads} engine threads`;
    print(`worker    ${dev.workers ? worker : 'none (--no-worker)'}`);
    print('ready; Ctrl-C stops all of it');
    try {
      await untilSignal(dev.done);
      note('\nstopping');
    } finally {
      await dev.stop();
    }
  },
});
