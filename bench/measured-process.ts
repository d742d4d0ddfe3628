import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MeasuredProcess {
  readonly startedMs: number;
  readonly endedMs: number;
  /** Largest sum of private memory over the process and its children but Postgres; 0 without /proc. */
  readonly privateBytesMax: number;
  readonly stdout: string;
}

const SAMPLE_MS = 20;

/**
 * Runs a program of this repository on Node and watches its private memory (RssAnon).
 * Interrupted once, as by Ctrl-C, it may stop with 3. Rejects with what it wrote to stderr when it
 * exits with another code.
 */
export async function runMeasured(
  args: readonly string[],
  { home, interruptAfterMs }: { readonly home: string; readonly interruptAfterMs?: number },
): Promise<MeasuredProcess> {
  const startedMs = Date.now();
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, IDEASWEEP_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, complaint] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  let privateBytesMax = 0;
  const timer = setInterval(() => {
    privateBytesMax = Math.max(privateBytesMax, privateBytesOf(child.pid ?? 0));
  }, SAMPLE_MS);
  const interrupt =
    interruptAfterMs !== undefined && setTimeout(() => child.kill('SIGINT'), interruptAfterMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(timer);
  if (interrupt) clearTimeout(interrupt);
  if (code !== 0 && !(code === 3 && interrupt))
    throw new Error(`${args.join(' ')} exited with ${code}: ${complaint}${stdout.slice(-500)}`);
  return { startedMs, endedMs: Date.now(), privateBytesMax, stdout };
}

// --- internal ---

/**
 * RssAnon of a process and of its children, Postgres left out. A child that has not begun its own program
 * shows the command and the pages of its parent, with whom it shares them.
 */
function privateBytesOf(pid: number, parentCommand = ''): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (/^Name:\s*(postgres|initdb)/m.test(status) || command === parentCommand) return 0;
    const kilobytes = Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1] ?? 0);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '),
    );
    return children
      .filter((child) => child !== '')
      .reduce((sum, child) => sum + privateBytesOf(Number(child), command), kilobytes * 1024);
  } catch {
    // It ended in between, or the system has no /proc.
    return 0;
  }
}
