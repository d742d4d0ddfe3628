import { defineCommand } from 'citty';
import { openCandleDb } from '../../candles/db.ts';
import { isSymbol } from '../../candles/file-name.ts';
import { importFunding, listFunding } from '../../candles/funding.ts';
import { checkCandles, selectSeries } from '../../candles/gaps.ts';
import { importCandles } from '../../candles/ingest.ts';
import { storeCandles } from '../../candles/insert.ts';
import { listSeries } from '../../candles/query.ts';
import { resampleCandles } from '../../candles/resample.ts';
import { synthesizeCandles } from '../../candles/synth.ts';
import { loadConfig } from '../../config.ts';
import { SweepError } from '../../errors.ts';
import { SYNTH_BARS_MAX } from '../../limits.ts';
import { isTimeframe, parseInstant, TIMEFRAMES, type Timeframe } from '../../time.ts';
import { positionalArguments } from '../arguments.ts';
import {
  findingDocument,
  importDocument,
  printFindings,
  printImports,
  printResampled,
  printSeries,
  resampleDocument,
  seriesDocument,
} from '../data-view.ts';
import { jsonFlag, wholeNumber } from '../flags.ts';
import { note, printJson } from '../output.ts';

const symbolFlag = { type: 'string', valueHint: 'BTCUSDT', description: 'Symbol' } as const;
const timeframeFlag = { type: 'string', valueHint: '5m', description: 'Timeframe' } as const;
const replaceFlag = {
  type: 'boolean',
  description: 'Overwrite stored rows that differ instead of refusing',
} as const;

const importArgs = {
  file: {
    type: 'positional',
    description: 'Parquet or CSV files, named like BTCUSDT-5m.parquet (repeatable)',
    required: true,
  },
  symbol: { ...symbolFlag, description: 'Symbol, where the file names do not say it' },
  timeframe: { ...timeframeFlag, description: 'Timeframe, where the file names do not say it' },
  replace: replaceFlag,
  funding: { type: 'boolean', description: 'The files hold funding rates, not candles' },
  'funding-timezone': {
    type: 'string',
    valueHint: 'Europe/Berlin',
    description: 'Zone of funding times without an offset; default UTC',
  },
  ...jsonFlag,
} as const;

const importCommand = defineCommand({
  meta: { name: 'import', description: 'Store candles or funding rates of files: all or nothing' },
  args: importArgs,
  async run({ args, rawArgs }) {
    const files = positionalArguments(rawArgs, importArgs);
    const timeZone = args['funding-timezone'];
    if (timeZone !== undefined && !args.funding) {
      throw new SweepError('USAGE', '--funding-timezone goes with --funding', {
        hint: 'Candle times without an offset are always UTC.',
      });
    }
    await using db = await openCandleDb(loadConfig().candlesPath, { readOnly: false });
    const { symbol, timeframe, replace } = args;
    const reports = args.funding
      ? await importFunding(db, files, { symbol, timeZone, replace })
      : await importCandles(db, files, { symbol, timeframe, replace });
    if (args.json) printJson(reports.map(importDocument));
    else printImports(reports);
  },
});

const synthCommand = defineCommand({
  meta: {
    name: 'synth',
    description: 'Make seeded synthetic candles: regimes, clustered volatility',
  },
  args: {
    symbol: { ...symbolFlag, default: 'SYNTHUSDT' },
    timeframe: { ...timeframeFlag, default: '5m' },
    bars: { type: 'string', valueHint: 'N', description: 'How many; default one year' },
    seed: { type: 'string', valueHint: 'K', description: 'Same seed, same candles', default: '1' },
    start: {
      type: 'string',
      valueHint: 'DATE',
      description: 'First bar, UTC',
      default: '2023-01-01',
    },
    replace: replaceFlag,
    ...jsonFlag,
  },
  async run({ args }) {
    const symbol = checkedSymbol(args.symbol);
    const timeframe = checkedTimeframe('--timeframe', args.timeframe);
    const startMs = parseInstant(args.start);
    if (startMs === undefined)
      throw new SweepError('USAGE', `--start "${args.start}" is not a date`);
    const bars =
      wholeNumber('--bars', args.bars, { min: 1, max: SYNTH_BARS_MAX }) ??
      TIMEFRAMES[timeframe].barsPerYear;
    const seed = wholeNumber('--seed', args.seed, { min: 0 }) ?? 1;
    const candles = synthesizeCandles({ symbol, timeframe, bars, seed, startMs });
    await using db = await openCandleDb(loadConfig().candlesPath, { readOnly: false });
    const report = {
      symbol,
      timeframe,
      rows: bars,
      ...(await storeCandles(db, candles, { replace: args.replace ?? false })),
      duplicates: 0,
      droppedOpen: 0,
      firstMs: candles.tsOpen[0] ?? 0,
      lastMs: candles.tsOpen.at(-1) ?? 0,
      warnings: [],
    };
    if (args.json) printJson(importDocument(report));
    else printImports([report]);
  },
});

