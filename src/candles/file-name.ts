import { basename } from 'node:path';
import { SweepError } from '../errors.ts';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../time.ts';

/** What a file name says, `BTCUSDT-5m.parquet` or `BTCUSDT-5m-2023-01.csv`; flags override it. */
export interface NamedSeries {
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
}

const EXTENSIONS = /(\.(csv|txt|parquet|pq|gz|zip|arrow|feather))+$/i;

export function readFileName(path: string): NamedSeries {
  const parts = basename(path).replace(EXTENSIONS, '').split('-');
  const at = parts.findIndex((part, index) => index > 0 && isTimeframe(part));
  const end = at > 0 ? at : parts.findIndex((part) => /^funding/i.test(part));
  const symbol = end > 0 ? parts.slice(0, end).join('-') : undefined;
  const timeframe = at > 0 ? parts[at] : undefined;
  return {
    symbol: symbol !== undefined && isSymbol(symbol) ? symbol.toUpperCase() : undefined,
    timeframe: timeframe !== undefined && isTimeframe(timeframe) ? timeframe : undefined,
  };
}

/** Letters, digits, `_ - . :` and at most 64 of them: what exchanges use. */
export function isSymbol(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/.test(text);
}

/**
 * Symbol of a file: the flag, else its name.
 * @throws SweepError IMPORT_REFUSED when neither says it, USAGE when the flag is no symbol.
 */
export function symbolOf(path: string, flag: string | undefined): string {
  if (flag !== undefined) {
    if (isSymbol(flag)) return flag.toUpperCase();
    throw new SweepError('USAGE', `--symbol "${flag}" is not a symbol`, {
      hint: 'Letters, digits, _ - . and : only, as in BTCUSDT.',
    });
  }
  const { symbol } = readFileName(path);
  if (symbol !== undefined) return symbol;
  throw new SweepError('IMPORT_REFUSED', `${path}: the file name does not say the symbol`, {
    hint: 'Pass --symbol BTCUSDT, or name the file like BTCUSDT-5m.parquet.',
  });
}

/**
 * Timeframe of a file: the flag, else its name.
 * @throws SweepError IMPORT_REFUSED when neither says it, USAGE when the flag is no timeframe.
 */
export function timeframeOf(path: string, flag: string | undefined): Timeframe {
  const known = Object.keys(TIMEFRAMES).join(', ');
  if (flag !== undefined) {
    if (isTimeframe(flag)) return flag;
    throw new SweepError('USAGE', `--timeframe "${flag}" is not known`, {
      hint: `Known: ${known}.`,
    });
  }
  const { timeframe } = readFileName(path);
  if (timeframe !== undefined) return timeframe;
  throw new SweepError('IMPORT_REFUSED', `${path}: the file name does not say the timeframe`, {
    hint: `Pass --timeframe 5m, or name the file like BTCUSDT-5m.parquet. Known: ${known}.`,
  });
}
