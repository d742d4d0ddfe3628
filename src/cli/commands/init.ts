import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { defineCommand } from 'citty';
import { jsonFlag } from '../flags.ts';
import { note, paint, print, printJson } from '../output.ts';

export const initCommand = defineCommand({
  meta: { name: 'init', description: 'Write an example card to start from; overwrites nothing' },
  args: {
    folder: {
      type: 'positional',
      description: 'Where to write it (default: the current folder)',
      default: '.',
    },
    ...jsonFlag,
  },
  async run({ args }) {
    const path = join(args.folder, 'cards', 'ema-cross.yml');
    const isWritten = await writeExample(path);
    const shown = relative('.', path) || path;
    if (args.json) {
      printJson({ written: isWritten ? [shown] : [], kept: isWritten ? [] : [shown] });
      return;
    }
    note(isWritten ? `wrote ${shown}` : `${shown} is there already; it was left as it is`);
    print(nextSteps(shown));
  },
});

// --- internal ---

/** False where the file exists: a card one has worked on is never overwritten. */
async function writeExample(path: string): Promise<boolean> {
  const example = await readFile(
    new URL('../../../examples/cards/ema-cross.yml', import.meta.url),
    'utf8',
  );
  await mkdir(join(path, '..'), { recursive: true });
  try {
    await writeFile(path, example, { flag: 'wx' });
    return true;
  } catch (error) {
    // The exclusive flag is the check: asking first would leave a gap between asking and writing.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function nextSteps(card: string): string {
  const steps: [string, string][] = [
    [
      'ideasweep data synth --symbol DEMOUSDT --timeframe 5m --bars 110000 --seed 1 --start 2023-01-01',
      'synthetic candles for the example; your own: ideasweep data import BTCUSDT-5m.parquet',
    ],
    [`ideasweep backtest ${card}`, 'the card as it is, once'],
    [`ideasweep plan ${card}`, 'what the sweep would do'],
    [`ideasweep run ${card}`, 'the sweep'],
  ];
  const lines = steps.map(([command, why]) => `  ${paint('cyan', command)}\n      ${why}`);
  return ['', 'next:', ...lines].join('\n');
}
