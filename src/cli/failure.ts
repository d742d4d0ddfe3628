import { exitCodeOf, SweepError, type CardIssue } from '../errors.ts';
import { isOutage } from '../store/outage.ts';
import { note, paint, printJson } from './output.ts';

/**
 * The command line's translation of errors: to text on stderr or, with `--json`, to one document
 * on stdout; and to the exit code (1 failure, 2 bad input).
 */
export function reportFailure(thrown: unknown, isJson: boolean): 1 | 2 {
  const error = inOurWords(thrown);
  if (isJson) printJson({ error: errorDocument(error) });
  else for (const line of errorLines(error)) note(line);
  return exitCodeOf(error);
}

/** `{code, message, hint, issues}` of design §11. */
export function errorDocument(error: unknown): object {
  if (error instanceof SweepError) {
    return {
      code: error.code,
      message: error.message,
      hint: error.hint ?? null,
      issues: error.issues.map((issue) => ({
        path: issue.path,
        line: issue.line ?? null,
        column: issue.column ?? null,
        code: issue.code,
        message: issue.message,
        hint: issue.hint ?? null,
      })),
    };
  }
  const system = systemCode(error);
  return { code: system ?? 'UNEXPECTED', message: messageOf(error), hint: null, issues: [] };
}

/** Lines for a person: message, every issue with its place, hint. */
export function errorLines(error: unknown): string[] {
  const lines = [`${paint('red', 'error:', 'stderr')} ${headline(error)}`];
  if (error instanceof SweepError) {
    lines.push(...error.issues.flatMap(issueLines));
    if (error.hint !== undefined) lines.push(`${paint('dim', 'hint:', 'stderr')} ${error.hint}`);
    if (error.cause !== undefined) lines.push(`  because: ${messageOf(error.cause)}`);
  } else if (systemCode(error) === undefined) {
    lines.push('  this is a defect of ideasweep; where it happened:');
    if (error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  }
  return lines;
}

// --- internal ---

/** A service may go away, or Postgres run out of room, in the middle of any command. */
function inOurWords(error: unknown): unknown {
  if (isOutage(error)) {
    return new SweepError('STORE_UNREACHABLE', `Postgres was lost: ${messageOf(error)}`, {
      hint: 'What was saved is kept: the same command goes on from there when Postgres is back.',
    });
  }
  const reason = temporalOutage(error);
  if (reason === undefined) return error;
  return new SweepError('TEMPORAL_UNREACHABLE', `Temporal was lost: ${reason}`, {
    hint: 'What runs there goes on when it is back (ideasweep dev); the same command follows it.',
  });
}

/** gRPC's UNAVAILABLE and DEADLINE_EXCEEDED. By name: its package would load with every command. */
function temporalOutage(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ServiceError') return undefined;
  const { code, details } = (error.cause ?? {}) as { code?: unknown; details?: unknown };
  if (code !== 14 && code !== 4) return undefined;
  return typeof details === 'string' && details !== '' ? details : error.message;
}

/** The message without the first issue where it repeats it: all issues follow, each with its place. */
function headline(error: unknown): string {
  const message = messageOf(error);
  const first = error instanceof SweepError ? error.issues[0]?.message : undefined;
  return first !== undefined && message.endsWith(`: ${first}`)
    ? message.slice(0, -first.length).trimEnd()
    : message;
}

function issueLines(issue: CardIssue): string[] {
  const place = issue.line === undefined ? '' : `${issue.line}:${issue.column ?? 1}`;
  const where = [place, issue.path].filter((text) => text !== '').join('  ');
  const lines = [`  ${where === '' ? '' : `${paint('cyan', where, 'stderr')}  `}${issue.message}`];
  if (issue.hint !== undefined) lines.push(`      ${issue.hint}`);
  return lines;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

/** `ENOENT` and the like: the machine's answer, not a defect of the program. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
