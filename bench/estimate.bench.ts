import { join } from 'node:path';
import { hashJson } from '../src/hash.ts';
import { axisFlags, cliHome, type CliHome } from './cli-home.ts';
import type { Bench, Figure } from './harness.ts';

interface Case {
  readonly name: string;
  /** A card of examples/cards; absent: W3. */
  readonly example?: string;
  readonly axes: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

interface Size {
  readonly bars: number;
  readonly rounds: number;
  readonly cases: readonly Case[];
}

/** What `plan` says a sweep will take against what `run` then takes, cluster there, feeds not. */
export const bench: Bench<Size> = {
  small: {
    bars: 1_000,
    rounds: 1,
    cases: [{ name: 'cross', axes: { fast: '2..4', slow: '105..115:5' } }],
  },
  large: {
    bars: 100_000,
    rounds: 5,
    cases: [
      { name: 'cross', axes: { fast: '2..101', slow: '105..600:5', size: '50..100:2.5' } },
      {
        name: 'stops',
        example: 'ema-cross',
        axes: { fast: '20..200:4', slow: '200..560:10', stop: '2..12', target: '1..4:0.5' },
      },
      {
        name: 'three timeframes',
        example: 'mtf-trend',
        axes: { trend: '20..51', stop: '1..10:0.05' },
      },
      { name: 'many trades', axes: { fast: '2..6', slow: '10..59', size: '1..300' } },
      {
        name: 'bar loop',
        example: 'ema-cross',
        axes: { stop: '4..12' },
        flags: ['--profile', 'trade'],
      },
    ],
  },
  async run({ bars, rounds, cases }) {
    using home = await cliHome(bars);
    // Makes the cluster.
    await home.cli(['run', home.card, ...axisFlags({ fast: '2..3', slow: '105..110:5' })]);
    const figures: Figure[] = [];
    for (const one of cases) figures.push(...(await compare(home, one, rounds)));
    return { figures, hash: hashJson(cases.map(({ name }) => name)) };
  },
};

// --- internal ---

async function compare(home: CliHome, one: Case, rounds: number): Promise<Figure[]> {
  const estimates: number[] = [];
  const measured: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const flags = commandFlags(home, one, round);
    const plan = await home.cli(['plan', ...flags, '--json']);
    const run = await home.cli(['run', ...flags]);
    estimates.push((JSON.parse(plan.stdout) as { estimate: { seconds: number } }).estimate.seconds);
    measured.push((run.endedMs - run.startedMs) / 1_000);
  }
  const ratios = estimates.map((estimate, n) => estimate / (measured[n] ?? Number.NaN));
  return [
    { label: `${one.name}: estimated`, value: median(estimates), unit: 's' },
    { label: `${one.name}: measured`, value: median(measured), unit: 's' },
    { label: `${one.name}: ratio, median`, value: median(ratios), unit: '' },
    { label: `${one.name}: ratio, furthest from 1`, value: furthest(ratios), unit: '' },
  ];
}

const SYMBOL = ['--set', 'symbol_universe[0]=DEMOUSDT'];

/** Each round ends a bar earlier, so that its feeds are not those of the round before. */
function commandFlags(home: CliHome, one: Case, round: number): string[] {
  const [start = '', end = ''] = home.window.split('..');
  const endMs = Date.parse(end) - round * 300_000;
  const card =
    one.example === undefined
      ? home.card
      : join(import.meta.dirname, `../examples/cards/${one.example}.yml`);
  const window = ['--window', `${start}..${new Date(endMs).toISOString()}`];
  return [card, ...axisFlags(one.axes), ...window, ...SYMBOL, ...(one.flags ?? [])];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function furthest(ratios: readonly number[]): number {
  return ratios.toSorted((a, b) => Math.abs(Math.log(b)) - Math.abs(Math.log(a)))[0] ?? Number.NaN;
}
