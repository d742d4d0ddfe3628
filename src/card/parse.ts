import type { z } from 'zod';
import { SweepError, type CardIssue } from '../errors.ts';
import { CARD_ISSUES_MAX } from '../limits.ts';
import { checkCard } from './check.ts';
import { didYouMean, placeIssue, shown, type FoundIssue } from './issues.ts';
import { genuine, repaired, withoutBroken } from './repair.ts';
import { cardSchema, type IdeaCard } from './schema.ts';
import { visitUnknownKeys } from './schema-walk.ts';
import {
  locate,
  nodeAt,
  toPlain,
  type PathKey,
  type PlainValue,
  type Position,
  type SourceNode,
} from './source.ts';
import type { StrategyCode } from './strategy-code.ts';
import { sweepSchema, type SweepSection } from './sweep-schema.ts';
import { readYaml } from './yaml.ts';
import { translateIssues } from './zod-issues.ts';

export interface ParseOptions {
  /** Name of the file for messages. */
  readonly file?: string;
  /** Warnings become errors. */
  readonly strict?: boolean;
  /** Text of a separate sweep file, which then stands in for the card's own `sweep:`. */
  readonly sweepText?: string;
  /** A strategy file given by flag, which then stands in for the card's own `strategy:`. */
  readonly strategy?: string;
}

export interface ParsedCard {
  readonly card: IdeaCard;
  readonly rawSweep: SweepSection | undefined;
  readonly warnings: readonly CardIssue[];
  /** Bundled code of the card's strategy; the caller that reads files adds it. */
  readonly strategy?: StrategyCode;
  /** Place of a path in the text, `['sweep', 'axes', 'fast']`; the nearest ancestor where it is missing. */
  locate(path: readonly PathKey[]): Position | undefined;
}

/** What a card holds, good or bad. `card` is absent when it has issues. */
export interface CardInspection {
  readonly card: IdeaCard | undefined;
  /** The card, or a well-typed stand-in for one with issues: to look at its sweep section, never to run. */
  readonly draft: IdeaCard | undefined;
  /** Without the parts that have issues. */
  readonly rawSweep: SweepSection | undefined;
  readonly issues: readonly CardIssue[];
  readonly warnings: readonly CardIssue[];
  /** The strategy file that the card or the flag names, good card or bad. */
  readonly strategyFile: string | undefined;
  locate(path: readonly PathKey[]): Position | undefined;
}

/**
 * Card text → IdeaCard and its sweep section.
 * @throws SweepError CARD_INVALID with every issue (line, column, code, hint).
 */
export function parseCard(text: string, options: ParseOptions = {}): ParsedCard {
  const found = inspectCard(text, options);
  if (found.card === undefined || found.issues.length > 0)
    throw cardInvalid(found.issues, options.file);
  const { card, rawSweep, warnings } = found;
  return { card, rawSweep, warnings, locate: (path) => found.locate(path) };
}

/** As parseCard, but reports instead of throwing. */
export function inspectCard(text: string, options: ParseOptions = {}): CardInspection {
  const {
    root,
    issues: yamlIssues,
    warnings: yamlWarnings,
  } = readYaml(text, (key) => (key === 'sweep' ? 'core' : 'pyyaml'));
  const issues: CardIssue[] = yamlIssues.map(plainIssue);
  const warnings: CardIssue[] = yamlWarnings.map(plainIssue);
  const sweep =
    options.sweepText === undefined
      ? undefined
      : readSweepText(options.sweepText, issues, warnings);
  const sweepNode = options.sweepText === undefined ? root && nodeAt(root, ['sweep']) : sweep;
  const rawSweep = sweepNode && readSweep(sweepNode, issues);
  const strategyFile = options.strategy ?? (root && writtenStrategy(root));
  const read = root && readCard(root, strategyFile, { issues, warnings });
  const promoted = options.strict === true ? warnings.splice(0) : [];
  return {
    card: read?.card,
    draft: read?.draft,
    rawSweep,
    issues: listed([...issues, ...promoted]),
    warnings: listed(warnings),
    strategyFile,
    locate: (path) => placeOf(path, root, sweepNode),
  };
}

/** The error of a card with issues; its message shows the first. */
export function cardInvalid(issues: readonly CardIssue[], file?: string): SweepError {
  const [first] = issues;
  const count = issues.length === 1 ? '1 problem' : `${issues.length} problems`;
  const where = file === undefined ? 'The card' : file;
  return new SweepError('CARD_INVALID', `${where} has ${count}: ${first?.message ?? ''}`, {
    issues,
  });
}

// --- internal ---

/** By line, then column, problems without a place first; the first hundred and how many follow. */
function listed(issues: readonly CardIssue[]): CardIssue[] {
  const sorted = issues.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const rest = sorted.length - CARD_ISSUES_MAX;
  if (rest <= 0) return sorted;
  const more = {
    path: '',
    code: 'MORE_PROBLEMS',
    message: `${rest} more problems are not listed.`,
  };
  return [...sorted.slice(0, CARD_ISSUES_MAX), more];
}

