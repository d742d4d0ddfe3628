import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/hash.ts';
import type { IndicatorVariant } from '../../../src/indicators/definition.ts';
import { INDICATORS, indicator, resolveParams } from '../../../src/indicators/registry.ts';
import { GOLDEN_CANDLES_SHA256, goldenCandles, goldenText } from '../../support/golden-candles.ts';

/**
 * Values of the reference (pandas_ta 0.4.71b0 behind TRADE's dispatch) on 300 golden candles:
 * indicator | output | row of the first value | bar 100 | bar 299.
 */
const TABLE = `
ema(length=20) | - | 19 | 104.4658271 | 98.0691687
sma(length=20) | - | 19 | 102.7146 | 99.33767
rsi(length=14) | - | 1 | 76.19312061 | 16.61123918
atr(length=14) | - | 13 | 2.217722168 | 2.32639399
cci(length=20) | - | 19 | -963.8912443 | -1341.900774
willr(length=14) | - | 13 | -4.631600733 | -93.92760458
roc(length=10) | - | 10 | 2.532561098 | -8.012221121
mom(length=10) | - | 10 | 2.7032 | -7.8961
kama(length=10) | - | 9 | 108.2265304 | 91.70965478
alma(length=9) | - | 8 | 108.1771826 | 92.47910463
wma(length=10) | - | 9 | 108.3722636 | 93.55758364
dema(length=10) | - | 9 | 110.0164527 | 90.82968061
tema(length=10) | - | 9 | 109.7099271 | 90.24704876
trima(length=10) | - | 10 | 108.1555194 | 95.69154722
zlma(length=10) | - | 9 | 108.8677305 | 90.8168991
natr(length=14) | - | 13 | 1.896450374 | 2.504707851
mfi(length=14) | - | 14 | 70.0785188 | 7.527753145
obv() | - | 1 | 3815.331 | -13219.4354
cmf(length=20) | - | 19 | 0.2704542402 | -0.392445327
cmo(length=14) | - | 1 | 52.38624122 | -66.77752163
linreg(length=14) | - | 13 | 110.1068886 | 91.51412
midprice(length=14) | - | 13 | 103.3032 | 95.8146
ohlc4() | - | 0 | 108.9829 | 90.827075
uo(fast=7, medium=14, slow=28) | - | 27 | 59.09424111 | 30.32757519
macd(fast=12, slow=26, signal=9) | macd | 25 | 3.110845896 | -3.703114646
macd(fast=12, slow=26, signal=9) | signal | 33 | 2.517845956 | -2.664138717
macd(fast=12, slow=26, signal=9) | histogram | 33 | 0.5929999398 | -1.038975929
bbands(length=20, std=2.0) | lower | 19 | 88.47486576 | 87.32641906
bbands(length=20, std=2.0) | middle | 19 | 102.7146 | 99.33767
bbands(length=20, std=2.0) | upper | 19 | 116.9543342 | 111.3489209
bbands(length=20, std=2.0) | bandwidth | 19 | 27.72679684 | 24.18267097
bbands(length=20, std=2.0) | percent_b | 19 | 0.7361841832 | 0.1385443098
stoch(k=14, d=3, smooth_k=3) | k | 15 | 93.70792332 | 5.033921748
stoch(k=14, d=3, smooth_k=3) | d | 17 | 92.28904128 | 4.552015918
stochrsi(length=14, rsi_length=14, k=3, d=3) | k | 16 | 86.87867323 | 0
stochrsi(length=14, rsi_length=14, k=3, d=3) | d | 18 | 86.90208522 | 0
adx(length=14) | adx | 13 | 45.29002897 | 47.03896305
adx(length=14) | dmp | 13 | 30.92659678 | 7.49011417
adx(length=14) | dmn | 13 | 9.815853419 | 36.39678235
adx(length=14) | adxr | 15 | 44.88534527 | 45.57034686
aroon(length=25) | up | 25 | 100 | 16
aroon(length=25) | down | 25 | 28 | 100
aroon(length=25) | osc | 25 | 72 | -84
kc(length=20, scalar=2.0) | lower | 19 | 100.1427901 | 93.46722322
kc(length=20, scalar=2.0) | basis | 19 | 104.4658271 | 98.0691687
kc(length=20, scalar=2.0) | upper | 19 | 108.788864 | 102.6711142
donchian(lower_length=20, upper_length=20) | lower | 19 | 89.8463 | 89.9413
donchian(lower_length=20, upper_length=20) | middle | 19 | 99.95695 | 102.234
donchian(lower_length=20, upper_length=20) | upper | 19 | 110.0676 | 114.5267
supertrend(length=10, multiplier=3.0) | trend | 9 | 102.5096744 | 97.69576581
supertrend(length=10, multiplier=3.0) | direction | 10 | 1 | -1
supertrend(length=10, multiplier=3.0) | long | 9 | 102.5096744 | NaN
supertrend(length=10, multiplier=3.0) | short | 21 | NaN | 97.69576581
psar(af0=0.02, af=0.02, max_af=0.2) | long | 2 | 106.7970034 | NaN
psar(af0=0.02, af=0.02, max_af=0.2) | short | 1 | NaN | 94.88561296
psar(af0=0.02, af=0.02, max_af=0.2) | af | 0 | 0.2 | 0.2
psar(af0=0.02, af=0.02, max_af=0.2) | reversal | 0 | 0 | 0
squeeze(bb_length=20, bb_std=2.0, kc_length=20, kc_scalar=1.5) | sqz | 17 | 11.84671667 | -9.656433333
squeeze(bb_length=20, bb_std=2.0, kc_length=20, kc_scalar=1.5) | on | 0 | 0 | 0
squeeze(bb_length=20, bb_std=2.0, kc_length=20, kc_scalar=1.5) | off | 0 | 1 | 1
squeeze(bb_length=20, bb_std=2.0, kc_length=20, kc_scalar=1.5) | no_sqz | 0 | 0 | 0
vortex(length=14) | vip | 14 | 1.418977648 | 0.6362759585
vortex(length=14) | vim | 14 | 0.629282292 | 1.415801239
dm(length=14) | dmp | 1 | 0.6859008081 | 0.1742495659
dm(length=14) | dmn | 1 | 0.2176994074 | 0.846732557
fisher(length=9) | fisher | 8 | 1.791666991 | -7.507780978
fisher(length=9) | signal | 9 | 1.727919724 | -7.415159621
tsi(fast=13, slow=25, signal=13) | tsi | 24 | 43.22474759 | -49.74999107
tsi(fast=13, slow=25, signal=13) | signal | 24 | 25.2557976 | -27.22852626
kvo(fast=34, slow=55, signal=13) | kvo | 55 | 66.48928406 | -188.1049361
kvo(fast=34, slow=55, signal=13) | signal | 67 | 40.14537314 | -130.1301955
`;

