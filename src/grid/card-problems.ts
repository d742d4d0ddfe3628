import type { CardInspection } from '../card/parse.ts';
import { SweepError, type CardIssue } from '../errors.ts';
import { resolveSweep, type SweepOverrides } from './sweep.ts';

/**
 * Every problem of a card that has some: those its text has, and those of the rest of its sweep
 * section, where the card itself can be read.
 */
export function cardProblems(
  found: CardInspection,
  overrides: SweepOverrides,
  nowMs: number,
): readonly CardIssue[] {
  const { card, rawSweep, warnings, issues } = found;
  if (card === undefined || rawSweep === undefined) return issues;
  const parsed = { card, rawSweep, warnings, locate: found.locate.bind(found) };
  // A command may know a window where the card has none; and no trap is worth a word yet.
  const known = { ...overrides, fallbackWindow: { startMs: 0, endMs: 1 }, strict: false };
  try {
    resolveSweep(parsed, known, nowMs);
    return issues;
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    const others = error.issues.filter(({ path }) => !isRepeat(path, issues));
    return [...issues, ...others].toSorted(
      (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
  }
}

// --- internal ---

/** Whether a problem is about a part of the section that was left out for another one. */
function isRepeat(path: string, issues: readonly CardIssue[]): boolean {
  return issues.some((issue) => {
    const part = /^sweep\.(axes\.)?[^.[]+/.exec(issue.path)?.[0];
    return part !== undefined && (path === part || path.startsWith(`${part}.`));
  });
}
