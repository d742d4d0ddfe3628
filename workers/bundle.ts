import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';
import { sha256 } from '../src/hash.ts';

/**
 * The workflow code as a worker wants it: the prebuilt bundle where `npm run build:workflows` has
 * left one of exactly these sources, else the path, which the SDK bundles at start (1 s).
 */
export function workflowSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = bundlePath();
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath };
}

export const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** Bundles the workflow code for every worker of this checkout; whole or not at all. */
export async function buildWorkflowBundle(): Promise<{ path: string; sizeBytes: number }> {
  const path = bundlePath();
  if (existsSync(path)) return { path, sizeBytes: readFileSync(path).byteLength };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: SILENT });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, code);
  renameSync(`${path}.${process.pid}`, path);
  return { path, sizeBytes: Buffer.byteLength(code) };
}

/** Named by the sources it was made of, so that an old bundle is never taken for a new one. */
export function bundlePath(): string {
  return join(root, 'dist', `workflows-${sourceHash()}.js`);
}

// --- internal ---

/** webpack's list of modules says nothing to an operator. */
const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const root = fileURLToPath(new URL('..', import.meta.url));

/** All that workflow code may import (the folder rules see to that), and the SDK's version. */
function sourceHash(): string {
  const files = globSync('workflows/*.ts', { cwd: root })
    .toSorted()
    .concat(['src/contracts.ts', 'src/grid/batch.ts', 'src/errors.ts', 'src/limits.ts'])
    .concat(['src/assert.ts', 'node_modules/@temporalio/workflow/package.json']);
  const texts = files.map((file) => `${file}\n${readFileSync(join(root, file), 'utf8')}`);
  return sha256(texts.join('\n')).slice(0, 16);
}
