import { closeMatches, shown, type FoundIssue } from '../card/issues.ts';
import { indicatorTypes, paramNames } from '../card/indicator-table.ts';
import { ROLES, type Role } from '../card/keys.ts';
import type { FeatureSpec, IdeaCard } from '../card/schema.ts';
import { pathText, type PathKey } from '../card/source.ts';

/**
 * Paths of axes and `--set`: dots, `[n]`, `[key=value]`, and the short form `role.output_key.param` for
 * an indicator parameter. A path is resolved once against the base card into concrete keys.
 */
export type CardPath = readonly PathKey[];

export interface PathFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

type Step =
  | { readonly key: string }
  | { readonly index: number }
  | { readonly where: string; readonly equals: string };

/** Concrete keys of a written path, or why it leads nowhere in this card. */
export function resolvePath(card: IdeaCard, text: string): CardPath | PathFailure {
  const steps = parseSteps(text);
  if (steps === undefined) {
    return {
      code: 'PATH_SYNTAX',
      message: `${shown(text)} is not a path.`,
      hint: 'a path looks like risk_model.stop_loss.value, or rules[0], or conditions[indicator_key=rsi]',
    };
  }
  return shortPath(card, steps, text) ?? walk(card, steps, text);
}

export function isPathFailure(result: CardPath | PathFailure): result is PathFailure {
  return !Array.isArray(result);
}

/** The value at concrete keys; undefined where nothing stands. */
export function valueAt(card: IdeaCard, path: CardPath): unknown {
  let value: unknown = card;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PathKey, unknown>)[key];
  }
  return value;
}

/** A card with one value replaced; everything off the path is shared with the given card. */
export function applyPath(card: IdeaCard, path: CardPath, value: unknown): IdeaCard {
  return replaced(card, path, 0, value) as IdeaCard;
}

/** Every path a scalar of this card can be set at, short forms first: for "did you mean". */
export function cardPaths(card: IdeaCard): string[] {
  const paths: string[] = [];
  for (const role of ROLES) {
    for (const spec of card.tf_configs[role]?.feature_specs ?? []) {
      for (const param of paramsOf(spec)) paths.push(`${role}.${spec.output_key}.${param}`);
    }
  }
  collectPaths(card, [], paths);
  return paths;
}

export function issueOfPath(failure: PathFailure, path: readonly PathKey[]): FoundIssue {
  return { path, code: failure.code, message: failure.message, hint: failure.hint };
}

// --- internal ---

/** A selector that fits more than one entry. */
const TWICE: unique symbol = Symbol('twice');

function replaced(node: unknown, path: CardPath, depth: number, value: unknown): unknown {
  const key = path[depth];
  if (key === undefined) return value;
  if (Array.isArray(node)) {
    const copy: unknown[] = node.slice();
    copy[key as number] = replaced(node[key as number], path, depth + 1, value);
    return copy;
  }
  const record = node as Record<string, unknown>;
  return { ...record, [key]: replaced(record[key], path, depth + 1, value) };
}

const STEP = /(?:^|\.)([A-Za-z_][\w-]*)|\[(\d+)\]|\[([A-Za-z_]\w*)=([^\]]*)\]/y;

function parseSteps(text: string): Step[] | undefined {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (!match) return undefined;
    const [, key, index, where, equals] = match;
    if (key !== undefined) steps.push({ key });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else
      steps.push({
        where: where ?? '',
        equals: (equals ?? '').trim().replace(/^(["'])(.*)\1$/, '$2'),
      });
  }
  return steps.length === 0 || !('key' in steps[0]!) ? undefined : steps;
}

function shortPath(
  card: IdeaCard,
  steps: readonly Step[],
  text: string,
): CardPath | PathFailure | undefined {
  const [first, second, third, rest] = steps.map((step) => ('key' in step ? step.key : undefined));
  if (!ROLES.includes(first as Role) || steps.length !== 3 || rest !== undefined) return undefined;
  const role = first as Role;
  const specs = card.tf_configs[role]?.feature_specs ?? [];
  const n = specs.findIndex((spec) => spec.output_key === second);
  const spec = specs[n];
  if (!spec || third === undefined) return notFound(card, text);
  if (paramsOf(spec).includes(third))
    return ['tf_configs', role, 'feature_specs', n, 'params', third];
  return notFound(card, text);
}

function paramsOf(spec: FeatureSpec): readonly string[] {
  return indicatorTypes().includes(spec.indicator_type)
    ? paramNames(spec.indicator_type)
    : Object.keys(spec.params);
}

function walk(card: IdeaCard, steps: readonly Step[], text: string): CardPath | PathFailure {
  const keys: PathKey[] = [];
  let node: unknown = card;
  for (const step of steps) {
    const key = stepKey(node, step);
    if (key === TWICE) {
      return {
        code: 'PATH_AMBIGUOUS',
        message: `${shown(text)}: the selector fits more than one entry of ${pathText(keys)}.`,
        hint: 'name the entry by its number, [0]',
      };
    }
    if (key === undefined) return missingStep(card, keys, text);
    keys.push(key);
    node = (node as Record<PathKey, unknown>)[key];
  }
  return keys;
}

/** A parameter that the card leaves at its default is not in the card, but its spec takes it. */
function missingStep(
  card: IdeaCard,
  keys: readonly PathKey[],
  text: string,
): CardPath | PathFailure {
  const param = text.slice(text.lastIndexOf('.') + 1);
  if (keys.length === 5 && keys[4] === 'params') {
    const spec = valueAt(card, keys.slice(0, 4)) as FeatureSpec;
    if (paramsOf(spec).includes(param)) return [...keys, param];
  }
  return notFound(card, text);
}

function stepKey(node: unknown, step: Step): PathKey | typeof TWICE | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  if ('key' in step) {
    return !Array.isArray(node) && Object.hasOwn(node, step.key) ? step.key : undefined;
  }
  if (!Array.isArray(node)) return undefined;
  if ('index' in step) return step.index < node.length ? step.index : undefined;
  const matches = node.flatMap((item: unknown, n) =>
    typeof item === 'object' &&
    item !== null &&
    Object.hasOwn(item, step.where) &&
    String((item as Record<string, unknown>)[step.where]) === step.equals
      ? [n]
      : [],
  );
  return matches.length > 1 ? TWICE : matches[0];
}

function notFound(card: IdeaCard, text: string): PathFailure {
  const near = nearPaths(card, text);
  return {
    code: 'PATH_NOT_FOUND',
    message: `The card has nothing at ${shown(text)}.`,
    hint: near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`,
  };
}

/** Near by letters, or sharing the last name. */
function nearPaths(card: IdeaCard, text: string): string[] {
  const all = cardPaths(card);
  const close = closeMatches(text, all);
  if (close.length > 0) return close;
  const last = text.slice(text.lastIndexOf('.') + 1);
  return all.filter((path) => path.endsWith(`.${last}`)).slice(0, 3);
}

function collectPaths(node: unknown, path: PathKey[], paths: string[]): void {
  if (typeof node !== 'object' || node === null) {
    if (path.length > 0) paths.push(pathText(path));
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    collectPaths(value, [...path, Array.isArray(node) ? Number(key) : key], paths);
  }
}
