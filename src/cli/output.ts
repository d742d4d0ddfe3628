import { isatty } from 'node:tty';
import { styleText } from 'node:util';

/**
 * What commands print with. stdout carries the answer (text, or one JSON document with `--json`);
 * everything else, progress and warnings included, goes to stderr. Colour only on a terminal, and
 * `NO_COLOR` is respected (`styleText` looks at both).
 */

const DESCRIPTORS = { stdin: 0, stdout: 1, stderr: 2 } as const;

type Format = Parameters<typeof styleText>[0];

/** Whether a person looks at that stream. */
export function isTerminal(stream: 'stdout' | 'stderr' | 'stdin' = 'stdout'): boolean {
  return isatty(DESCRIPTORS[stream]);
}

/** Terminal columns of stdout; 100 where it is a file or a pipe. */
export function terminalWidth(): number {
  return process.stdout.columns ?? 100;
}

/** How tables look on stdout: bold titles, within the terminal; files and pipes take any width. */
export function tableStyle(): { titleStyle: (text: string) => string; width: number | undefined } {
  return {
    titleStyle: (text) => paint('bold', text),
    width: isTerminal('stdout') ? process.stdout.columns : undefined,
  };
}

/** Colours that stdout shows: 0 for a file, a pipe or with NO_COLOR, else 16, 256 or 2 ** 24. */
export function colorCount(): number {
  if (!isTerminal('stdout') || !process.stdout.hasColors()) return 0;
  return 2 ** process.stdout.getColorDepth();
}

/** One line (or block) of the answer, to stdout. */
export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/**
 * One JSON document to stdout: indented on a terminal, on one line in a pipe. NaN and infinities
 * become null.
 */
export function printJson(document: unknown): void {
  const indent = isTerminal('stdout') ? 2 : 0;
  process.stdout.write(`${JSON.stringify(document, finiteOrNull, indent)}\n`);
}

/** A line about the work, to stderr. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** `warning: text`, to stderr; `hint` on the next line. */
export function warn(text: string, hint?: string): void {
  note(`${paint('yellow', 'warning:', 'stderr')} ${text}`);
  if (hint !== undefined) note(`  ${paint('dim', 'hint:', 'stderr')} ${hint}`);
}

/** `text` in colour where the stream is a terminal, else `text`. */
export function paint(
  format: Format,
  text: string,
  stream: 'stdout' | 'stderr' = 'stdout',
): string {
  return styleText(format, text, { stream: process[stream] });
}

/** Resolves when all that was written to stdout and stderr has left the process. */
export async function flushOutput(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(drained));
}

// --- internal ---

function finiteOrNull(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}
