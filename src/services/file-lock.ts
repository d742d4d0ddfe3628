/**
 * A lock between processes of one machine: `flock` on a file. The kernel frees it when the owner
 * dies, however it dies, so there is no stale lock to detect and no pid to compare. Node has no
 * flock; koffi (already here for mmap) calls it. Nothing else of the system's C library is used.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi, { type KoffiFunc } from 'koffi';
import { SweepError } from '../errors.ts';
import { makeHomeFolder, unusableHome } from '../home.ts';

const LOCK_EXCLUSIVE_NONBLOCKING = 2 | 4;

/** How often a waiting process tries again, ms. A blocking flock would stop the event loop. */
const RETRY_MS = 20;

let flock: KoffiFunc<(fd: number, operation: number) => number> | undefined;

/**
 * Runs `action` while holding the lock at `path`, which is created and never removed (removing it
 * would let two processes lock two different files of the same name).
 * @throws SweepError SERVICE_FAILED when another process holds it longer than `timeoutMs`.
 */
export async function withFileLock<T>(
  path: string,
  timeoutMs: number,
  action: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  // Opened close-on-exec by Node, so that a server started by `action` does not inherit the lock.
  const file = await open(path, 'a');
  try {
    const deadline = Date.now() + timeoutMs;
    while (!tryLock(file.fd)) {
      if (Date.now() > deadline) throw lockTimeout(path, timeoutMs);
      await sleep(RETRY_MS);
    }
    return await action();
  } finally {
    await file.close();
  }
}

/**
 * withFileLock for a lock in the home, which is made where it is missing.
 * @throws SweepError USAGE when IDEASWEEP_HOME cannot be made or written.
 */
export async function withHomeLock<T>(
  path: string,
  timeoutMs: number,
  action: () => Promise<T>,
): Promise<T> {
  makeHomeFolder(dirname(path));
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw unusableHome(`${path} cannot be written`, error);
  }
  return withFileLock(path, timeoutMs, action);
}

// --- internal ---

function tryLock(fd: number): boolean {
  flock ??= koffi.load(null).func('int flock(int fd, int operation)');
  return flock(fd, LOCK_EXCLUSIVE_NONBLOCKING) === 0;
}

function lockTimeout(path: string, timeoutMs: number): SweepError {
  return new SweepError('SERVICE_FAILED', `${path} is still locked after ${timeoutMs / 1000} s`, {
    hint: 'Another ideasweep command is starting or stopping Postgres; try again, or look for a stopped process.',
  });
}
