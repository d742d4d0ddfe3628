import type { Candles } from '../../../src/candles/query.ts';

/** One candle as plain values; what the columns of `Candles` hold, row by row. */
export interface CandleRow {
  readonly tsOpen: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export function rowsOf(candles: Candles): CandleRow[] {
  return Array.from({ length: candles.length }, (_, i) => ({
    tsOpen: candles.tsOpen[i] as number,
    open: candles.open[i] as number,
    high: candles.high[i] as number,
    low: candles.low[i] as number,
    close: candles.close[i] as number,
    volume: candles.volume[i] as number,
  }));
}

/**
 * The slow, obvious twin of `aggregateCandles`: groups rows by the bucket that holds them and keeps
 * the full groups. Volumes must be whole thousandths: their sum is exact as integers.
 */
export function aggregateRows(
  rows: readonly CandleRow[],
  { bucketOf, barsPerBucket }: { bucketOf: (ms: number) => number; barsPerBucket: number },
): CandleRow[] {
  const buckets = Map.groupBy(rows, (row) => bucketOf(row.tsOpen));
  return [...buckets]
    .filter(([, group]) => group.length === barsPerBucket)
    .map(([tsOpen, group]) => ({
      tsOpen,
      open: group[0]?.open ?? Number.NaN,
      high: Math.max(...group.map((row) => row.high)),
      low: Math.min(...group.map((row) => row.low)),
      close: group.at(-1)?.close ?? Number.NaN,
      volume: group.reduce((sum, row) => sum + Math.round(row.volume * 1000), 0) / 1000,
    }));
}
