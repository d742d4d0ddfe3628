import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/assert.ts';
import {
  INDICATORS,
  indicator,
  outputKeys,
  resolveParams,
  sourceSeries,
} from '../../../src/indicators/registry.ts';
import { goldenCandles } from '../../support/golden-candles.ts';

/**
 * Warm-up that the reference's registry reports: without parameters (its own defaults, which differ
 * from those it runs with), and with the parameters beside it.
 */
const WARMUPS: Readonly<Record<string, [number, Record<string, unknown>, number]>> = {
  ema: [60, { length: 9 }, 27],
  sma: [20, { length: 9 }, 9],
  rsi: [15, { length: 9 }, 10],
  atr: [15, { length: 9 }, 10],
  cci: [0, { length: 9 }, 9],
  willr: [0, { length: 9 }, 9],
  roc: [0, { length: 9 }, 9],
  mom: [0, { length: 9 }, 9],
  kama: [60, { length: 9 }, 27],
  alma: [0, { length: 9 }, 9],
  wma: [0, { length: 9 }, 9],
  dema: [60, { length: 9 }, 27],
  tema: [60, { length: 9 }, 27],
  trima: [20, { length: 9 }, 9],
  zlma: [60, { length: 9 }, 27],
  natr: [15, { length: 9 }, 10],
  mfi: [0, { length: 9 }, 9],
  obv: [1, {}, 1],
  cmf: [0, { length: 9 }, 9],
  cmo: [0, { length: 9 }, 9],
  linreg: [0, { length: 9 }, 9],
  midprice: [0, { length: 9 }, 9],
  ohlc4: [1, {}, 1],
  trix: [60, { length: 9 }, 27],
  uo: [28, { fast: 40 }, 40],
  ppo: [87, { slow: 10, signal: 5 }, 35],
  macd: [87, { slow: 10, signal: 5 }, 35],
  bbands: [20, { length: 9 }, 9],
  stoch: [20, { k: 5, d: 2, smooth_k: 1 }, 8],
  stochrsi: [31, { length: 5, rsi_length: 6, k: 2, d: 4 }, 15],
  adx: [28, { length: 9 }, 18],
  aroon: [26, { length: 9 }, 10],
  kc: [61, { length: 9 }, 28],
  donchian: [20, { lower_length: 5, upper_length: 7 }, 7],
  supertrend: [11, { length: 9 }, 10],
  psar: [2, { af: 0.1 }, 2],
  squeeze: [20, { bb_length: 5, kc_length: 30 }, 30],
  vortex: [0, { length: 9 }, 9],
  dm: [0, { length: 9 }, 9],
  fisher: [9, { length: 5 }, 5],
  tsi: [51, { fast: 5, slow: 6, signal: 7 }, 18],
  kvo: [102, { fast: 5, slow: 6, signal: 7 }, 18],
};

const codes = (type: string, raw: Record<string, unknown>) =>
  resolveParams(type, raw).issues.map(({ level, code, param }) => `${level} ${code} ${param}`);

