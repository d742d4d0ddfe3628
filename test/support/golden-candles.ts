/**
 * Deterministic candles that Python and JavaScript compute alike: two sines and a slope, rounded to
 * four decimals. The golden indicator values belong to their first 300 bars.
 */
export interface GoldenCandles {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** SHA-256 of the first 1200 rows as goldenText writes them. */
export const GOLDEN_CANDLES_SHA256 =
  '10e4a922441972351e2fae8c62fdaaec759994915caf315022375efde4ee3a5d';

export function goldenCandles(bars: number): GoldenCandles {
  const open = new Float64Array(bars);
  const high = new Float64Array(bars);
  const low = new Float64Array(bars);
  const close = new Float64Array(bars);
  const volume = new Float64Array(bars);
  for (let i = 0; i < bars; i++) {
    const last = round4(100 + 10 * Math.sin(i / 7) + 3 * Math.sin(i / 2.3) + 0.01 * i);
    const first = i === 0 ? 100 : close[i - 1]!;
    open[i] = first;
    close[i] = last;
    high[i] = round4(Math.max(first, last) + 0.5 + 0.25 * Math.abs(Math.sin(i)));
    low[i] = round4(Math.min(first, last) - 0.5 - 0.25 * Math.abs(Math.cos(i)));
    volume[i] = round4(1000 + 100 * Math.sin(i / 5));
  }
  return { open, high, low, close, volume };
}

/** Rows `open,high,low,close,volume` with four decimals, joined by line feeds. */
export function goldenText(candles: GoldenCandles): string {
  const { open, high, low, close, volume } = candles;
  return Array.from(close, (_, i) =>
    [open, high, low, close, volume].map((column) => column[i]!.toFixed(4)).join(','),
  ).join('\n');
}

function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
