import { constants } from 'node:fs';
import { access, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SweepError } from '../errors.ts';

/**
 * Asked before the work whose outcome goes there, so that a typing error costs no backtest.
 * @throws SweepError USAGE when an output file is a folder, or its folder is missing or closed to us.
 */
export async function assertWritable(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'does not exist' : 'cannot be written to';
    throw new SweepError('USAGE', `${flag} ${path}: the folder ${folder} ${reason}`, { cause });
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new SweepError('USAGE', `${flag} ${path} is a folder`);
}

/** Writes a file whole or not at all: a temporary name beside it, then a rename. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
