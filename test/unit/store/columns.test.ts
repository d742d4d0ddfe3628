import { describe, expect, it } from 'vitest';
import { axisColumns, storeAxes } from '../../../src/store/axis-columns.ts';
import { CopyEncoder } from '../../../src/store/copy.ts';
import {
  leafNameOf,
  quoteIdentifier,
  quoteLiteral,
  viewNameOf,
} from '../../../src/store/identifiers.ts';
import { newSweepId } from '../../../src/store/sweep-id.ts';
import { axis } from '../../support/stored-sweep.ts';

describe('axisColumns', () => {
  it('computes strides with the last axis fastest', () => {
    const stored = storeAxes([axis('a', [1, 2]), axis('b', [1, 2, 3]), axis('c', [1, 2, 3, 4])]);
    expect(stored.map((one) => one.stride)).toEqual([12, 4, 1]);
  });

  it.each([
    [[1, 2], 'integer'],
    [[1, 2 ** 40], 'bigint'],
    [[1, 2.5], 'double precision'],
    [[true, false], 'boolean'],
    [['1h', '4h'], 'text'],
    [[1, 'x'], 'text'],
  ])('gives %j the type %s', (values, type) => {
    expect(axisColumns(storeAxes([axis('a', values)]))[0]?.type).toBe(type);
  });

  it('gives way to a column that the view has already, and cuts long names apart', () => {
    const long = 'x'.repeat(80);
    const names = ['rank', long, `${long}y`];
    const columns = axisColumns(storeAxes(names.map((name) => axis(name, [1]))));
    const viewColumns = columns.map((one) => one.viewColumn);
    expect(viewColumns[0]).toBe('rank_2');
    expect(new Set(viewColumns).size).toBe(3);
    expect(viewColumns.every((name) => name.length <= 63)).toBe(true);
  });
});

describe('names in SQL', () => {
  it('quotes identifiers and literals so that nothing ends them', () => {
    expect(quoteIdentifier('a"b\0')).toBe('"a""b"');
    expect(quoteLiteral(`it's`)).toBe(`'it''s'`);
    expect(quoteLiteral(String.raw`a\'b`)).toBe(String.raw`E'a\\''b'`);
  });

  it('names views as unquoted SQL does', () => {
    expect(viewNameOf('EMA-cross.v2')).toBe('sweep_ema_cross_v2');
    expect(leafNameOf('0123')).toBe('results_0123');
  });
});

describe('newSweepId', () => {
  it('sorts by time', () => {
    const times = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 2 ** 43];
    const ids = times.map((time) => newSweepId(time));
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.every((id) => /^[0-9a-z]{12}$/.test(id))).toBe(true);
  });
});

describe('CopyEncoder', () => {
  it('writes the header, the fields big-endian, and the trailer', () => {
    const encoder = new CopyEncoder(16);
    encoder.startRow(5);
    encoder.int8(2 ** 40 + 5);
    encoder.float8(-1.5);
    encoder.float8(Number.NaN);
    encoder.boolean(true);
    encoder.text('µ');
    const bytes = encoder.finish().subarray(19);
    expect(bytes.toString('hex')).toBe(
      [
        '0005',
        '00000008',
        '0000010000000005',
        '00000008',
        'bff8000000000000',
        'ffffffff',
        '00000001',
        '01',
        '00000002',
        'c2b5',
        'ffff',
      ].join(''),
    );
  });

  it.each([0, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])(
    'writes %i as Node reads it back',
    (value) => {
      const encoder = new CopyEncoder();
      encoder.int8(value);
      expect(Number(encoder.take().readBigInt64BE(19 + 4))).toBe(value);
    },
  );

  it('goes on after a chunk was taken', () => {
    const encoder = new CopyEncoder();
    encoder.text('a'.repeat(100_000));
    expect(encoder.take().length).toBe(19 + 4 + 100_000);
    encoder.text('b');
    expect(encoder.finish().length).toBe(4 + 1 + 2);
  });

  it('begins anew after an end, as a new one would', () => {
    const encoder = new CopyEncoder(64);
    const first = [...encoder.finish()];
    encoder.begin();
    encoder.text('a'.repeat(100));
    encoder.finish();
    encoder.begin();
    expect([...encoder.finish()]).toEqual(first);
  });
});
