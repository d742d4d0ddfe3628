import { defineCommand } from 'citty';
import { loadConfig } from '../../config.ts';
import { renderCsv } from '../../report/csv.ts';
import { plural } from '../../report/format.ts';
import { windowOfAllCandles } from '../all-candles.ts';
import { loadSweep } from '../card-file.ts';
import { assertWritable, writeWhole } from '../files.ts';
import { cardArgument, jsonFlag, sweepFlags, sweepOverrides } from '../flags.ts';
import { recordedDocument, recordPoint, withoutAxes, type Recorded } from '../one-point.ts';
import { note, print, printJson } from '../output.ts';
import { writeParquet } from '../parquet.ts';
import { renderRecorded } from '../recorded-view.ts';

const { set, window, profile, strict, strategy } = sweepFlags;

const ARGS = {
  ...cardArgument,
  set,
  window,
  profile,
  'allow-short-warmup': sweepFlags['allow-short-warmup'],
  strict,
  strategy,
  equity: { type: 'boolean', description: 'Add the equity curve to --json' },
  'trades-csv': {
    type: 'string',
    valueHint: 'FILE',
    description: 'Write all trades to a CSV file',
  },
  'equity-parquet': {
    type: 'string',
    valueHint: 'FILE',
    description: 'Write the equity curve to a Parquet file',
  },
  ...jsonFlag,
} as const;

export const backtestCommand = defineCommand({
  meta: {
    name: 'backtest',
    description: "One backtest with the card's own values: metrics, trades, equity plot",
  },
  args: ARGS,
  async run({ args, rawArgs }) {
    await assertWritable('--trades-csv', args['trades-csv']);
    await assertWritable('--equity-parquet', args['equity-parquet']);
    const config = loadConfig();
    const overrides = sweepOverrides(args, rawArgs, ARGS);
    const sweep = await loadSweep(args.card, overrides, (parsed) =>
      windowOfAllCandles(config, parsed, overrides),
    );
    const recorded = await recordPoint(config, withoutAxes(sweep), { pointIndex: 0 });
    if (args['trades-csv'] !== undefined) await saveTrades(args['trades-csv'], recorded);
    if (args['equity-parquet'] !== undefined) await saveEquity(args['equity-parquet'], recorded);
    if (args.json) printJson(recordedDocument(recorded, { hasEquity: args.equity === true }));
    else print(renderRecorded(recorded));
  },
});

// --- internal ---

/** The columns of design §11, also where there is no trade to read them off. */
const TRADE_COLUMNS = [
  'symbol',
  'side',
  'entry_time',
  'entry_price',
  'entry_size',
  'entry_size_usdt',
  'exit_time',
  'exit_price',
  'exit_reason',
  'realized_pnl',
  'fees_paid',
  'net_pnl',
  'pnl_pct',
  'stop_loss',
  'take_profit',
  'duration_bars',
  'mae_pct',
  'mfe_pct',
];

async function saveTrades(path: string, { trades }: Recorded): Promise<void> {
  await writeWhole(path, renderCsv(TRADE_COLUMNS, trades));
  note(`wrote ${plural(trades.length, 'trade')} to ${path}`);
}

async function saveEquity(path: string, { result }: Recorded): Promise<void> {
  const rows = Array.from(result.equity, (equity, index) => [result.equityTs[index], equity]);
  const columns = [
    { name: 'time', type: 'TIMESTAMP' },
    { name: 'equity', type: 'DOUBLE' },
  ] as const;
  await writeParquet(path, columns, rows);
  note(`wrote ${plural(rows.length, 'equity point')} to ${path}`);
}