describe('the indicator registry', () => {
  it('has the 42 types of the reference', () => {
    expect([...INDICATORS.keys()].toSorted()).toEqual(Object.keys(WARMUPS).toSorted());
  });

  it('finds a type and crashes on an unknown one', () => {
    expect(indicator('ema').type).toBe('ema');
    expect(() => indicator('emma')).toThrow(AssertionError);
  });

  it.each(Object.entries(WARMUPS))('reports the reference’s warm-up of %s', (type, row) => {
    const [bare, raw, warmup] = row;
    const definition = indicator(type);
    expect([definition.reportedWarmup({}), definition.reportedWarmup(raw)]).toEqual([bare, warmup]);
  });

  it('marks trix and ppo as refused in profile trade, and nothing else', () => {
    const refused = [...INDICATORS.values()].filter(({ trade }) => trade === 'refused');
    expect(refused.map(({ type }) => type).toSorted()).toEqual(['ppo', 'trix']);
  });

  it('reads enough bars before the window for every output to have a value at its start', () => {
    for (const definition of INDICATORS.values()) {
      // Cumulative: its level means nothing, and it begins with the window.
      if (definition.type === 'obv') continue;
      for (const value of [2, 3, 10, 200]) {
        const lengths = Object.entries(definition.params).map(([name, rule]) => [
          name,
          rule.kind === 'integer' && name !== 'offset' ? value : rule.default,
        ]);
        const params = Object.fromEntries(lengths);
        const first = Math.max(...Object.values(definition.firstIndex(params)));
        expect(definition.seedBars(params)).toBeGreaterThanOrEqual(first);
      }
    }
  });

  it.each([
    ['ema', { length: 20 }, 140],
    ['sma', { length: 20 }, 20],
    ['rsi', { length: 14 }, 196],
    ['atr', { length: 14 }, 196],
    ['macd', {}, 7 * (26 + 9)],
    ['adx', { length: 14 }, 2 * 196 + 2],
    ['tema', { length: 10 }, 210],
    ['stochrsi', {}, 196 + 14 + 3 + 3],
    ['obv', {}, 0],
    ['mom', { length: 10, offset: 5 }, 15],
  ] as const)('reads %s %j from %i bars before the window in standard', (type, raw, bars) => {
    expect(indicator(type).seedBars(resolveParams(type, raw).params)).toBe(bars);
  });
});

describe('resolveParams', () => {
  it('fills in the defaults that the reference runs with', () => {
    expect(resolveParams('ema', {})).toEqual({ params: { length: 20 }, issues: [] });
    expect(resolveParams('aroon', {}).params).toEqual({ length: 14, offset: 0 });
    expect(resolveParams('squeeze', { bb_length: 10 }).params).toEqual({
      bb_length: 10,
      bb_std: 2,
      kc_length: 20,
      kc_scalar: 1.5,
      offset: 0,
    });
  });

  it('gives psar’s af0 the value of af where it is omitted', () => {
    expect(resolveParams('psar', { af: 0.05 }).params).toMatchObject({ af0: 0.05, af: 0.05 });
    expect(resolveParams('psar', { af: 0.05, af0: 0.01 }).params).toMatchObject({ af0: 0.01 });
  });

  it('warns of a parameter that the type does not have', () => {
    expect(codes('ema', { lenght: 9 })).toEqual(['warning PARAM_UNKNOWN lenght']);
    expect(codes('ema', { offset: 1 })).toEqual(['warning PARAM_UNKNOWN offset']);
    expect(codes('ema', { constructor: 1 })).toEqual(['warning PARAM_UNKNOWN constructor']);
  });

  it('refuses values of another type, fractions and numbers below the smallest', () => {
    expect(codes('ema', { length: '14' })).toEqual(['error PARAM_TYPE length']);
    expect(codes('ema', { length: null })).toEqual(['error PARAM_TYPE length']);
    expect(codes('ema', { length: true })).toEqual(['error PARAM_TYPE length']);
    expect(codes('ema', { length: Number.NaN })).toEqual(['error PARAM_TYPE length']);
    expect(codes('ema', { length: 14.5 })).toEqual(['error PARAM_FRACTIONAL length']);
    expect(codes('ema', { length: 0 })).toEqual(['error PARAM_TOO_SMALL length']);
    expect(codes('bbands', { length: 1, std: -1 })).toEqual([
      'error PARAM_TOO_SMALL length',
      'error PARAM_TOO_SMALL std',
    ]);
    expect(resolveParams('ema', { length: 0 }).params).toEqual({ length: 20 });
  });

  it('says type, parameter, rule and value in the message', () => {
    const [issue] = resolveParams('ema', { length: 0 }).issues;
    expect(issue?.message).toBe('ema.length must be at least 1, got 0');
    const [long] = resolveParams('ema', { length: 'x'.repeat(3000) }).issues;
    expect(long?.message.length).toBeLessThan(120);
  });

  it('takes a whole number written as a float', () => {
    expect(resolveParams('ema', { length: 10.0 })).toEqual({ params: { length: 10 }, issues: [] });
  });

  it('refuses macd and ppo whose fast length is not below the slow one (B5)', () => {
    expect(codes('macd', { fast: 26, slow: 12 })).toEqual(['error PARAM_ORDER ']);
    expect(codes('macd', { fast: 12, slow: 12 })).toEqual(['error PARAM_ORDER ']);
    expect(codes('ppo', { fast: 30 })).toEqual(['error PARAM_ORDER ']);
  });

  it('refuses an offset that would look ahead and ignores one that the reference ignores', () => {
    expect(codes('alma', { offset: -1 })).toEqual(['error PARAM_TOO_SMALL offset']);
    expect(codes('alma', { offset: 0.85 })).toEqual(['warning PARAM_FRACTIONAL offset']);
    expect(resolveParams('alma', { offset: 0.85 }).params['offset']).toBe(0);
  });
});