const checkCommand = defineCommand({
  meta: {
    name: 'check',
    description: 'Gaps, duplicates, bad bars, flat spells, signs of local times',
  },
  args: { symbol: symbolFlag, timeframe: timeframeFlag, ...jsonFlag },
  async run({ args }) {
    await using db = await openCandleDb(loadConfig().candlesPath, { readOnly: true });
    const { symbol, timeframe } = args;
    const findings = await checkCandles(db, { symbol, timeframe, nowMs: Date.now() });
    if (args.json) printJson(findings.map(findingDocument));
    else printFindings(findings, (await selectSeries(db, { symbol, timeframe })).length);
  },
});

const resampleCommand = defineCommand({
  meta: {
    name: 'resample',
    description: 'Make longer candles of shorter ones, whole buckets only',
  },
  args: {
    symbol: { ...symbolFlag, required: true },
    from: { ...timeframeFlag, description: 'Stored timeframe', required: true },
    to: { type: 'string', valueHint: '15m,1h', description: 'Timeframes to make', required: true },
    replace: replaceFlag,
    ...jsonFlag,
  },
  async run({ args }) {
    const from = checkedTimeframe('--from', args.from);
    const to = args.to.split(',').map((text) => checkedTimeframe('--to', text.trim()));
    await using db = await openCandleDb(loadConfig().candlesPath, { readOnly: false });
    const options = {
      symbol: checkedSymbol(args.symbol),
      from,
      to,
      replace: args.replace ?? false,
    };
    const reports = await resampleCandles(db, options);
    if (args.json) printJson(reports.map(resampleDocument));
    else printResampled(reports);
  },
});

const listCommand = defineCommand({
  meta: { name: 'list', description: 'What is stored' },
  args: jsonFlag,
  async run({ args }) {
    await using db = await openCandleDb(loadConfig().candlesPath, { readOnly: true });
    const series = await listSeries(db);
    const funding = await listFunding(db);
    if (args.json) printJson(seriesDocument(series, funding));
    else if (series.length === 0 && funding.length === 0) {
      note('no candles yet; start with: ideasweep data import FILE…, or: ideasweep data synth');
    } else printSeries(series, funding);
  },
});

const fetchCommand = defineCommand({
  meta: { name: 'fetch', description: "Download the exchange's public archive (not built yet)" },
  run() {
    throw new SweepError('NOT_YET', 'ideasweep data fetch is not built yet', {
      hint: 'Download the archive files yourself and `ideasweep data import` them.',
    });
  },
});

export const dataCommand = defineCommand({
  meta: { name: 'data', description: 'Candles: import, make, check, resample, list' },
  subCommands: {
    import: importCommand,
    synth: synthCommand,
    check: checkCommand,
    resample: resampleCommand,
    list: listCommand,
    fetch: fetchCommand,
  },
});

// --- internal ---

function checkedSymbol(text: string): string {
  if (isSymbol(text)) return text.toUpperCase();
  throw new SweepError('USAGE', `--symbol "${text}" is not a symbol`);
}

function checkedTimeframe(flag: string, text: string): Timeframe {
  if (isTimeframe(text)) return text;
  const known = Object.keys(TIMEFRAMES).join(', ');
  throw new SweepError('USAGE', `${flag} "${text}" is not known`, { hint: `Known: ${known}.` });
}
