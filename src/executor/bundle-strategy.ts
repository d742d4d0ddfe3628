import { stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { StrategyCode } from '../card/strategy-code.ts';
import { sha256 } from '../hash.ts';
import { STRATEGY_CODE_BYTES_MAX } from '../limits.ts';
import { loadStrategy } from './load-strategy.ts';

/** Why a strategy file cannot be run; the caller places it in the card. */
export interface StrategyProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * A TypeScript (or JavaScript) file and what it imports → one text, tried once in this process.
 * @param file the file as the card or flag names it
 * @param folder where a relative `file` starts
 */
export async function bundleStrategy(
  file: string,
  folder: string,
): Promise<StrategyCode | StrategyProblem> {
  const path = resolve(folder, file);
  const missing = await findMissing(path, file);
  if (missing) return missing;
  const bundled = await bundle(path);
  if (typeof bundled !== 'string') return bundled;
  if (bundled.length > STRATEGY_CODE_BYTES_MAX) {
    return problem('STRATEGY_TOO_LARGE', `${file} has ${bundled.length} bytes with its imports`);
  }
  const code = moduleOf(bundled);
  const strategy: StrategyCode = { file, code, hash: sha256(code) };
  try {
    (await loadStrategy(strategy))();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return problem('STRATEGY_INVALID', `${file}: ${message}`, DEFAULT_HINT);
  }
  return strategy;
}

export function isStrategyProblem(
  result: StrategyCode | StrategyProblem,
): result is StrategyProblem {
  return 'message' in result;
}

// --- internal ---

const DEFAULT_HINT =
  'a strategy is: export default function (view: StrategyView): StrategySignal { … }';

function problem(code: string, message: string, hint?: string): StrategyProblem {
  return { code, message: `${message}.`, ...(hint === undefined ? {} : { hint }) };
}

async function findMissing(path: string, file: string): Promise<StrategyProblem | undefined> {
  try {
    if ((await stat(path)).isFile()) return undefined;
    return problem('STRATEGY_NOT_FOUND', `The strategy ${file} is not a file`);
  } catch {
    // Whatever the reason, it cannot be read.
    return problem(
      'STRATEGY_NOT_FOUND',
      `There is no strategy ${file}`,
      `looked for ${path}; a path in a card starts at the card's folder`,
    );
  }
}

/** One script that evaluates to the module's exports, under the name `strategy`. */
async function bundle(path: string): Promise<string | StrategyProblem> {
  // Loaded only where a card has a strategy: it costs 30 ms.
  const { rolldown } = await import('rolldown');
  const folder = dirname(path);
  try {
    await using build = await rolldown({
      input: path,
      // Names in the text are relative to it, so that the same code has the same hash anywhere.
      cwd: folder,
      platform: 'neutral',
      tsconfig: false,
      logLevel: 'silent',
    });
    const { output } = await build.generate({
      format: 'iife',
      name: 'strategy',
      exports: 'named',
      comments: false,
    });
    const [chunk] = output;
    if (chunk.imports.length > 0) return importProblem(chunk.imports, folder);
    if (!chunk.exports.includes('default')) {
      return problem('STRATEGY_INVALID', 'The strategy has no default export', DEFAULT_HINT);
    }
    return chunk.code;
  } catch (error) {
    return syntaxProblem(error, folder);
  }
}

function importProblem(imports: readonly string[], folder: string): StrategyProblem {
  const names = imports.map((name) => relativeName(name, folder));
  return problem(
    'STRATEGY_IMPORT',
    `The strategy imports ${names.join(', ')}, which cannot travel with the sweep`,
    'import files of your own or packages that are installed beside it; Node modules are not available',
  );
}

interface BuildError {
  readonly message: string;
  readonly loc?: { readonly file?: string; readonly line: number; readonly column: number };
}

/** The first error of the bundler: `my-strategy.ts:2:9 Expected …`. */
function syntaxProblem(error: unknown, folder: string): StrategyProblem {
  const { errors } = error as { readonly errors?: readonly BuildError[] };
  const first = errors?.[0] ?? { message: String(error) };
  const line = stripVTControlCharacters(first.message).split('\n')[0] ?? '';
  const text = line.replace(/^\[[A-Z_]+\]\s*/, '').replace(/\.$/, '');
  const { loc } = first;
  const place = loc
    ? `${relativeName(loc.file ?? '', folder)}:${loc.line}:${loc.column + 1}  `
    : '';
  return problem('STRATEGY_SYNTAX', `${place}${text}`);
}

function relativeName(name: string, folder: string): string {
  return name.startsWith('/') ? relative(folder, name) : name;
}

/**
 * An ES module whose default export makes the strategy anew at every call: module-level variables of
 * one point cannot reach the next one, whatever order points run in.
 */
function moduleOf(script: string): string {
  return `export default () => {\n${script}\nreturn strategy.default;\n};\n`;
}
