/** The cluster that `npm ci` makes, of which those of new homes are copies. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { findBinaries } from './postgres-binaries.ts';
import { ensureCluster, templateIn } from './postgres-cluster.ts';
import { openPathFor, serverOwner } from './postgres-owner.ts';
import { runToEnd } from './postgres-process.ts';

/**
 * Makes the template of this installation where it is not there: a cluster that no server has been in, and
 * its password, both closed to other users. It is made elsewhere, because the user that the server runs as
 * need not reach this folder.
 */
export async function ensureTemplate({
  clusterTemplatesDir,
}: Pick<Config, 'clusterTemplatesDir'>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ideasweep-template-'));
  try {
    const owner = await serverOwner(folder);
    if (owner) await openPathFor(owner, folder, folder);
    const binaries = await findBinaries(owner, folder);
    const template = templateIn(clusterTemplatesDir, binaries);
    if (existsSync(template)) return;
    const made = join(folder, 'cluster');
    await mkdir(made);
    // There is no template yet: initdb makes it.
    await ensureCluster(made, { binaries, owner, onLaunch: () => {}, template });
    const half = `${template}.part`;
    await rm(half, { recursive: true, force: true });
    await mkdir(clusterTemplatesDir, { recursive: true });
    const { exitCode, output } = await runToEnd('cp', ['-R', made, half], undefined);
    if (exitCode !== 0) throw new Error(`cp failed: ${output.trim()}`);
    await rename(half, template);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
