import { SweepError, type CardIssue } from '../errors.ts';
import { formatInstant, TIMEFRAMES, timeframeMs, type Timeframe } from '../time.ts';
import type { CandleDb } from './db.ts';
import { latticeOffsetMs } from './lattice.ts';
import { findPlaces } from './csv-lines.ts';
import { refused, unreadable, type Source } from './source.ts';
import { rawCell } from './source-values.ts';

/** The table of parsed rows that the checks look at: row, us, open … volume. */
export const PARSED = 'parsed_rows';

/** Bad rows that an error lists; the rest is only counted. */
const LISTED_MAX = 5;

/** Fewer rows may be far apart by chance: bars of a symbol that hardly trades, or the rest of a file. */
const LONGER_STEPS_MIN = 30;

/** Gaps break the step of real bars; this share of steps has it all the same. */
const REGULAR_SHARE = 0.9;

/** Epoch seconds read as milliseconds land in January 1970. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);

export interface RowRules {
  readonly timeframe: Timeframe;
  readonly nowMs: number;
}

/**
 * Looks at every parsed row in SQL.
 * @throws SweepError IMPORT_REFUSED naming file, row and reason of the first bad ones.
 */
export async function refuseBadRows(db: CandleDb, source: Source, rules: RowRules): Promise<void> {
  const values = {
    earliest: EARLIEST_MS * 1000,
    now: rules.nowMs * 1000,
    step: timeframeMs(rules.timeframe) * 1000,
    offset: latticeOffsetMs(rules.timeframe) * 1000,
  };
  const bad = await db.rows<BadRow>(
    `SELECT *, count(*) OVER () AS total FROM (
       SELECT *, ${REASON} AS reason FROM ${PARSED}) WHERE reason IS NOT NULL
     ORDER BY row LIMIT ${LISTED_MAX}`,
    values,
  );
  const [first] = bad;
  if (first === undefined) return;
  const hint = await hintFor(db, first, rules);
  throw await badRows(
    source,
    await Promise.all(bad.map((row) => issueOf(db, source, row, rules))),
    {
      total: first.total,
      hint,
    },
  );
}

/**
 * Rows that follow each other at the step of a longer timeframe are its bars: taken one after another, as
 * gaps are, they would run through every backtest as bars that they are not. Rows far apart at other
 * or at changing steps are bars with gaps.
 * @throws SweepError IMPORT_REFUSED naming the step that the rows have.
 */
export async function refuseLongerBars(
  db: CandleDb,
  source: Source,
  timeframe: Timeframe,
): Promise<void> {
  const [found] = await db.rows<{ steps: number; least: number; regular: number }>(
    `WITH steps AS (
       SELECT us - lag(us) OVER (ORDER BY us) AS step FROM (SELECT DISTINCT us FROM ${PARSED})
       QUALIFY step IS NOT NULL)
     SELECT count(*) AS steps, min(step) AS least,
       count(*) FILTER (step = (SELECT min(step) FROM steps)) AS regular FROM steps`,
  );
  if (found === undefined || found.steps < LONGER_STEPS_MIN) return;
  const isLonger = Object.values(TIMEFRAMES).some(({ ms }) => ms * 1000 === found.least);
  const isRegular = found.regular >= REGULAR_SHARE * found.steps;
  if (!isLonger || !isRegular || found.least <= timeframeMs(timeframe) * 1000) return;
  const minutes = found.least / 60_000_000;
  throw refused(
    source.path,
    `its rows are ${minutes} min apart or more, so they are no ${timeframe} bars`,
    'Say what they are with --timeframe, which overrides the file name.',
  );
}

/**
 * Rows of one file with one open time must be equal; equal ones are stored once.
 * @throws SweepError IMPORT_REFUSED naming both rows.
 */
export async function refuseContradictions(
  db: CandleDb,
  source: Source,
  columns: readonly string[],
): Promise<void> {
  const differs = columns.map((c) => `a.${c} IS DISTINCT FROM b.${c}`).join(' OR ');
  const [pair] = await db.rows<{ row: number; first: number; us: number }>(
    `SELECT a.row, b.row AS first, a.us FROM ${PARSED} a
     JOIN (SELECT us, min(row) AS row FROM ${PARSED} GROUP BY us HAVING count(*) > 1) twice
       ON twice.us = a.us
     JOIN ${PARSED} b ON b.row = twice.row
     WHERE a.row <> b.row AND (${differs}) ORDER BY a.row LIMIT 1`,
  );
  if (pair === undefined) return;
  const time = formatInstant(pair.us / 1000);
  const message = `has the time ${time} of row ${pair.first} again with other values`;
  throw await badRows(source, [{ row: pair.row, message }], { total: 1, hint: undefined });
}

/** An IMPORT_REFUSED that names file, row, line and reason. */
export async function badRows(
  source: Source,
  rows: readonly { readonly row: number; readonly message: string }[],
  { total, hint }: { readonly total: number; readonly hint: string | undefined },
): Promise<SweepError> {
  const lines = await linesOf(source, rows);
  const issues = rows.map(({ row, message }): CardIssue => {
    const line = lines.get(row);
    const place = line === undefined ? {} : { line };
    return { path: source.path, ...place, code: 'bad_row', message: `row ${row}: ${message}` };
  });
  const [first] = issues;
  const line = first?.line === undefined ? '' : ` (line ${first.line} of the file)`;
  const more = total > 1 ? `; ${total - 1} more bad ${total === 2 ? 'row' : 'rows'}` : '';
  return new SweepError('IMPORT_REFUSED', `${source.path}: ${first?.message}${line}${more}`, {
    issues,
    hint: hint ?? 'Nothing was imported. Correct the file and import it again.',
    facts: { file: source.path, row: rows[0]?.row ?? 0, bad_rows: total },
  });
}

