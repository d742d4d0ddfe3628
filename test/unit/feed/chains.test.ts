import { describe, expect, test } from 'vitest';
import { checkForTrade } from '../../../src/card/check.ts';
import { inspectCard, parseCard } from '../../../src/card/parse.ts';
import { cardWarnings } from '../../../src/card/warn.ts';
import { buildFeatureFrame, storeOfFrame } from '../../../src/feed/feature-frame.ts';
import { seriesOf } from '../../../src/feed/series.ts';
import { indicator, sourceSeries } from '../../../src/indicators/registry.ts';
import { runCard } from '../../support/backtests.ts';
import {
  axis,
  candlesOf,
  libraryOf,
  paramPath,
  plannedCandles,
  plansOf,
  sameBits,
  sweepOf,
} from '../../support/feeds.ts';

/** `smooth` is an ema of an rsi of an sma; `band` takes one of macd's outputs. */
const CARD = `
id: chain
version: '1'
account: { starting_equity_usdt: 10000, max_leverage: 3, min_trade_notional_usdt: 10,
           slippage_bps: 2, fee_model: { taker_bps: 6 } }
symbol_universe: [BTCUSDT]
tf_configs:
  exec:
    tf: 5m
    role: exec
    feature_specs:
      - { indicator_type: ema, output_key: smooth, params: { length: 5 }, input_source: indicator, input_indicator_key: strength }
      - { indicator_type: rsi, output_key: strength, params: { length: 14 }, input_source: indicator, input_indicator_key: mean }
      - { indicator_type: sma, output_key: mean, params: { length: 9 } }
      - { indicator_type: macd, output_key: macd, params: { fast: 12, slow: 26, signal: 9 }, outputs: { histogram: hist } }
      - { indicator_type: cci, output_key: band, params: { length: 20 }, input_source: indicator, input_indicator_key: hist }
position_policy: { mode: long_only }
signal_rules:
  entry_rules:
    - direction: long
      conditions:
        - { indicator_key: smooth, operator: cross_above, value: 50 }
        - { indicator_key: band, operator: gt, value: -1e9 }
  exit_rules:
    - direction: long
      conditions: [{ indicator_key: smooth, operator: cross_below, value: 50 }]
`;
const CANDLES = [candlesOf({ timeframe: '5m', bars: 20 * 288 })];
const SMOOTH = 'ema(length=5):[rsi(length=14):[sma(length=9):close]]';

