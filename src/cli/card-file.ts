import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import {
  cardInvalid,
  inspectCard,
  parseCard,
  type ParsedCard,
  type ParseOptions,
} from '../card/parse.ts';
import { readYaml } from '../card/yaml.ts';
import { SweepError } from '../errors.ts';
import { bundleStrategy, isStrategyProblem } from '../executor/bundle-strategy.ts';
import { cardProblems } from '../grid/card-problems.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../grid/sweep.ts';
import { CARD_BYTES_MAX } from '../limits.ts';
import type { Window } from '../time.ts';
import { didYouMean } from './did-you-mean.ts';
import { warn } from './output.ts';

/** Cards are files only here; everything below works on their text. */

/**
 * Reads and parses a card, and bundles the strategy that it or `--strategy` names.
 * @throws SweepError CARD_NOT_FOUND (with close file names), CARD_INVALID with every issue.
 */
export async function loadCard(path: string, flags: SweepOverrides): Promise<ParsedCard> {
  const text = await readCardText(path);
  const cardPath = cardOfSweepFile(text, path);
  const options = {
    file: path,
    strict: flags.strict === true,
    ...(flags.strategy === undefined ? {} : { strategy: flags.strategy }),
  };
  if (cardPath === undefined) return parseWithStrategy(text, { ...options, flags }, path);
  const cardText = await readCardText(cardPath);
  return parseWithStrategy(cardText, { ...options, flags, sweepText: text }, cardPath);
}

/**
 * The card's sweep with the flags' overrides applied, and its warnings told on stderr.
 * `findWindow` is asked where neither the card nor a flag names a window.
 */
export async function loadSweep(
  path: string,
  overrides: SweepOverrides,
  findWindow?: (parsed: ParsedCard) => Promise<Window | undefined>,
): Promise<Sweep> {
  const parsed = await loadCard(path, overrides);
  const hasWindow = overrides.window !== undefined || parsed.rawSweep?.window !== undefined;
  const fallbackWindow = hasWindow ? undefined : await findWindow?.(parsed);
  const completed = fallbackWindow === undefined ? overrides : { ...overrides, fallbackWindow };
  const sweep = resolveSweep(parsed, completed, Date.now());
  warnAboutCard(path, parsed);
  return sweep;
}

/** Problems that do not stop a card, one line each, on stderr. */
export function warnAboutCard(path: string, parsed: ParsedCard): void {
  for (const issue of parsed.warnings) {
    const place = issue.line === undefined ? path : `${path}:${issue.line}:${issue.column ?? 1}`;
    warn(`${place}  ${issue.message}`, issue.hint);
  }
}

// --- internal ---

/** A path of the card starts at the card's folder, one of the flag where the command was called. */
async function parseWithStrategy(
  text: string,
  { flags, ...options }: ParseOptions & { readonly flags: SweepOverrides },
  cardPath: string,
): Promise<ParsedCard> {
  const found = inspectCard(text, options);
  const { strategyFile } = found;
  const isFlag = options.strategy !== undefined;
  const strategy =
    strategyFile === undefined
      ? undefined
      : await bundleStrategy(strategyFile, isFlag ? process.cwd() : dirname(cardPath));
  if (strategy !== undefined && isStrategyProblem(strategy)) {
    const place = isFlag ? undefined : found.locate(['strategy']);
    const issue = { path: isFlag ? '--strategy' : 'strategy', ...place, ...strategy };
    throw cardInvalid([...found.issues, issue], options.file);
  }
  if (found.issues.length > 0) {
    const problems = cardProblems({ ...found, strategy }, flags, Date.now());
    throw cardInvalid(problems, options.file);
  }
  return { ...parseCard(text, options), ...(strategy === undefined ? {} : { strategy }) };
}

/** A sweep file names its card, relative to itself, and has no rules of its own. */
function cardOfSweepFile(text: string, path: string): string | undefined {
  const { root } = readYaml(text, () => 'core');
  const named = root?.entries?.get('card')?.node.value;
  if (typeof named !== 'string' || root?.entries?.has('tf_configs') === true) return undefined;
  return resolve(dirname(path), named);
}

async function readCardText(path: string): Promise<string> {
  const bytes = await readFile(path).catch(async (error: NodeJS.ErrnoException) => {
    throw await cannotRead(path, error);
  });
  if (bytes.byteLength > CARD_BYTES_MAX) {
    throw new SweepError(
      'CARD_INVALID',
      `${path} has ${bytes.byteLength} bytes; a card has at most ${CARD_BYTES_MAX}`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SweepError('CARD_INVALID', `${path} is not UTF-8 text`, {
      hint: 'Save the card as UTF-8.',
      cause,
    });
  }
}

async function cannotRead(path: string, error: NodeJS.ErrnoException): Promise<SweepError> {
  if (error.code !== 'ENOENT') {
    const reason = error.code === 'EISDIR' ? 'is a folder, not a card' : `cannot be read`;
    return new SweepError('CARD_NOT_FOUND', `${path} ${reason}`, { cause: error });
  }
  const folder = dirname(path);
  // A folder that cannot be listed has nothing to suggest; the missing card is the error.
  const names = await readdir(folder).catch(() => []);
  const cards = names.filter((name) => ['.yml', '.yaml'].includes(extname(name)));
  const hint =
    didYouMean(basename(path), cards) ??
    (cards.length > 0
      ? `cards in ${folder}: ${cards.slice(0, 8).join(', ')}`
      : 'ideasweep init writes an example card');
  return new SweepError('CARD_NOT_FOUND', `there is no card ${path}`, { hint });
}
