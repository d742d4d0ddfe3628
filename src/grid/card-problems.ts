import type { CardInspection } from '../card/parse.ts';
import { PLACEHOLDER } from '../card/repair.ts';
import type { StrategyCode } from '../card/strategy-code.ts';
import type { CardIssue } from '../errors.ts';
import { draftSweep, type SweepOverrides } from './sweep.ts';

/** What a card holds, and the code of its strategy, where it was bundled. */
export type FoundCard = CardInspection & { readonly strategy?: StrategyCode | undefined };

/**
 * Every problem of a card that has some: those its text has, and those of the rest of its sweep
 * section. Where the card itself is broken, the section is read against what is left of it.
 */
export function cardProblems(
  found: FoundCard,
  overrides: SweepOverrides,
  nowMs: number,
): readonly CardIssue[] {
  const { card, draft, rawSweep, warnings, issues, strategy } = found;
  if (draft === undefined || rawSweep === undefined) return issues;
  const locate = found.locate.bind(found);
  const parsed = { card: draft, rawSweep, warnings, locate, ...(strategy && { strategy }) };
  // A command may know a window where the card has none; and no trap is worth a word yet.
  const known = { ...overrides, fallbackWindow: { startMs: 0, endMs: 1 }, strict: false };
  // What a flag sets in a broken card would be judged together with what is broken.
  const flags = card === undefined ? { ...known, set: [] } : known;
  const others = draftSweep(parsed, flags, nowMs).issues.filter(
    (other) => !isRepeat(other.path, issues) && !isOfBroken(other, issues),
  );
  return [...issues, ...others].toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

// --- internal ---

/** Whether a problem is about a part of the section that was left out for another one. */
function isRepeat(path: string, issues: readonly CardIssue[]): boolean {
  return issues.some((issue) => {
    const part = /^sweep\.(axes\.)?[^.[]+/.exec(issue.path)?.[0];
    return part !== undefined && (path === part || path.startsWith(`${part}.`));
  });
}

/** Whether a problem may be there only because a part of the card is broken. */
function isOfBroken(
  { path, code, message, hint }: CardIssue,
  issues: readonly CardIssue[],
): boolean {
  if (`${message} ${hint}`.includes(PLACEHOLDER)) return true;
  const broken = issues.map((issue) => issue.path).filter((one) => !one.startsWith('sweep'));
  if (broken.some((one) => leadsTo(one, path) || leadsTo(path, one))) return true;
  return code.startsWith('PATH_') && broken.some((one) => mayHide(one, message));
}

/** Whether the broken part may hold what a path of an axis, which the message quotes, leads to. */
function mayHide(broken: string, message: string): boolean {
  if (broken.startsWith('signal_rules')) return message.includes('signal_rules');
  if (!broken.startsWith('tf_configs')) return message.includes(broken);
  // A short path goes by the names of roles and columns; of parameters the draft has some value.
  const isParameter = /\.feature_specs\[\d+\]\.params\b/.test(broken);
  return !isParameter && /^tf_configs(\.\w+(\.(role|feature_specs)\b.*)?)?$/.test(broken);
}

/** Whether the one path is the other, or a part of the document above it. */
function leadsTo(above: string, below: string): boolean {
  if (above === '' || !below.startsWith(above)) return false;
  return (
    below.length === above.length || below[above.length] === '.' || below[above.length] === '['
  );
}