describe('outputKeys', () => {
  it('names a single output by the key alone', () => {
    const spec = { indicator_type: 'ema', output_key: 'fast', outputs: null };
    expect(outputKeys(spec)).toEqual([{ key: 'fast', output: '' }]);
  });

  it('adds the suffix of each output, and honours renames', () => {
    const spec = { indicator_type: 'stoch', output_key: 's', outputs: { d: 'slow' } };
    expect(outputKeys(spec)).toEqual([
      { key: 's_k', output: 'k' },
      { key: 'slow', output: 'd' },
    ]);
  });
});

describe('sourceSeries', () => {
  const candles = goldenCandles(50);

  it('is the price column itself', () => {
    expect(sourceSeries(candles, 'volume')).toBe(candles.volume);
  });

  it('averages three or four prices in the order of the reference', () => {
    const { open, high, low, close } = candles;
    expect(sourceSeries(candles, 'hlc3')[7]).toBe((high[7]! + low[7]! + close[7]!) / 3);
    expect(sourceSeries(candles, 'ohlc4')[7]).toBe((open[7]! + high[7]! + low[7]! + close[7]!) / 4);
  });
});

describe('offset', () => {
  it('moves every output that many bars later', () => {
    const candles = goldenCandles(60);
    const inputs = { source: candles.close, ...candles };
    const run = (offset: number) =>
      indicator('donchian').compute(inputs, resolveParams('donchian', { offset }).params, 'trade');
    const [plain, shifted] = [run(0), run(4)];
    for (const [name, column] of Object.entries(shifted)) {
      expect(Array.from(column.subarray(4))).toEqual(Array.from(plain[name]!.subarray(0, -4)));
      expect(column.subarray(0, 4).every(Number.isNaN)).toBe(true);
    }
    expect(Object.values(run(100)).every((column) => column.every(Number.isNaN))).toBe(true);
  });
});

describe('lengths beyond the input', () => {
  it.each([...INDICATORS.keys()])('%s answers with whole columns and does not throw', (type) => {
    const candles = goldenCandles(50);
    const definition = indicator(type);
    const lengths = Object.entries(definition.params).map(([name, rule]) => [
      name,
      rule.kind === 'integer' ? 1_000_000_000 : rule.default,
    ]);
    const params = { ...Object.fromEntries(lengths), ...(definition.check ? { fast: 5 } : {}) };
    const outputs = definition.compute({ source: candles.close, ...candles }, params, 'standard');
    const names = definition.outputs.length === 0 ? [''] : definition.outputs;
    expect(Object.keys(outputs).toSorted()).toEqual(names.toSorted());
    expect(Object.values(outputs).every((column) => column.length === 50)).toBe(true);
  });
});
