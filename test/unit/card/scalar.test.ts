import { describe, expect, test } from 'vitest';
import { resolveScalar } from '../../../src/card/scalar.ts';

describe('the card dialect reads plain scalars as PyYAML does', () => {
  test.each<[string, unknown]>([
    ['on', true],
    ['Yes', true],
    ['OFF', false],
    ['no', false],
    ['y', 'y'],
    ['oN', 'oN'],
    ['1e5', '1e5'],
    ['1e-5', '1e-5'],
    ['1.0e5', '1.0e5'],
    ['1.0e+5', 100_000],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['-.5', '-.5'],
    ['010', 8],
    ['-010', -8],
    ['08', '08'],
    ['0o10', '0o10'],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['1_000.5', 1000.5],
    ['1:30', 90],
    ['-1:30', -90],
    ['1:30.5', 90.5],
    ['0:30', '0:30'],
    ['+12', 12],
    ['~', null],
    ['', null],
    ['NULL', null],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['.nan', Number.NaN],
    ['2023-01-01', '2023-01-01'],
    ['=', '='],
  ])('%s is %s', (text, value) => {
    expect(resolveScalar(text, 'pyyaml')).toEqual(value);
  });
});

describe('the sweep section is read in the YAML 1.2 core schema', () => {
  test.each<[string, unknown]>([
    ['on', 'on'],
    ['true', true],
    ['1e5', 100_000],
    ['1e-5', 0.00001],
    ['010', 10],
    ['0o10', 8],
    ['0x1F', 31],
    ['1_000', '1_000'],
    ['1:30', '1:30'],
    ['-.5', -0.5],
    ['5.', 5],
    ['null', null],
  ])('%s is %s', (text, value) => {
    expect(resolveScalar(text, 'core')).toEqual(value);
  });
});
