import { shown } from '../card/issues.ts';
import type { PathKey } from '../card/source.ts';
import type { WindowSection } from '../card/sweep-schema.ts';
import { WINDOW_DAYS_MAX } from '../limits.ts';
import { DAY_MS, parseDuration, parseInstant, startOfDayMs, type Window } from '../time.ts';
import { parseWindowFlag } from './overrides.ts';
import type { Report } from './resolve-axes.ts';
import type { SweepOverrides } from './spec.ts';

/** The window of the flag, else of the section, else the fallback; `last` ends at midnight before `nowMs`. */
export function resolveWindow(
  section: WindowSection | undefined,
  overrides: SweepOverrides,
  nowMs: number,
  report: Report,
): Window {
  const nothing = { startMs: 0, endMs: 0 };
  if (overrides.window !== undefined) {
    const flag = parseWindowFlag(overrides.window);
    if (flag) return bounded(windowOf(flag, nowMs, ['--window'], report), ['--window'], report);
    report(
      ['--window'],
      'WINDOW',
      `--window ${shown(overrides.window)} cannot be read.`,
      'write 2023-02-01..2023-12-01 or last:180d',
    );
    return nothing;
  }
  const at = ['sweep', 'window'];
  if (section) return bounded(windowOf(section, nowMs, at, report), at, report);
  if (overrides.fallbackWindow) return overrides.fallbackWindow;
  report(
    at,
    'WINDOW_MISSING',
    'The sweep has no window.',
    'add window: { start: 2023-02-01, end: 2023-12-01 } or --window A..B',
  );
  return nothing;
}

// --- internal ---

/** Refuses what the risk metrics could not sample by day, and what no date can name. */
function bounded(window: Window, at: readonly PathKey[], report: Report): Window {
  if (window.endMs - window.startMs > WINDOW_DAYS_MAX * DAY_MS)
    report(at, 'WINDOW', `A window has at most ${WINDOW_DAYS_MAX} days, a century.`);
  return window;
}

function windowOf(
  section: WindowSection,
  nowMs: number,
  at: readonly PathKey[],
  report: Report,
): Window {
  const nothing = { startMs: 0, endMs: 0 };
  if (section.last !== undefined) {
    const durationMs = parseDuration(section.last);
    const hasBoth = section.start !== undefined || section.end !== undefined;
    if (hasBoth) report(at, 'WINDOW', 'A window has start and end, or last, not both.');
    if (durationMs === undefined)
      report(
        [...at, 'last'],
        'WINDOW',
        `${shown(section.last)} is no duration.`,
        'write 180d, 12h or 4w',
      );
    const endMs = startOfDayMs(nowMs);
    return { startMs: endMs - (durationMs ?? DAY_MS), endMs };
  }
  const edge = (key: 'start' | 'end'): number | undefined => {
    const text = section[key];
    const ms = text === undefined ? undefined : parseInstant(text);
    if (ms !== undefined) return ms;
    const message =
      text === undefined ? `The window has no ${key}.` : `${shown(text)} is no date or instant.`;
    report([...at, key], 'WINDOW', message, 'write 2023-02-01 or 2023-02-01T12:30 (UTC)');
    return undefined;
  };
  const [startMs, endMs] = [edge('start'), edge('end')];
  if (startMs === undefined || endMs === undefined) return nothing;
  if (endMs <= startMs)
    report(
      [...at, 'end'],
      'WINDOW',
      'The window ends before it starts; the end is not part of it.',
    );
  return { startMs, endMs };
}
