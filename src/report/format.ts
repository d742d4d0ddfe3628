import { formatShort } from '../time.ts';

/**
 * Numbers and times for people: rounded, grouped, never NaN. Machines read `--json`, which is not
 * touched by any of this.
 */

/** Stands for "no value" wherever a person reads: null, undefined, NaN, infinity. */
export const NO_VALUE = '—';

/** `12,345` for a whole number of things. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? grouped(value.toFixed(0)) : NO_VALUE;
}

/**
 * A number with `digits` decimals and grouped thousands. Without `digits`: whole numbers as they
 * are, others with about four significant digits, at most four decimals.
 */
export function formatNumber(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE;
  const places = digits ?? (Number.isInteger(value) ? 0 : readableDigits(Math.abs(value)));
  return grouped(value.toFixed(places));
}

/** A parameter value as one would type it: no grouping, shortest text that reads back. */
export function formatParam(value: number | string | boolean | null | undefined): string {
  return value === null || value === undefined ? NO_VALUE : String(value);
}

/** `0 B`, `812 kB`, `326 MB`, `1.4 GB` (powers of 1,000, as disks are sold). */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return NO_VALUE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = Math.abs(bytes);
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** `85 ms`, `2.4 s`, `48 s`, `3 min 05 s`, `2 h 14 min`, `3 d 4 h`. */
export function formatElapsed(ms: number): string {
  if (!Number.isFinite(ms)) return NO_VALUE;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.round((minutes % 1440) / 60)} h`;
}

/** Half-open window for people: `2023-02-01 → 2023-12-01`. */
export function formatWindow(window: { readonly startMs: number; readonly endMs: number }): string {
  return `${formatShort(window.startMs)} → ${formatShort(window.endMs)}`;
}

/** `1 point`, `2 points`; the count is grouped. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

// --- internal ---

function readableDigits(magnitude: number): number {
  if (magnitude >= 1000) return 1;
  if (magnitude >= 100) return 2;
  if (magnitude >= 1) return 3;
  return 4;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/**
 * A decimal number with its thousands grouped; zero has no sign. By hand, as the first number that the
 * platform's tables of languages write takes 17 to 36 ms of every command.
 */
function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const text =
    whole.replaceAll(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
  return /^-[0.,]+$/.test(text) ? text.slice(1) : text;
}
