import { formatInstant } from '../time.ts';

/**
 * Closed trades as columns that grow by doubling and are reused from one backtest to the next, so
 * that a sweep allocates nothing per trade. Values are final when a row is added.
 */
export const EXIT_REASONS = [
  'sl',
  'tp',
  'signal',
  'end_of_data',
  'liquidated',
  'account_blown',
] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** Names of the float columns; units as in trade-semantics §8.1. */
const FLOAT_COLUMNS = [
  'entryPrice',
  'exitPrice',
  'size',
  'notional',
  'stop',
  'target',
  'realized',
  'fees',
  'funding',
  'netPnl',
  'pnlPct',
  'maePct',
  'mfePct',
  'entryTime',
  'exitTime',
] as const;
type FloatColumnName = (typeof FLOAT_COLUMNS)[number];

/** One closed trade, as the exchange hands it over. */
export interface ClosedTrade extends Readonly<Record<FloatColumnName, number>> {
  readonly side: 1 | -1;
  readonly reason: ExitReason;
  /** Rows of the exec feed. */
  readonly entryBar: number;
  readonly exitBar: number;
}

const CAPACITY_MIN = 64;

export class TradeLog {
  count = 0;
  side = new Int8Array(CAPACITY_MIN);
  reason = new Uint8Array(CAPACITY_MIN);
  entryBar = new Int32Array(CAPACITY_MIN);
  exitBar = new Int32Array(CAPACITY_MIN);
  readonly #floats: Record<FloatColumnName, Float64Array>;

  constructor() {
    this.#floats = Object.fromEntries(
      FLOAT_COLUMNS.map((name) => [name, new Float64Array(CAPACITY_MIN)]),
    ) as Record<FloatColumnName, Float64Array>;
  }

  /** Forgets the rows and keeps the memory. */
  clear(): void {
    this.count = 0;
  }

  /** A float column; rows at and above `count` are left over from earlier runs. */
  column(name: FloatColumnName): Float64Array {
    return this.#floats[name];
  }

  add(trade: ClosedTrade): void {
    const row = this.count;
    if (row === this.side.length) this.#grow();
    this.side[row] = trade.side;
    this.reason[row] = EXIT_REASONS.indexOf(trade.reason);
    this.entryBar[row] = trade.entryBar;
    this.exitBar[row] = trade.exitBar;
    for (const name of FLOAT_COLUMNS) this.#floats[name][row] = trade[name];
    this.count = row + 1;
  }

  #grow(): void {
    const capacity = this.side.length * 2;
    this.side = grown(new Int8Array(capacity), this.side);
    this.reason = grown(new Uint8Array(capacity), this.reason);
    this.entryBar = grown(new Int32Array(capacity), this.entryBar);
    this.exitBar = grown(new Int32Array(capacity), this.exitBar);
    for (const name of FLOAT_COLUMNS) {
      this.#floats[name] = grown(new Float64Array(capacity), this.#floats[name]);
    }
  }
}

/** A trade in the shape of `backtest --json`; times are ISO 8601 UTC. */
export interface TradeRecord {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  readonly entry_time: string;
  readonly entry_price: number;
  readonly entry_size: number;
  readonly entry_size_usdt: number;
  readonly exit_time: string;
  readonly exit_price: number;
  readonly exit_reason: ExitReason;
  readonly realized_pnl: number;
  readonly fees_paid: number;
  readonly net_pnl: number;
  readonly pnl_pct: number;
  readonly stop_loss: number | null;
  readonly take_profit: number | null;
  readonly duration_bars: number;
  readonly mae_pct: number;
  readonly mfe_pct: number;
}

/** The trades of a finished backtest as objects, in closing order. */
export function tradeRecords(result: {
  readonly symbol: string;
  readonly trades: TradeLog;
}): TradeRecord[] {
  const { symbol, trades } = result;
  return Array.from({ length: trades.count }, (_, row) => ({ symbol, ...recordAt(trades, row) }));
}

// --- internal ---

function recordAt(trades: TradeLog, row: number): Omit<TradeRecord, 'symbol'> {
  const value = (name: FloatColumnName): number => trades.column(name)[row] as number;
  const price = (name: 'stop' | 'target'): number | null =>
    Number.isNaN(value(name)) ? null : value(name);
  return {
    side: trades.side[row] === 1 ? 'long' : 'short',
    entry_time: formatInstant(value('entryTime')),
    entry_price: value('entryPrice'),
    entry_size: value('size'),
    entry_size_usdt: value('notional'),
    exit_time: formatInstant(value('exitTime')),
    exit_price: value('exitPrice'),
    exit_reason: EXIT_REASONS[trades.reason[row] as number] as ExitReason,
    realized_pnl: value('realized'),
    fees_paid: value('fees'),
    net_pnl: value('netPnl'),
    pnl_pct: value('pnlPct'),
    stop_loss: price('stop'),
    take_profit: price('target'),
    duration_bars: (trades.exitBar[row] as number) - (trades.entryBar[row] as number),
    mae_pct: value('maePct'),
    mfe_pct: value('mfePct'),
  };
}

function grown<A extends Int8Array | Uint8Array | Int32Array | Float64Array>(
  larger: A,
  filled: A,
): A {
  larger.set(filled);
  return larger;
}
