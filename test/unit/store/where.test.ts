import { describe, expect, it } from 'vitest';
import { whereToSql, type NamedColumn } from '../../../src/store/where.ts';

const COLUMNS = new Map<string, NamedColumn>([
  ['sharpe', { kind: 'number', expression: 'r."sharpe"' }],
  ['fast', { kind: 'number', expression: 'f' }],
  ['side', { kind: 'text', expression: 's' }],
  ['eligible', { kind: 'boolean', expression: 'e' }],
]);

describe('whereToSql', () => {
  it.each([
    ['sharpe >= 1', 'coalesce(r."sharpe" >= $1::double precision, false)', [1]],
    [
      'eligible and not (fast == 2)',
      '(e and (not coalesce(f = $1::double precision, false)))',
      [2],
    ],
    [
      'eligible && fast != 2 || eligible',
      '((e and coalesce(f <> $1::double precision, false)) or e)',
      [2],
    ],
    [`side == "it's"`, 'coalesce(s = $1::text, false)', [`it's`]],
    [
      'abs(-fast) / 2 > 1',
      'coalesce((abs((- f)) / nullif($1::double precision, 0)) > $2::double precision, false)',
      [2, 1],
    ],
  ])('prints %s', (text, sql, parameters) => {
    expect(whereToSql(text, COLUMNS)).toEqual({ text: sql, parameters });
  });

  it('numbers its parameters after those of the query', () => {
    expect(whereToSql('fast > 1 and fast < 9', COLUMNS, 4).text).toMatch(/\$4.*\$5/);
  });

  it('lets no letter of a value reach the SQL', () => {
    const { text, parameters } = whereToSql(`side == "'); drop table sweeps; --"`, COLUMNS);
    expect(text).toBe('coalesce(s = $1::text, false)');
    expect(parameters).toEqual([`'); drop table sweeps; --`]);
  });

  it.each([
    ['sharp > 1', 'unknown name', 'did you mean sharpe?'],
    ['sharpe', 'is no condition', 'compare two sides: total_trades >= 100'],
    ['sharpe >', 'at character', undefined],
    ['1 < fast < 3', 'works on numbers', 'write a < b and b < c, not a < b < c'],
    ['side > 1', 'works on numbers', 'write a < b and b < c, not a < b < c'],
    ['side == 1', 'works on texts', undefined],
    ['fast === 1', 'operator === is not allowed', 'write =='],
    ['fast = 1', 'at character', undefined],
    ['pg_sleep(9) > 1', 'unknown function', 'functions: abs, min, max'],
    ['fast.constructor == 1', 'is not one condition', undefined],
    ['fast > 1; drop table sweeps', 'is not one condition', undefined],
    ['fast[0] > 1', 'is not one condition', undefined],
    ['this == 1', 'is not one condition', undefined],
    ['1 +', 'at character', undefined],
  ])('refuses %s', (text, message, hint) => {
    expect(() => whereToSql(text, COLUMNS)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message), hint }),
    );
  });
});
