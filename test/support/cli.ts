import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The command line as a user has it: a process of its own, its two streams and its exit code. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
  /** Resolves when stderr has shown the text; rejects when the process ends before. */
  shows(text: string): Promise<void>;
}

const MAIN = resolve('src/cli/ideasweep.js');

/** Starts `ideasweep …` with nothing of this process's own settings but PATH and what `env` says. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let isOver = false;
  const listeners = new Set<() => void>();
  const tell = () => [...listeners].forEach((listener) => listener());
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  const done = new Promise<CliResult>((resolveDone, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      isOver = true;
      tell();
      resolveDone({ code, stdout, stderr });
    });
  });
  const shows = (text: string) =>
    new Promise<void>((resolveShown, reject) => {
      const look = () => {
        if (!stderr.includes(text) && !isOver) return;
        listeners.delete(look);
        if (stderr.includes(text)) resolveShown();
        else reject(new Error(`ended without showing "${text}":\n${stderr}`));
      };
      listeners.add(look);
      look();
    });
  return { child, done, shows };
}

export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CliResult> {
  return startCli(args, env).done;
}

/** A folder of card files, removed with `using`. */
export class CardFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'ideasweep-cards-'));
  #count = 0;

  /** Writes a card and returns its path. */
  write(text: string | Uint8Array): string {
    this.#count += 1;
    const path = join(this.path, `card-${this.#count}.yml`);
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