/**
 * What to throw where DuckDB could not read the file's rows: the row with the wrong number of cells,
 * as badRows tells it, or its complaint.
 */
export async function unreadableRows(source: Source, cause: unknown): Promise<SweepError> {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, expected, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text) ?? [];
  const record = Number(/on Line: (\d+)/.exec(text)?.[1]);
  const { path, headerLines } = source;
  if (found === undefined || headerLines === undefined) return unreadable(path, cause);
  const message = `${found} cells instead of ${expected}`;
  const isWanted = (place: { record: number }) => place.record === record;
  const [place] = await findPlaces(path, headerLines, { count: 1, isWanted }).catch(() => []);
  if (place === undefined) return refused(path, `a row has ${message}`);
  return badRows(source, [{ row: place.row, message: `has ${message}` }], {
    total: 1,
    hint: undefined,
  });
}

// --- internal ---

/** Lines of rows by row: found by reading the file, since empty lines are no rows. */
async function linesOf(
  { path, headerLines }: Source,
  rows: readonly { readonly row: number }[],
): Promise<ReadonlyMap<number, number>> {
  if (headerLines === undefined) return new Map();
  const wanted = new Set(rows.map(({ row }) => row));
  const isWanted = ({ row }: { row: number }) => wanted.has(row);
  // The row alone says enough where the file cannot be read again.
  const places = await findPlaces(path, headerLines, { count: wanted.size, isWanted }).catch(
    () => [],
  );
  return new Map(places.map(({ row, line }) => [row, line]));
}

type PriceName = 'open' | 'high' | 'low' | 'close' | 'volume';

interface BadRow extends Record<PriceName, number> {
  readonly row: number;
  readonly us: number;
  readonly reason: string;
  readonly total: number;
}

/** The first thing wrong with a row, as `kind:column`; NULL when it is good. */
const REASON = `CASE
  WHEN us IS NULL THEN 'unreadable:time'
  WHEN us < $earliest THEN 'early:time'
  ${['open', 'high', 'low', 'close', 'volume'].map((c) => `WHEN ${c} IS NULL OR NOT isfinite(${c}) THEN 'unreadable:${c}'`).join('\n  ')}
  ${['open', 'high', 'low', 'close'].map((c) => `WHEN ${c} <= 0 THEN 'not_positive:${c}'`).join('\n  ')}
  WHEN volume < 0 THEN 'negative:volume'
  WHEN high < low THEN 'below:high:low'
  WHEN high < open THEN 'below:high:open'
  WHEN high < close THEN 'below:high:close'
  WHEN low > open THEN 'above:low:open'
  WHEN low > close THEN 'above:low:close'
  WHEN (us - $offset::BIGINT) % $step::BIGINT <> 0 THEN 'off_lattice:time'
  WHEN us > $now THEN 'future:time' END`;

async function issueOf(
  db: CandleDb,
  source: Source,
  bad: BadRow,
  rules: RowRules,
): Promise<{ row: number; message: string }> {
  const [kind, first = '', second = ''] = bad.reason.split(':');
  const cell = await rawCell(db, source, first, bad.row);
  const value = (name: string) => bad[name as PriceName];
  const time = bad.us === null ? '' : formatInstant(bad.us / 1000);
  const messages: Record<string, string> = {
    unreadable:
      cell === ''
        ? `${first} is missing`
        : `${first} "${cell}" is not a ${first === 'time' ? 'time' : 'finite number'}`,
    early: `time ${cell} reads as ${time}`,
    not_positive: `${first} ${value(first)} is not above 0`,
    negative: `${first} ${value(first)} is negative`,
    below: `${first} ${value(first)} is below ${second} ${value(second)}`,
    above: `${first} ${value(first)} is above ${second} ${value(second)}`,
    off_lattice: `time ${time} is not the open time of a ${rules.timeframe} bar`,
    future: `time ${time} is in the future`,
  };
  return { row: bad.row, message: messages[kind ?? ''] ?? bad.reason };
}

/** Times that are all off by the same amount have one cause, which can be named. */
async function hintFor(
  db: CandleDb,
  first: BadRow,
  { timeframe }: RowRules,
): Promise<string | undefined> {
  if (first.reason === 'early:time')
    return 'Epoch times are read as s, ms, µs or ns by their size.';
  if (first.reason === 'future:time')
    return 'Times are UTC. Are these local, or is the clock wrong?';
  if (first.reason !== 'off_lattice:time') return undefined;
  const [shift] = await db.rows<{ least: number; most: number; rows: number }>(
    `SELECT min(m) AS least, max(m) AS most, count(*) AS rows FROM (
       SELECT (us - $offset::BIGINT) % $step::BIGINT AS m FROM ${PARSED})`,
    { step: timeframeMs(timeframe) * 1000, offset: latticeOffsetMs(timeframe) * 1000 },
  );
  const general = `Is the timeframe really ${timeframe}? --timeframe overrides the file name.`;
  if (shift === undefined || shift.rows < 2 || shift.least !== shift.most) return general;
  const lateMs = timeframeMs(timeframe) - shift.least / 1000;
  if (lateMs <= 1000) return 'These look like close times; a bar is stored under its open time.';
  const minutes = shift.least / 60_000_000;
  return `Every row is ${minutes} min off. Times must be UTC: are these local times? ${general}`;
}
