import { formatShort, parseInstant } from '../time.ts';
import { formatCount, formatNumber } from './format.ts';
import { renderTable, type TableColumn } from './table.ts';

/** The fields of a trade (design §11) that the table shows. */
export interface TradeLine {
  readonly side: string;
  readonly entry_time: string;
  readonly entry_price: number;
  readonly exit_time: string | null;
  readonly exit_price: number | null;
  readonly exit_reason: string | null;
  readonly net_pnl: number | null;
  readonly pnl_pct: number | null;
  readonly duration_bars: number | null;
}

/** Every trade, or the first and last `edge` with the number left out between them. */
export function renderTrades(
  trades: readonly TradeLine[],
  options: { readonly edge: number; readonly titleStyle?: (text: string) => string },
): string {
  const rows = trades.map((trade, index) => ({ number: index + 1, ...trade }));
  if (rows.length <= options.edge * 2 + 1) return renderTable(COLUMNS, rows, options);
  const shown = [...rows.slice(0, options.edge), ...rows.slice(-options.edge)];
  const lines = renderTable(COLUMNS, shown, options).split('\n');
  const skipped = `  … ${formatCount(rows.length - shown.length)} more …`;
  return [...lines.slice(0, options.edge + 1), skipped, ...lines.slice(options.edge + 1)].join(
    '\n',
  );
}

// --- internal ---

type NumberedTrade = TradeLine & { readonly number: number };

const COLUMNS: readonly TableColumn<NumberedTrade>[] = [
  { key: 'number', title: '#', align: 'right' },
  { key: 'side', title: 'side' },
  { key: 'entry_time', title: 'entry', format: shortTime },
  { key: 'entry_price', title: 'price', align: 'right', format: price },
  { key: 'exit_time', title: 'exit', format: shortTime },
  { key: 'exit_price', title: 'price', align: 'right', format: price },
  { key: 'exit_reason', title: 'reason', format: reasonText },
  { key: 'net_pnl', title: 'net pnl', align: 'right', format: twoDecimals },
  { key: 'pnl_pct', title: 'pnl %', align: 'right', format: twoDecimals },
  { key: 'duration_bars', title: 'bars', align: 'right' },
];

function shortTime(text: string | null): string {
  const ms = text === null ? undefined : parseInstant(text);
  return ms === undefined ? '—' : formatShort(ms).padEnd(16);
}

function price(value: number | null): string {
  return formatNumber(value, value !== null && Math.abs(value) >= 1000 ? 2 : undefined);
}

function twoDecimals(value: number | null): string {
  return formatNumber(value, 2);
}

const REASONS: Readonly<Record<string, string>> = {
  sl: 'stop',
  tp: 'target',
  end_of_data: 'end',
  account_blown: 'blown',
};

function reasonText(reason: string | null): string {
  return reason === null ? '—' : (REASONS[reason] ?? reason);
}
