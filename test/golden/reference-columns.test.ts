import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/hash.ts';
import { indicator, resolveParams, sourceSeries } from '../../src/indicators/registry.ts';
import { goldenCandles } from '../support/golden-candles.ts';
import columns from './reference-columns.json' with { type: 'json' };

/**
 * Columns of the reference, printed by its program on the 1,200 candles of Appendix A with pandas_ta
 * 0.4.71b0: the first 16 digits of the SHA-256 of the doubles, little endian, one NaN, no negative
 * zero. Types whose last bits hang on a logarithm or on the machine's BLAS (fisher, alma, mfi) are not
 * among them.
 */
describe('profile trade computes the columns of the reference to the last bit', () => {
  const candles = goldenCandles(1200);

  test.each(
    columns as [string, Record<string, number>, 'close' | 'hlc3', Record<string, string>][],
  )('%s %o of %s', (type, raw, source, hashes) => {
    const { params, issues } = resolveParams(type, raw);
    expect(issues).toEqual([]);
    const inputs = { source: sourceSeries(candles, source), ...candles };
    const outputs = indicator(type).compute(inputs, params, 'trade');
    expect(Object.fromEntries(Object.entries(outputs).map(([k, v]) => [k, bits(v)]))).toEqual(
      hashes,
    );
  });
});

function bits(column: Float64Array): string {
  const plain = Float64Array.from(column, (value) =>
    Number.isNaN(value) ? Number.NaN : value + 0,
  );
  return sha256(new Uint8Array(plain.buffer)).slice(0, 16);
}