/** Columns whose `standard` formula differs from the reference's. */
const TRADE_ONLY = new Set(['cci']);

interface GoldenRow {
  readonly text: string;
  readonly type: string;
  readonly params: Readonly<Record<string, number>>;
  readonly output: string;
  readonly first: number;
  readonly values: readonly [number, number];
}

function parseRow(line: string): GoldenRow {
  const [call = '', output = '', first, at100, at299] = line.split(' | ');
  const [, type = '', args = ''] = /^(\w+)\((.*)\)$/u.exec(call) ?? [];
  const pairs = args === '' ? [] : args.split(', ').map((pair) => pair.split('='));
  return {
    text: `${call} ${output}`,
    type,
    params: Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])),
    output: output === '-' ? '' : output,
    first: Number(first),
    values: [Number(at100), Number(at299)],
  };
}

const ROWS = TABLE.trim().split('\n').map(parseRow);
const BARS = [100, 299] as const;
const candles = goldenCandles(300);

function column(row: GoldenRow, variant: IndicatorVariant): Float64Array {
  const { params, issues } = resolveParams(row.type, row.params);
  expect(issues).toEqual([]);
  const inputs = { source: candles.close, ...candles };
  const series = indicator(row.type).compute(inputs, params, variant)[row.output];
  if (!series) throw new Error(`no output ${row.output}`);
  return series;
}

/** Ten significant digits are published. */
function agrees(actual: number, expected: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  return Math.abs(actual - expected) <= 1e-8 * Math.abs(expected);
}

describe('golden indicator values', () => {
  it('uses candles whose text has the published hash', () => {
    expect(sha256(goldenText(goldenCandles(1200)))).toBe(GOLDEN_CANDLES_SHA256);
    expect([0, 100, 299].map((bar) => candles.close[bar])).toEqual([100, 109.441, 90.6546]);
  });

  it('has a row for every output of every type that the reference computes', () => {
    const wanted = [...INDICATORS.values()]
      .filter((definition) => definition.trade === 'supported')
      .flatMap(({ type, outputs }) =>
        (outputs.length === 0 ? [''] : outputs).map((output) => `${type} ${output}`),
      );
    const present = ROWS.map((row) => `${row.type} ${row.output}`);
    expect(present.toSorted()).toEqual(wanted.toSorted());
  });

  for (const variant of ['trade', 'standard'] as const) {
    const rows = ROWS.filter((row) => variant === 'trade' || !TRADE_ONLY.has(row.type));
    it.each(rows)(`${variant}: $text`, (row) => {
      const series = column(row, variant);
      expect(series.findIndex((value) => !Number.isNaN(value))).toBe(row.first);
      const found = BARS.map((bar) => series[bar]!);
      expect(found.map((value, k) => agrees(value, row.values[k]!))).toEqual([true, true]);
    });
  }
});
