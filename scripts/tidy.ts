/**
 * House rules that no linter knows, as a list of findings. Run as a test (test/unit/tidy.test.ts)
 * and by hand: `node scripts/tidy.ts`.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CODE = ['workflows', 'activities', 'workers', 'src', 'test', 'bench', 'scripts'];
const BANNED_FILES = new Set(['utils.ts', 'types.ts', 'helpers.ts', 'common.ts', 'misc.ts']);

/** Words that the naming dictionary replaces (docs/style.md), and marks of unfinished work. */
const BANNED_TEXT: readonly [RegExp, string][] = [
  [/\bTODO\b(?! ?\(?#\d+)/, 'TODO without an issue number'],
  [/\b(?:FIXME|XXX|HACK)\b/, 'unfinished work is not committed'],
  [/\b(?:it|test|describe)\.only\(/, '.only leaves the other tests unrun'],
  [/^export default\b(?!.*defineConfig)/, 'no default exports'],
  [/\bkline/i, 'say candle'],
  [/\bbacktest(?:ing)?Job\b/, 'say sweep or batch'],
];

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Every finding over the repository's own code and documents. */
export function tidy(): readonly Finding[] {
  const files = CODE.flatMap((folder) =>
    globSync(`${folder}/**/*.{ts,js}`, { cwd: ROOT }),
  ).toSorted();
  return [...files.flatMap(findInFile), ...findUnreached(files), ...findBrokenLinks()];
}

// --- internal ---

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function findInFile(file: string): Finding[] {
  const findings: Finding[] = [];
  if (BANNED_FILES.has(basename(file))) {
    findings.push({ file, line: 1, message: 'collects what nobody placed; name it for a stage' });
  }
  if (file === 'scripts/tidy.ts' || file.includes('/global-')) return findings;
  for (const [index, text] of read(file).split('\n').entries()) {
    for (const [pattern, message] of BANNED_TEXT) {
      if (pattern.test(text)) findings.push({ file, line: index + 1, message });
    }
  }
  return findings;
}

/** Compiled from an index.ts, which imports the rest without extensions. */
const ASSEMBLY = '/assembly/';

/** A file of src that no other file imports, and that nothing starts, is dead. */
function findUnreached(files: readonly string[]): Finding[] {
  const imported = new Set<string>();
  for (const file of files) {
    for (const [, path] of read(file).matchAll(/(?:from|import\(|import)\s*['"](\.[^'"]+)['"]/g)) {
      imported.add(normalize(join(dirname(file), path ?? '')));
    }
    for (const [, path] of read(file).matchAll(/new URL\(\s*['"](\.[^'"]+)['"]/g)) {
      imported.add(normalize(join(dirname(file), path ?? '')));
    }
  }
  const isStarted = new Set(['src/cli/ideasweep.js']);
  return files
    .filter((file) => file.startsWith('src/') && !file.includes(ASSEMBLY))
    .filter((file) => !imported.has(file) && !isStarted.has(file))
    .map((file) => ({ file, line: 1, message: 'nothing imports this file' }));
}

/** Relative links of README and docs must lead somewhere. */
function findBrokenLinks(): Finding[] {
  const documents = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  const everything = new Set(globSync('**/*', { cwd: ROOT, exclude: ['node_modules', '.git'] }));
  return documents.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target]) => normalize(join(dirname(file), target ?? '')).replace(/\/$/, ''))
      .filter((target) => !everything.has(target))
      .map((target) => ({ file, line: 1, message: `links to ${target}, which does not exist` })),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const findings = tidy();
  for (const { file, line, message } of findings)
    process.stdout.write(`${file}:${line} ${message}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
