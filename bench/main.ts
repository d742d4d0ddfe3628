/**
 * `npm run bench [name…]`: the large size of every bench whose name, that of its file, contains one of the words, each in a
 * process of its own, so that none finds the engine's flags or compiled code of another. Prints a table and
 * the machine's load; with `--record` adds a line to results.jsonl.
 */
import { execFileSync, fork } from 'node:child_process';
import { appendFileSync, globSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { renderTable } from '../src/report/table.ts';
import type { Bench, BenchResult, Figure } from './harness.ts';

if (process.send === undefined) await runAll(process.argv.slice(2));
else process.send(await runFile(process.argv[2] ?? ''));

// --- internal ---

async function runAll(args: readonly string[]): Promise<void> {
  const words = args.filter((word) => !word.startsWith('--'));
  const [load = 0] = loadavg();
  const cores = cpus();
  process.stdout.write(
    `${cores.length} × ${cores[0]?.model ?? 'unknown'}, node ${process.version}, load ${load.toFixed(2)}\n`,
  );
  if (load > 0.5) process.stdout.write('the machine is busy: compare ratios, not milliseconds\n');
  const benches: Record<string, BenchResult> = {};
  for (const file of globSync('*.bench.ts', { cwd: import.meta.dirname }).toSorted()) {
    const name = file.replace('.bench.ts', '');
    if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
    const { figures, hash } = await inOwnProcess(file);
    process.stdout.write(`\n${name}   result ${hash.slice(0, 12)}\n${renderFigures(figures)}\n`);
    benches[name] = { hash, figures };
  }
  if (args.includes('--record')) record({ cores: cores.length, model: cores[0]?.model, benches });
}

async function runFile(file: string): Promise<BenchResult> {
  const { bench } = (await import(`./${file}`)) as { bench: Bench<unknown> };
  return bench.run(bench.large);
}

/** What it prints goes where ours goes; a bench that fails ends all. */
function inOwnProcess(file: string): Promise<BenchResult> {
  const child = fork(import.meta.filename, [file], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.on('message', (result) => resolve(result as BenchResult));
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`bench ${file} ended with ${code}`)));
  });
}

function record(results: object): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const line = { commit, date: new Date().toISOString(), node: process.version, ...results };
  appendFileSync(`${import.meta.dirname}/results.jsonl`, `${JSON.stringify(line)}\n`);
}

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
