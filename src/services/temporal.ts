import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import {
  isAlive,
  runningTemporal,
  runningTemporalPath,
  type RunningTemporal,
} from '../temporal/connect.ts';
import { withHomeLock } from './file-lock.ts';
import { choosePort, LOCAL_HOST, previousPort } from './port.ts';
import { findTemporalBinary } from './temporal-binary.ts';

/**
 * The development server on this machine: found, started detached in its own process group (Ctrl-C
 * must not reach it before us), stopped. Its address is in `run/temporal.json`, which is where every
 * other command finds it. A file left by a dead server is ignored and overwritten.
 */
export interface TemporalServer {
  readonly address: string;
  readonly pid: number;
  /** False when another living `ideasweep dev` has started it: then `stop` leaves it alone. */
  readonly isOwned: boolean;
  /** Rejects with SERVICE_FAILED when the server has ended before `stop`; never resolves. */
  readonly lost: Promise<never>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Cache of binaries; the user's cache folder by default. */
  readonly cacheDir?: string;
  /** Keeps nothing on disk; for tests. */
  readonly isInMemory?: boolean;
  readonly onProgress?: (text: string) => void;
}

/**
 * The running server of this home, or a new one on a free port.
 * @throws SweepError TEMPORAL_MISSING without a binary, SERVICE_FAILED when it does not start.
 */
export async function startTemporal(
  config: Config,
  options: StartOptions = {},
): Promise<TemporalServer> {
  const lock = join(config.runDir, 'temporal.lock');
  const { temporalCli } = config;
  // Outside the lock: building may take minutes, and a running server needs no binary.
  const binary = runningTemporal(config)
    ? undefined
    : await findTemporalBinary({ ...options, temporalCli });
  return withHomeLock(lock, LOCK_TIMEOUT_MS, async () => {
    const running = await findRunning(config);
    if (running) return adopt(config, running);
    const { path } = binary ?? (await findTemporalBinary({ ...options, temporalCli }));
    return launch(config, path, options);
  });
}

/** The server of this home if it answers; a process that took its pid does not. */
export async function findRunning(config: Config): Promise<RunningTemporal | undefined> {
  const running = runningTemporal(config);
  if (!running) return undefined;
  return (await answers(running.address, config.temporalNamespace)) ? running : undefined;
}

// --- internal ---

const LOCK_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const WATCH_MS = 1_000;

async function launch(
  config: Config,
  path: string,
  options: StartOptions,
): Promise<TemporalServer> {
  for (const dir of [config.temporalDir, config.runDir, config.logsDir]) {
    mkdirSync(dir, { recursive: true });
  }
  // The same port as last time: workers and clients that lived on find the server again.
  const portPath = join(config.temporalDir, 'port');
  const port = await choosePort(await previousPort(portPath));
  const logPath = join(config.logsDir, 'temporal.log');
  const logFile = openSync(logPath, 'w');
  const child = spawn(path, serverArguments(config, port, options), {
    detached: true,
    stdio: ['ignore', logFile, logFile],
  });
  closeSync(logFile);
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure = `it ended with ${signal ?? `code ${code}`}`));
  child.unref();
  const address = `${LOCAL_HOST}:${port}`;
  const isReady = await untilReady(address, config.temporalNamespace, () => failure);
  const { pid } = child;
  if (!isReady || pid === undefined) {
    if (pid !== undefined) await end(pid);
    throw notStarted(failure ?? `it did not answer in ${START_TIMEOUT_MS / 1000} s`, logPath);
  }
  const running = { address, pid, ownerPid: process.pid, startedAt: new Date().toISOString() };
  await writeRunFile(config, running);
  await writeFile(portPath, String(port));
  return serverOf(config, running, true);
}

function serverArguments(config: Config, port: number, options: StartOptions): string[] {
  const args = ['server', 'start-dev', '--headless', '--log-level', 'error'];
  args.push('--ip', LOCAL_HOST, '--port', String(port));
  if (config.temporalNamespace !== 'default') args.push('--namespace', config.temporalNamespace);
  if (!options.isInMemory) args.push('--db-filename', join(config.temporalDir, 'temporal.db'));
  return args;
}

/** A server whose `dev` was killed has no owner any more: whoever finds it takes it over. */
async function adopt(config: Config, running: RunningTemporal): Promise<TemporalServer> {
  const hasOwner = running.ownerPid !== process.pid && isAlive(running.ownerPid);
  if (hasOwner) return serverOf(config, running, false);
  const adopted = { ...running, ownerPid: process.pid };
  await writeRunFile(config, adopted);
  return serverOf(config, adopted, true);
}

function serverOf(config: Config, running: RunningTemporal, isOwned: boolean): TemporalServer {
  const { address, pid } = running;
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // Whoever does not listen to it must not be ended by it.
  lost.catch(() => {});
  const watch = setInterval(() => {
    if (isAlive(pid)) return;
    clearInterval(watch);
    reject(serverLost(config, address));
  }, WATCH_MS);
  watch.unref();
  const stop = async (): Promise<void> => {
    clearInterval(watch);
    if (!isOwned) return;
    await end(pid);
    if (runningPid(config) === pid) rmSync(runningTemporalPath(config), { force: true });
  };
  return { address, pid, isOwned, lost, stop };
}

/** Whole or not at all: a reader never sees half an address. */
async function writeRunFile(config: Config, running: RunningTemporal): Promise<void> {
  const path = runningTemporalPath(config);
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(running)}\n`);
  await rename(`${path}.${process.pid}`, path);
}

function runningPid(config: Config): number | undefined {
  try {
    return (JSON.parse(readFileSync(runningTemporalPath(config), 'utf8')) as RunningTemporal).pid;
  } catch {
    // Somebody has removed it already.
    return undefined;
  }
}

async function end(pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

async function untilReady(
  address: string,
  namespace: string,
  failure: () => string | undefined,
): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && failure() === undefined) {
    if (await answers(address, namespace)) return true;
    await sleep(100);
  }
  return false;
}

/** The port opens before the namespace is there, so the namespace is asked for. */
async function answers(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch {
    // Not yet, or not a Temporal server: the caller asks again or starts one.
    return false;
  } finally {
    await connection?.close();
  }
}

function notStarted(reason: string, logPath: string): SweepError {
  return new SweepError(
    'SERVICE_FAILED',
    `the Temporal development server did not start: ${reason}`,
    {
      hint: `Its log is ${logPath}.`,
    },
  );
}

function serverLost(config: Config, address: string): SweepError {
  return new SweepError('SERVICE_FAILED', `the Temporal server at ${address} has ended`, {
    hint: `Its log is ${join(config.logsDir, 'temporal.log')}. Start "ideasweep dev" again: what it had stored goes on.`,
  });
}
