import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
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
  removeOthers(path);
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

/** `.ts` in a checkout, `.js` in the packed package. */
const extension = extname(fileURLToPath(import.meta.url));

/** What workflow code may import of src (test/replay/bundle.test.ts), types included. */
const SOURCES = ['assert', 'contracts', 'errors', 'grid/batch', 'limits'];

function sourceHash(): string {
  const files = globSync(`workflows/*${extension}`, { cwd: root })
    .toSorted()
    .concat(SOURCES.map((name) => `src/${name}${extension}`));
  const texts = files.map((file) => `${file}\n${readFileSync(join(root, file), 'utf8')}`);
  const sdk = createRequire(import.meta.url).resolve('@temporalio/workflow/package.json');
  return sha256([...texts, readFileSync(sdk, 'utf8')].join('\n')).slice(0, 16);
}

/** Bundles of other sources are of no use to anybody who starts from here. */
function removeOthers(path: string): void {
  for (const name of globSync('workflows-*.js', { cwd: dirname(path) })) {
    if (name !== basename(path)) rmSync(join(dirname(path), name), { force: true });
  }
}
