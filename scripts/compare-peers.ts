/**
 * An EMA cross on real candles in vectorbt, raptorbt and this engine, with and without stops: trade
 * by trade. Optional; needs a Python with the pinned packages of bench/peers/ema_cross.py:
 *
 *   IDEASWEEP_PEERS_PYTHON=/path/to/venv/bin/python node scripts/compare-peers.ts
 *
 * Prints per library and case how many trades are equal (same bars, prices and return to 1e-9) and
 * the first that differ. Exits with 1 when a case without stops differs at all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { indicator } from '../src/indicators/registry.ts';
import { tradeRecords } from '../src/engine/trade-log.ts';
import { runSignals, type Candle } from '../test/support/signal-runs.ts';

const CANDLES = '../shared/data/binance-spot/BTCUSDT-5m.parquet';
const JOB = {
  fast: 20,
  slow: 100,
  /** The seed of the longer average weighs less than 1e-8 from here on. */
  first: 1000,
  fee: 0.0006,
  cash: 10_000,
  cases: {
    'no stops': {},
    'stop 1 %': { stop: 0.01 },
    'stop 1 %, target 2 %': { stop: 0.01, target: 0.02 },
  } as Readonly<Record<string, { readonly stop?: number; readonly target?: number }>>,
};

/** Entry bar, exit bar, entry price, exit price, return after fees. */
type TradeRow = readonly [number, number, number, number, number];

interface CaseResult {
  readonly final: number;
  readonly trades: readonly TradeRow[];
}

interface PeerResult {
  readonly missing?: string;
  readonly version: string;
  readonly up: readonly number[];
  readonly cases: Readonly<Record<string, CaseResult>>;
}

interface Bars {
  readonly candles: readonly Candle[];
  readonly tsOpen: readonly number[];
}

process.exitCode = await main();

// --- internal ---

async function main(): Promise<number> {
  if (!existsSync(CANDLES)) {
    process.stdout.write(`${CANDLES} is absent: nothing to compare\n`);
    return 0;
  }
  const bars = await readBars();
  const peers = runPeers(bars);
  const crosses = ownCrosses(bars);
  let isEqual = true;
  for (const [name, peer] of Object.entries(peers)) {
    if (peer.missing !== undefined) {
      process.stdout.write(`${name}: skipped, ${peer.missing}\n`);
      continue;
    }
    const sameCrosses = JSON.stringify(peer.up) === JSON.stringify(crosses.up);
    process.stdout.write(
      `${name} ${peer.version}: ${peer.up.length} crosses up, ${sameCrosses ? 'the same' : 'others than'} here (${crosses.up.length})\n`,
    );
    for (const [label, expected] of Object.entries(peer.cases)) {
      const equal = report(label, ownCase(bars, crosses, label), expected);
      if (label === 'no stops') isEqual &&= equal;
    }
  }
  return isEqual ? 0 : 1;
}

async function readBars(): Promise<Bars> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `select epoch_ms(timestamp)::double, open, high, low, close from '${CANDLES}' order by timestamp`,
  );
  const rows = reader.getRows() as number[][];
  connection.closeSync();
  return {
    tsOpen: rows.map((row) => row[0] as number),
    candles: rows.map(([, o, h, l, c]) => [o, h, l, c] as unknown as Candle),
  };
}

function runPeers({ candles }: Bars): Record<string, PeerResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ideasweep-peers-'));
  const csv = join(folder, 'candles.csv');
  const lines = candles.map((candle) => `${candle.join(',')},1`);
  writeFileSync(csv, `open,high,low,close,volume\n${lines.join('\n')}\n`);
  const python = process.env['IDEASWEEP_PEERS_PYTHON'] ?? 'python3';
  const { stdout, stderr, status } = spawnSync(python, ['bench/peers/ema_cross.py'], {
    input: JSON.stringify({ ...JOB, csv }),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`bench/peers/ema_cross.py failed:\n${stderr}`);
  return JSON.parse(stdout) as Record<string, PeerResult>;
}

function ownCrosses({ candles }: Bars): { up: number[]; down: number[] } {
  const close = Float64Array.from(candles, (candle) => candle[3]);
  const inputs = { source: close, open: close, high: close, low: close, close, volume: close };
  const average = (length: number) =>
    indicator('ema').compute(inputs, { length }, 'standard')[''] as Float64Array;
  const fast = average(JOB.fast);
  const slow = average(JOB.slow);
  const isAbove = (bar: number) => (fast[bar] as number) > (slow[bar] as number);
  const up: number[] = [];
  const down: number[] = [];
  for (let bar = JOB.first; bar < close.length; bar++) {
    if (isAbove(bar) !== isAbove(bar - 1)) (isAbove(bar) ? up : down).push(bar);
  }
  return { up, down };
}

/** Levels lie the given share away from the entry's open, as the peers place them. */
function ownCase(bars: Bars, crosses: { up: number[]; down: number[] }, label: string): CaseResult {
  const { stop, target } = JOB.cases[label] as { stop?: number; target?: number };
  const nextOpen = (bar: number) => bars.candles[bar + 1]?.[0] ?? Number.NaN;
  const result = runSignals({
    ...bars,
    timeframe: '5m',
    long: crosses.up,
    exit: crosses.down,
    startingEquity: JOB.cash,
    sizing: { model: 'percent_notional', value: 1000 },
    takerBps: JOB.fee * 10_000,
    ...(stop === undefined ? {} : { stopAt: (bar: number) => nextOpen(bar) * (1 - stop) }),
    ...(target === undefined ? {} : { targetAt: (bar: number) => nextOpen(bar) * (1 + target) }),
  });
  return {
    final: result.finalCash,
    trades: tradeRecords(result).map((trade, row) => [
      result.trades.entryBar[row] as number,
      result.trades.exitBar[row] as number,
      trade.entry_price,
      trade.exit_price,
      trade.pnl_pct / 100,
    ]),
  };
}

function report(label: string, own: CaseResult, peer: CaseResult): boolean {
  const byEntry = new Map(peer.trades.map((trade) => [trade[0], trade]));
  const different = own.trades.filter((trade) => !isSame(trade, byEntry.get(trade[0])));
  const equal = own.trades.length - different.length;
  process.stdout.write(
    `  ${label}: ${equal} of ${own.trades.length} trades equal (theirs ${peer.trades.length}); ` +
      `end ${own.final.toFixed(6)} here, ${peer.final.toFixed(6)} there\n`,
  );
  for (const trade of different.slice(0, 4)) {
    process.stdout.write(
      `    here ${trade.join(' ')}\n    there ${byEntry.get(trade[0])?.join(' ') ?? '-'}\n`,
    );
  }
  return different.length === 0 && own.trades.length === peer.trades.length;
}

function isSame(a: TradeRow, b: TradeRow | undefined): boolean {
  return (
    b !== undefined &&
    a.every((value, n) => Math.abs(value - (b[n] as number)) <= 1e-9 * Math.max(1, Math.abs(value)))
  );
}