function plainIssue(found: FoundIssue & Partial<Position>): CardIssue {
  const { line, column, hint } = found;
  return {
    path: '',
    ...(line === undefined || column === undefined ? {} : { line, column }),
    code: found.code,
    message: found.message,
    ...(hint === undefined ? {} : { hint }),
  };
}

function placeOf(
  path: readonly PathKey[],
  root: SourceNode | undefined,
  sweep: SourceNode | undefined,
): Position | undefined {
  if (path[0] === 'sweep') return sweep && locate(sweep, path.slice(1));
  return root && locate(root, path);
}

function readSweepText(
  text: string,
  issues: CardIssue[],
  warnings: CardIssue[],
): SourceNode | undefined {
  const result = readYaml(text, () => 'core');
  issues.push(...result.issues.map(plainIssue));
  warnings.push(...result.warnings.map(plainIssue));
  if (!result.root?.entries) return undefined;
  const entries = new Map([...result.root.entries].filter(([key]) => key !== 'card'));
  return { ...result.root, entries };
}

function readSweep(node: SourceNode, issues: CardIssue[]): SweepSection | undefined {
  const plain = toPlain(node) ?? {};
  const result = sweepSchema.safeParse(plain);
  if (result.success) return result.data;
  const translated = translateIssues(sweepSchema, plain, result.error.issues);
  for (const found of translated) {
    issues.push(placeIssue({ ...found, path: ['sweep', ...found.path] }, node, found.path));
  }
  return sweepSchema.safeParse(withoutBroken(plain, translated)).data;
}

/** `strategy:` where it is a text; anything else is the schema's to report. */
function writtenStrategy(root: SourceNode): string | undefined {
  const written = nodeAt(root, ['strategy'])?.value;
  return typeof written === 'string' && written !== '' ? written : undefined;
}

interface ReadCard {
  readonly card: IdeaCard | undefined;
  readonly draft: IdeaCard | undefined;
}

function readCard(
  root: SourceNode,
  strategyFile: string | undefined,
  { issues, warnings }: { readonly issues: CardIssue[]; readonly warnings: CardIssue[] },
): ReadCard {
  const plain = withStrategy(withScalarTexts(toPlain(root), root), strategyFile);
  warnings.push(...unknownKeys(plain, root), ...rawWarnings(plain, root));
  const result = cardSchema.safeParse(plain);
  const { found, draft } = result.success
    ? { found: checkCard(result.data), draft: result.data }
    : allIssues(plain, result.error.issues);
  issues.push(...found.map((one) => placeIssue(one, root)));
  return { card: found.length === 0 ? result.data : undefined, draft };
}

/** What the schema found, and what the cross-field rules find in the rest of the card. */
function allIssues(
  plain: PlainValue,
  schemaIssues: readonly z.core.$ZodIssue[],
): { readonly found: FoundIssue[]; readonly draft: IdeaCard | undefined } {
  const translated = translateIssues(cardSchema, plain, schemaIssues);
  const { data: draft } = cardSchema.safeParse(repaired(cardSchema, plain, translated));
  if (draft === undefined) return { found: translated, draft };
  return { found: [...translated, ...genuine(checkCard(draft), translated)], draft };
}

/** Free text fields keep the text as written: `version: 1.0` is "1.0", not 1. */
function withScalarTexts(plain: PlainValue, root: SourceNode): Record<string, PlainValue> {
  const card = { ...(plain as Record<string, PlainValue>) };
  for (const key of ['id', 'version', 'name', 'description']) {
    const node = nodeAt(root, [key]);
    if (typeof node?.value === 'number' || node?.value === true) card[key] = node.text ?? '';
  }
  return card;
}

/** With a strategy the card needs no rules. */
function withStrategy(
  plain: Record<string, PlainValue>,
  strategyFile: string | undefined,
): Record<string, PlainValue> {
  if (strategyFile === undefined) return plain;
  const rules = plain['signal_rules'] ?? { entry_rules: [], exit_rules: [] };
  return { ...plain, strategy: strategyFile, signal_rules: rules };
}

function unknownKeys(plain: PlainValue, root: SourceNode): CardIssue[] {
  const found: CardIssue[] = [];
  visitUnknownKeys(cardSchema, plain, (path, known) => {
    const key = String(path.at(-1));
    if (path.length === 1 && key === 'sweep') return;
    const hint = didYouMean(key, known);
    found.push(
      placeIssue(
        { path, code: 'UNKNOWN_KEY', message: `Unknown key ${shown(key)} is ignored.`, hint },
        root,
      ),
    );
  });
  return found;
}

function rawWarnings(plain: Record<string, PlainValue>, root: SourceNode): CardIssue[] {
  const symbols = plain['symbol_universe'];
  if (typeof symbols !== 'string') return [];
  const message = `symbol_universe is text; read as a list of one symbol, ${symbols}.`;
  return [
    placeIssue(
      { path: ['symbol_universe'], code: 'SYMBOL_NOT_A_LIST', message, hint: `write [${symbols}]` },
      root,
    ),
  ];
}
