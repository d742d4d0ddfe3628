/**
 * Time in this project is epoch milliseconds, UTC, as a number. A bar is named by its open time;
 * `tsClose = tsOpen + timeframeMs` (the open time of the next bar, not one millisecond less).
 */

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** Every timeframe the product knows, in ascending length. `barsPerYear` as in trade-semantics §8.3. */
export const TIMEFRAMES = {
  '1m': { ms: MINUTE_MS, barsPerYear: 525_600 },
  '3m': { ms: 3 * MINUTE_MS, barsPerYear: 175_200 },
  '5m': { ms: 5 * MINUTE_MS, barsPerYear: 105_120 },
  '15m': { ms: 15 * MINUTE_MS, barsPerYear: 35_040 },
  '30m': { ms: 30 * MINUTE_MS, barsPerYear: 17_520 },
  '1h': { ms: 60 * MINUTE_MS, barsPerYear: 8_760 },
  '2h': { ms: 120 * MINUTE_MS, barsPerYear: 4_380 },
  '4h': { ms: 240 * MINUTE_MS, barsPerYear: 2_190 },
  '6h': { ms: 360 * MINUTE_MS, barsPerYear: 1_460 },
  '8h': { ms: 480 * MINUTE_MS, barsPerYear: 1_095 },
  '12h': { ms: 720 * MINUTE_MS, barsPerYear: 730 },
  '1d': { ms: DAY_MS, barsPerYear: 365 },
  '1w': { ms: 7 * DAY_MS, barsPerYear: 52 },
} as const;

export type Timeframe = keyof typeof TIMEFRAMES;

export function isTimeframe(text: string): text is Timeframe {
  return Object.hasOwn(TIMEFRAMES, text);
}

export function timeframeMs(timeframe: Timeframe): number {
  return TIMEFRAMES[timeframe].ms;
}

/** Half-open range of bar open times, epoch ms. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * `2023-02-01`, `2023-02-01T12:30`, `2023-02-01 12:30:00Z`, `…+02:00`. No offset means UTC.
 * Returns undefined when the text is not a real date or instant (2023-02-30 is not).
 */
export function parseInstant(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
      text.trim(),
    );
  if (!match) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '0',
    zone = 'Z',
  ] = match;
  const offset = zone === 'Z' ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const ms = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}${offset}`,
  );
  const isRealDay =
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return Number.isNaN(ms) || !isRealDay ? undefined : ms;
}

/** ISO 8601 UTC, milliseconds shown only when there are any: `2023-02-01T00:00:00Z`. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** `2023-02-01` for an instant at midnight UTC, else `2023-02-01 12:30`. For people, not for JSON. */
export function formatShort(ms: number): string {
  const text = new Date(ms).toISOString();
  return ms % DAY_MS === 0 ? text.slice(0, 10) : text.slice(0, 16).replace('T', ' ');
}

/** `180d`, `12h`, `90m`, `4w` → milliseconds; undefined when it is not a positive whole duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9]\d*)([mhdw])$/.exec(text.trim());
  if (!match) return undefined;
  const unitMs = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS, w: 7 * DAY_MS }[match[2] as 'm'];
  return Number(match[1]) * unitMs;
}

export function startOfDayMs(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}
