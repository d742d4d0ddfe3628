/** Starting, finding and ending the server's process. */
import { execFile, spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ServerOwner } from './postgres-owner.ts';

const STOP_POLL_MS = 10;

/** What the server writes to `postmaster.pid`, the server's own record of itself. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number | undefined;
}

export interface SpawnedServer {
  readonly pid: number;
  /** The exit code, once the process is gone. */
  readonly exited: () => number | undefined;
}

/** Runs a program to its end; its output, both streams, is returned. */
export async function runToEnd(
  program: string,
  programArguments: readonly string[],
  owner: ServerOwner | undefined,
): Promise<{ exitCode: number; output: string }> {
  const child = spawn(program, programArguments, {
    ...identityOf(owner),
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: SERVER_ENVIRONMENT,
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ exitCode: -1, output: error.message }));
    child.on('close', (code) => resolve({ exitCode: code ?? -1, output }));
  });
}

/**
 * Starts the server in a session of its own (Ctrl-C in our terminal does not reach it, our end does
 * not end it), its output appended to `logPath`.
 */
export function spawnServer(
  program: string,
  programArguments: readonly string[],
  options: { owner: ServerOwner | undefined; logPath: string },
): SpawnedServer {
  const logFile = openSync(options.logPath, 'a', 0o600);
  const child = spawn(program, programArguments, {
    ...identityOf(options.owner),
    stdio: ['ignore', logFile, logFile],
    detached: true,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
  });
  closeSync(logFile);
  let exitCode: number | undefined;
  child.on('error', () => (exitCode = -1));
  child.on('exit', (code) => (exitCode = code ?? -1));
  child.unref();
  return { pid: child.pid ?? -1, exited: () => exitCode };
}

/**
 * The server that runs on `dataDir`, or undefined. A `postmaster.pid` whose process is gone, or is
 * another program by now (a reboot gives pids anew), counts as none.
 */
export async function findPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pidText = '', , , portText = ''] = text.split('\n');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const command = await commandLine(pid);
  if (!command.includes(dataDir)) return undefined;
  return { pid, port: Number(portText) || undefined };
}

/** Removes a `postmaster.pid` that `findPostmaster` found to be stale; the server would refuse to start. */
export async function removeStalePidFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
}

/**
 * Ends the server: a fast shutdown (open transactions are rolled back), after `timeoutMs` an
 * immediate one (recovered at the next start). Returns when the process is gone.
 */
export async function stopPostmaster(dataDir: string, timeoutMs: number): Promise<void> {
  const server = await findPostmaster(dataDir);
  if (!server) return;
  process.kill(server.pid, 'SIGINT');
  if (await isGone(dataDir, server.pid, timeoutMs)) return;
  process.kill(server.pid, 'SIGQUIT');
  await isGone(dataDir, server.pid, timeoutMs);
}

// --- internal ---

/** Nothing of our environment reaches the server: not PGDATA, not a locale that it does not know. */
const SERVER_ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC' };

function identityOf(owner: ServerOwner | undefined): { uid?: number; gid?: number } {
  return owner ? { uid: owner.uid, gid: owner.gid } : {};
}

async function isGone(dataDir: string, pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    // A zombie that nobody reaps keeps its pid but has no command line.
    if (!(await commandLine(pid)).includes(dataDir)) return true;
    await sleep(STOP_POLL_MS);
  }
  return false;
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
  }
  const run = promisify(execFile);
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
