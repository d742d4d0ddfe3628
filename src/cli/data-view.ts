import { basename } from 'node:path';
import type { FundingSummary } from '../candles/funding.ts';
import type { Finding } from '../candles/gaps.ts';
import type { ImportReport } from '../candles/ingest.ts';
import type { SeriesSummary } from '../candles/query.ts';
import type { ResampleReport } from '../candles/resample.ts';
import { formatCount, plural } from '../report/format.ts';
import { renderTable, type TableColumn } from '../report/table.ts';
import { formatInstant, formatShort } from '../time.ts';
import { note, print, tableStyle, warn } from './output.ts';

/** How the `data` commands show what they did: tables for people, documents for `--json`. */

/** `file` is absent for synthetic candles. */
export type StoredRows = Omit<ImportReport, 'file'> & { readonly file?: string };

export function importDocument(report: StoredRows): object {
  const { file, symbol, timeframe, rows, added, unchanged, replaced } = report;
  return {
    ...(file === undefined ? {} : { file }),
    symbol,
    ...(timeframe === undefined ? { kind: 'funding' } : { kind: 'candles', timeframe }),
    rows,
    new: added,
    unchanged,
    replaced,
    duplicates: report.duplicates,
    dropped_open: report.droppedOpen,
    first: formatInstant(report.firstMs),
    last: formatInstant(report.lastMs),
    warnings: report.warnings,
  };
}

export function printImports(reports: readonly StoredRows[]): void {
  const rows = reports.map((report) => ({
    file: basename(report.file ?? 'synthetic'),
    symbol: report.symbol,
    timeframe: report.timeframe ?? 'funding',
    new: report.added,
    unchanged: report.unchanged,
    replaced: report.replaced,
    first: formatShort(report.firstMs),
    last: formatShort(report.lastMs),
  }));
  printTable(
    [
      { key: 'file', title: 'file' },
      { key: 'symbol', title: 'symbol' },
      { key: 'timeframe', title: 'timeframe' },
      { key: 'new', title: 'new', format: formatCount },
      { key: 'unchanged', title: 'unchanged', format: formatCount },
      { key: 'replaced', title: 'replaced', format: formatCount },
      { key: 'first', title: 'first (UTC)' },
      { key: 'last', title: 'last' },
    ],
    rows,
  );
  for (const report of reports) noteImport(report);
}

export function findingDocument(finding: Finding): object {
  const { symbol, timeframe, kind, startMs, lastMs, bars, detail } = finding;
  const span = { first: formatInstant(startMs), last: formatInstant(lastMs) };
  return { symbol, timeframe, kind, ...span, bars, detail };
}

/** At most `FINDINGS_SHOWN` of each kind and series; `--json` has them all. */
export function printFindings(findings: readonly Finding[], seriesCount: number): void {
  if (findings.length === 0) {
    print(`${plural(seriesCount, 'series', 'series')} checked, nothing found`);
    return;
  }
  const groups = Map.groupBy(findings, (f) => `${f.symbol} ${f.timeframe} ${f.kind}`);
  const shown = [...groups.values()].flatMap((group) => group.slice(0, FINDINGS_SHOWN));
  const rows = shown.map((finding) => ({
    symbol: finding.symbol,
    timeframe: finding.timeframe,
    kind: finding.kind.replaceAll('_', ' '),
    first: formatShort(finding.startMs),
    last: formatShort(finding.lastMs),
    bars: finding.bars,
    detail: finding.detail,
  }));
  printTable(
    [
      { key: 'symbol', title: 'symbol' },
      { key: 'timeframe', title: 'timeframe' },
      { key: 'kind', title: 'finding' },
      { key: 'first', title: 'first (UTC)' },
      { key: 'last', title: 'last' },
      { key: 'bars', title: 'bars', format: formatCount },
      { key: 'detail', title: '' },
    ],
    rows,
  );
  for (const [name, group] of groups) {
    if (group.length > FINDINGS_SHOWN) note(`  … ${group.length - FINDINGS_SHOWN} more: ${name}`);
  }
}

export function resampleDocument(report: ResampleReport): object {
  const { symbol, from, to, complete, incomplete, added, unchanged, replaced } = report;
  return { symbol, from, to, complete, incomplete, new: added, unchanged, replaced };
}

export function printResampled(reports: readonly ResampleReport[]): void {
  printTable(
    [
      { key: 'symbol', title: 'symbol' },
      { key: 'from', title: 'from' },
      { key: 'to', title: 'to' },
      { key: 'added', title: 'new', format: formatCount },
      { key: 'unchanged', title: 'unchanged', format: formatCount },
      { key: 'replaced', title: 'replaced', format: formatCount },
      { key: 'incomplete', title: 'incomplete, left out', format: formatCount },
    ],
    reports,
  );
}

export function seriesDocument(
  series: readonly SeriesSummary[],
  funding: readonly FundingSummary[],
): object {
  return {
    candles: series.map(({ symbol, timeframe, bars, firstMs, lastMs, gaps }) => {
      const span = { first: formatInstant(firstMs), last: formatInstant(lastMs) };
      return { symbol, timeframe, bars, ...span, gaps };
    }),
    funding: funding.map(({ symbol, rates, firstMs, lastMs }) => {
      return { symbol, rates, first: formatInstant(firstMs), last: formatInstant(lastMs) };
    }),
  };
}

export function printSeries(
  series: readonly SeriesSummary[],
  funding: readonly FundingSummary[],
): void {
  const rates = funding.map(({ rates: bars, ...rest }) => {
    return { ...rest, timeframe: 'funding', bars, gaps: undefined };
  });
  const rows = [...series, ...rates].map(({ firstMs, lastMs, ...rest }) => {
    return { ...rest, first: formatShort(firstMs), last: formatShort(lastMs) };
  });
  printTable(
    [
      { key: 'symbol', title: 'symbol' },
      { key: 'timeframe', title: 'timeframe' },
      { key: 'bars', title: 'bars', format: formatCount },
      { key: 'first', title: 'first (UTC)' },
      { key: 'last', title: 'last' },
      { key: 'gaps', title: 'gaps', align: 'right' },
    ],
    rows,
  );
}

// --- internal ---

const FINDINGS_SHOWN = 10;

function noteImport(report: StoredRows): void {
  const name = report.file === undefined ? '' : `${basename(report.file)}: `;
  if (report.droppedOpen > 0) note(`${name}the last bar is still open and was left out`);
  if (report.duplicates > 0) {
    note(`${name}${plural(report.duplicates, 'row')} equal to an earlier one, stored once`);
  }
  for (const text of report.warnings) warn(`${name}${text}`);
}

function printTable<Row extends object>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): void {
  print(renderTable(columns, rows, tableStyle()));
}
