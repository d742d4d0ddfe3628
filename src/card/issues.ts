import { distance } from 'fastest-levenshtein';
import type { CardIssue } from '../errors.ts';
import { locate, pathText, type PathKey, type SourceNode } from './source.ts';

/** An issue before it has a place: the path is kept as keys until the source is at hand. */
export interface FoundIssue {
  readonly path: readonly PathKey[];
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Adds line and column. `prefix` is where the document sits in reported paths (`sweep`). */
export function placeIssue(
  issue: FoundIssue,
  root: SourceNode | undefined,
  sourcePath: readonly PathKey[] = issue.path,
): CardIssue {
  return {
    path: pathText(issue.path),
    ...(root === undefined ? {} : locate(root, sourcePath)),
    code: issue.code,
    message: issue.message,
    ...(issue.hint === undefined ? {} : { hint: issue.hint }),
  };
}

/** The candidates close to `text`, nearest first: a third of its letters differ, or their order. */
export function closeMatches(text: string, candidates: Iterable<string>, count = 3): string[] {
  // Letter distance is quadratic; nobody mistypes a name of 100 letters.
  if (text.length > 100) return [];
  const allowed = Math.max(1, Math.min(4, Math.ceil(text.length / 3)));
  const lower = text.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, away: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, away }) => away <= allowed || hasSameLetters(lower, candidate))
    .toSorted((a, b) => a.away - b.away)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** `did you mean a or b?`, or undefined where nothing is close. */
export function didYouMean(text: string, candidates: Iterable<string>): string | undefined {
  const close = closeMatches(text, candidates);
  return close.length === 0 ? undefined : `did you mean ${close.join(' or ')}?`;
}

/** Value as it may stand in a message: JSON, cut after 60 characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

// --- internal ---

function hasSameLetters(text: string, candidate: string): boolean {
  const sorted = (word: string) => word.toLowerCase().split('').toSorted().join('');
  return text.length === candidate.length && sorted(text) === sorted(candidate);
}
