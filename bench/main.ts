/**
 * `npm run bench [name…]`: the large size of every bench whose name contains one of the words.
 * Prints a table and the machine's load; with `--record` adds a line to results.jsonl.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, globSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { renderTable } from '../src/report/table.ts';
import type { Bench, Figure } from './harness.ts';

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isRecorded = process.argv.includes('--record');
const recorded: Record<string, unknown> = {};

const [load = 0] = loadavg();
const cores = cpus();
process.stdout.write(
  `${cores.length} × ${cores[0]?.model ?? 'unknown'}, node ${process.version}, load ${load.toFixed(2)}\n`,
);
if (load > 0.5) process.stdout.write('the machine is busy: compare ratios, not milliseconds\n');

for (const file of globSync('*.bench.ts', { cwd: import.meta.dirname }).toSorted()) {
  const { bench } = (await import(`./${file}`)) as { bench: Bench<unknown> };
  if (words.length > 0 && !words.some((word) => bench.name.includes(word))) continue;
  const { figures, hash } = await bench.run(bench.large);
  process.stdout.write(
    `\n${bench.name}   result ${hash.slice(0, 12)}\n${renderFigures(figures)}\n`,
  );
  recorded[bench.name] = { hash, figures };
}

if (isRecorded) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const line = {
    commit,
    date: new Date().toISOString(),
    node: process.version,
    cores: cores.length,
    model: cores[0]?.model,
    benches: recorded,
  };
  appendFileSync(`${import.meta.dirname}/results.jsonl`, `${JSON.stringify(line)}\n`);
}

// --- internal ---

function renderFigures(figures: readonly Figure[]): string {
  return renderTable(
    [
      { key: 'label', title: 'figure' },
      { key: 'value', title: 'value', align: 'right' },
      { key: 'unit', title: 'unit' },
    ],
    figures.map(({ label, value, unit }) => ({ label, value: formatValue(value), unit })),
  );
}

function formatValue(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