describe('indicators of indicators', () => {
  const sweep = sweepOf(CARD);
  const specs = sweep.card.tf_configs.exec.feature_specs;

  test('are named by the whole chain, and warm up for all of it', () => {
    const series = seriesOf(specs[0]!, specs);
    expect(series?.id).toBe(SMOOTH);
    const parts: [string, number][] = [
      ['ema', 5],
      ['rsi', 14],
      ['sma', 9],
    ];
    const bars = parts.map(([type, length]) => indicator(type).seedBars({ length }));
    expect(series?.seedBars).toBe(bars.reduce((sum, each) => sum + each));
    expect(seriesOf(specs[4]!, specs)?.id).toMatch(/^cci\(.*\):\[macd\(.*\):close\.histogram\]$/);
  });

  test('equal their formulas, one on top of the other, from the source’s first value on', () => {
    const [plan] = plansOf(sweep, CANDLES);
    const candles = plannedCandles(plan!, CANDLES);
    const store = storeOfFrame(buildFeatureFrame(plan!, candles));
    const { first_row: firstRow, first_valid: firstValid } = store.columnMeta(SMOOTH);
    const tail = (column: Float64Array, from: number) => column.subarray(from);
    // By hand: each formula over the values of the one below, its empty rows cut off.
    let values = sourceSeries(candles, 'close').subarray(firstRow);
    let skipped = firstRow;
    for (const [type, length] of [
      ['sma', 9],
      ['rsi', 14],
      ['ema', 5],
    ] as const) {
      const inputs = {
        open: tail(candles.open, skipped),
        high: tail(candles.high, skipped),
        low: tail(candles.low, skipped),
        close: tail(candles.close, skipped),
        volume: tail(candles.volume, skipped),
        source: values,
      };
      const made = indicator(type).compute(inputs, { length }, 'standard')['']!;
      const empty = made.findIndex((value) => !Number.isNaN(value));
      values = made.subarray(empty);
      skipped += empty;
    }
    expect(firstValid).toBe(skipped);
    const column = store.column(SMOOTH) as Float64Array;
    expect(sameBits(column.slice(skipped), values.slice())).toBe(true);
    expect(column.subarray(0, skipped).every(Number.isNaN)).toBe(true);
  });

  test('can be traded', () => {
    const { result } = runCard({ cardText: CARD, candles: CANDLES });
    expect(result.trades.count).toBeGreaterThan(5);
  });

  test('follow axes over any part of the chain, and each point has the column of its own chain', () => {
    const swept = sweepOf(CARD, {
      axes: [
        axis('mean', paramPath('exec', 2, 'length'), [5, 9]),
        axis('smooth', paramPath('exec', 0, 'length'), [3, 5]),
        axis(
          'source',
          ['tf_configs', 'exec', 'feature_specs', 0, 'input_indicator_key'],
          ['strength', 'mean', 'hist'],
        ),
      ],
    });
    const library = libraryOf(swept, CANDLES);
    const seen = new Set<string>();
    for (const mean of [5, 9]) {
      for (const source of ['strength', 'mean', 'hist']) {
        const own = CARD.replace(
          'key: mean, params: { length: 9 }',
          `key: mean, params: { length: ${mean} }`,
        ).replace('input_indicator_key: strength', `input_indicator_key: ${source}`);
        const alone = libraryOf(sweepOf(own), CANDLES).bind(sweepOf(own).card);
        const together = library.bind(sweepOf(own).card);
        const values = [alone, together].map((feeds) => {
          const column = feeds.exec.indicators.get('smooth') as Float64Array;
          return column.slice(feeds.windowStartBar, feeds.endBar);
        });
        expect(sameBits(values[0], values[1])).toBe(true);
        seen.add(values[0]!.join());
      }
    }
    // hist does not read the mean.
    expect(seen.size).toBe(5);
  });

  test('count as used where only an indicator on top of them is read', () => {
    const unused = CARD.replace(
      '{ indicator_key: band, operator: gt, value: -1e9 }',
      '{ indicator_key: close, operator: gt, value: 0 }',
    );
    const keys = (text: string) =>
      cardWarnings(parseCard(text).card, 'standard')
        .filter(({ code }) => code === 'UNUSED_FEATURE')
        .map(({ path }) => path[3]);
    expect(keys(CARD)).toEqual([]);
    expect(keys(unused)).toEqual([3, 4]);
  });

  test('may stand eight high, not nine', () => {
    const tower = (height: number) =>
      Array.from({ length: height }, (_, n) => {
        const source = n === 0 ? '' : `, input_source: indicator, input_indicator_key: t${n - 1}`;
        return `      - { indicator_type: ema, output_key: t${n}${source} }\n`;
      }).join('');
    const codes = (height: number) =>
      inspectCard(CARD.replace('position_policy', `${tower(height)}position_policy`)).issues.map(
        ({ code }) => code,
      );
    expect(codes(8)).toEqual([]);
    expect(codes(9)).toEqual(['INDICATOR_CHAIN']);
  });

  test('are refused by profile trade (B7)', () => {
    const { card } = parseCard(CARD);
    const refused = checkForTrade(card).filter(({ path }) => path.at(-1) === 'input_source');
    expect(refused.map(({ path, code }) => [path[3], code])).toEqual([
      [0, 'TRADE_REFUSED'],
      [1, 'TRADE_REFUSED'],
      [4, 'TRADE_REFUSED'],
    ]);
  });
});
