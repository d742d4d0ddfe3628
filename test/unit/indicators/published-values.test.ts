import { describe, expect, it } from 'vitest';
import { indicator, resolveParams } from '../../../src/indicators/registry.ts';

/**
 * Worked examples published by others, entered by hand. Source: StockCharts.com ChartSchool,
 * spreadsheets "Moving Averages" (INTC, 2010), "RSI" (QQQQ, 2009/10) and "Average True Range" (QQQQ,
 * 2010), rounded there to two decimals.
 */
const INTC = [
  22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43, 22.24, 22.29, 22.15, 22.39, 22.38, 22.61,
  23.36, 24.05, 23.75, 23.83, 23.95, 23.63, 23.82, 23.87, 23.65, 23.19, 23.1, 23.33, 22.68, 23.1,
  22.4, 22.17,
];
const INTC_SMA_10 = [
  22.22, 22.21, 22.23, 22.26, 22.31, 22.42, 22.61, 22.77, 22.91, 23.08, 23.21, 23.38, 23.53, 23.65,
  23.71, 23.69, 23.61, 23.51, 23.43, 23.28, 23.13,
];
const INTC_EMA_10 = [
  22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.8, 22.97, 23.13, 23.28, 23.34, 23.43, 23.51, 23.54,
  23.47, 23.4, 23.39, 23.26, 23.23, 23.08, 22.92,
];

const QQQQ = [
  44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
  46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521,
  45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
];
/** The 14-day RSI from the 15th close on. */
const QQQQ_RSI_14 = [
  70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46,
  41.87, 45.46, 37.3, 33.08, 37.77,
];

/** High, low, close. */
const QQQQ_BARS = [
  [48.7, 47.79, 48.16],
  [48.72, 48.14, 48.61],
  [48.9, 48.39, 48.75],
  [48.87, 48.37, 48.63],
  [48.82, 48.24, 48.74],
  [49.05, 48.64, 49.03],
  [49.2, 48.94, 49.07],
  [49.35, 48.86, 49.32],
  [49.92, 49.5, 49.91],
  [50.19, 49.87, 50.13],
  [50.12, 49.2, 49.53],
  [49.66, 48.9, 49.5],
  [49.88, 49.43, 49.75],
  [50.19, 49.73, 50.03],
  [50.36, 49.26, 50.31],
  [50.57, 50.09, 50.52],
  [50.65, 50.3, 50.41],
  [50.43, 49.21, 49.34],
  [49.63, 48.98, 49.37],
  [50.33, 49.61, 50.23],
  [50.29, 49.2, 49.24],
  [50.17, 49.43, 49.93],
  [49.32, 48.08, 48.43],
  [48.5, 47.64, 48.18],
  [48.32, 41.55, 46.57],
  [46.8, 44.28, 45.41],
  [47.8, 47.31, 47.77],
  [48.39, 47.2, 47.72],
  [48.66, 47.9, 48.62],
  [48.79, 47.73, 47.85],
];
const QQQQ_ATR_14 = [
  0.56, 0.59, 0.59, 0.57, 0.62, 0.62, 0.64, 0.67, 0.69, 0.78, 0.78, 1.21, 1.3, 1.38, 1.37, 1.34,
  1.32,
];

function run(type: string, length: number, close: readonly number[], bars = QQQQ_BARS): number[] {
  const source = Float64Array.from(close);
  const inputs = {
    source,
    open: source,
    high: Float64Array.from(bars, (bar) => bar[0]!),
    low: Float64Array.from(bars, (bar) => bar[1]!),
    close: source,
    volume: source,
  };
  const { params } = resolveParams(type, { length });
  return Array.from(indicator(type).compute(inputs, params, 'standard')['']!);
}

/** Their inputs were rounded to two decimals as well when they were printed. */
const PRINTED = 0.01;

function farApart(values: readonly number[], published: readonly number[]): string[] {
  expect(values).toHaveLength(published.length);
  return values.flatMap((value, i) =>
    Math.abs(value - published[i]!) <= PRINTED ? [] : [`${i}: ${value}, published ${published[i]}`],
  );
}

describe('published indicator values', () => {
  it('sma(10) is that of the moving average spreadsheet', () => {
    expect(farApart(run('sma', 10, INTC).slice(9), INTC_SMA_10)).toEqual([]);
  });

  it('ema(10) is that of the moving average spreadsheet', () => {
    expect(farApart(run('ema', 10, INTC).slice(9), INTC_EMA_10)).toEqual([]);
  });

  it('rsi(14) is that of the RSI spreadsheet once both have the same seed', () => {
    // The spreadsheet begins with plain means of 14 gains and losses, ours with the first change.
    // Two made-up changes bring our averages to those means: g·14/13 up, then b·14 down.
    const changes = QQQQ.slice(1).map((close, i) => close - QQQQ[i]!);
    const seed = changes.slice(0, 14);
    const gain = seed.reduce((sum, change) => sum + Math.max(change, 0), 0) / 14;
    const loss = seed.reduce((sum, change) => sum + Math.max(-change, 0), 0) / 14;
    const start = QQQQ[14]!;
    const prefix = [start + 14 * loss - (gain * 14) / 13, start + 14 * loss];
    const values = run('rsi', 14, [...prefix, ...QQQQ.slice(14)]).slice(2);
    expect(farApart(values, QQQQ_RSI_14)).toEqual([]);
  });

  it('atr(14) is that of the ATR spreadsheet', () => {
    const close = QQQQ_BARS.map((bar) => bar[2]!);
    expect(farApart(run('atr', 14, close).slice(13), QQQQ_ATR_14)).toEqual([]);
  });
});
