import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition, IndicatorVariant } from '../../../src/indicators/definition.ts';
import { INDICATORS, resolveParams } from '../../../src/indicators/registry.ts';
import { TWINS } from '../../reference/indicators/twins.ts';
import { goldenCandles } from '../../support/golden-candles.ts';
import { roughCandles, seededRandom } from '../../support/random-candles.ts';

/**
 * Where kernel and twin add in another order: largest difference allowed, relative to the larger of
 * the values and 1. Everything else is equal bit for bit.
 * linreg: slope about the middle against sums about zero. bbands, squeeze in `trade`: pandas' online
 * variance against two passes; percent_b divides by a range that may be small.
 */
const TOLERANCES: Readonly<Record<string, number>> = {
  'linreg standard': 1e-11,
  'linreg trade': 1e-11,
  'bbands trade': 1e-6,
};

const VARIANTS: readonly IndicatorVariant[] = ['standard', 'trade'];
const BAR_COUNTS = [0, 1, 2, 3, 7, 20, 90, 250];
/** Seeds per type and variant are eight times this; TWIN_ROUNDS=150 makes 100,000 comparisons. */
const ROUNDS = Number(process.env['TWIN_ROUNDS'] ?? 12);

function randomParams(
  definition: IndicatorDefinition,
  random: () => number,
): Record<string, number> {
  for (;;) {
    const params: Record<string, number> = {};
    for (const [name, rule] of Object.entries(definition.params)) {
      const value = name === 'offset' ? 0 : (rule.min ?? 0) + random() * (random() < 0.5 ? 4 : 30);
      params[name] = rule.kind === 'integer' ? Math.floor(value) : 0.01 + value / 10;
    }
    if (!definition.check?.(params)) return params;
  }
}

/** The first difference, in words; undefined when equal. */
function difference(
  fast: Float64Array,
  slow: readonly number[],
  tolerance: number,
): string | undefined {
  if (fast.length !== slow.length) return `length ${fast.length}, twin ${slow.length}`;
  for (let row = 0; row < fast.length; row++) {
    const [a, b] = [fast[row]!, slow[row]!];
    // A sign of zero is no difference: no rule and no metric can see it.
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const scale = Math.max(1, Math.abs(a), Math.abs(b));
    if (!(Math.abs(a - b) <= tolerance * scale)) return `row ${row}: ${a}, twin ${b}`;
  }
  return undefined;
}

function compareOnce(
  definition: IndicatorDefinition,
  variant: IndicatorVariant,
  seed: number,
): string[] {
  const random = seededRandom(seed);
  const bars = BAR_COUNTS[seed % BAR_COUNTS.length]!;
  const candles = seed % 3 === 0 ? goldenCandles(bars) : roughCandles(bars, seed);
  const source = random() < 0.7 ? candles.close : candles.open;
  const params = randomParams(definition, random);
  const fast = definition.compute({ source, ...candles }, params, variant);
  const plain = Object.fromEntries(
    Object.entries({ source, ...candles }).map(([name, column]) => [name, Array.from(column)]),
  );
  const slow = TWINS[definition.type]!(plain as never, params, variant);
  const tolerance = TOLERANCES[`${definition.type} ${variant}`] ?? 0;
  const names = definition.outputs.length === 0 ? [''] : definition.outputs;
  return names.flatMap((name) => {
    const text = difference(fast[name]!, slow[name]!, tolerance);
    return text === undefined ? [] : [`${name} seed ${seed} ${JSON.stringify(params)} ${text}`];
  });
}

describe('indicator twins', () => {
  it('exist for every registered type', () => {
    expect(Object.keys(TWINS).toSorted()).toEqual([...INDICATORS.keys()].toSorted());
  });

  for (const definition of INDICATORS.values()) {
    it.each(VARIANTS)(`${definition.type} equals its slow twin in %s`, (variant) => {
      const seeds = Array.from({ length: ROUNDS * BAR_COUNTS.length }, (_, k) => k + 1);
      expect(seeds.flatMap((seed) => compareOnce(definition, variant, seed))).toEqual([]);
    });

    it(`${definition.type} has its first values where firstIndex says`, () => {
      const { params } = resolveParams(definition.type, {});
      const candles = goldenCandles(300);
      const outputs = definition.compute({ source: candles.close, ...candles }, params, 'standard');
      const rows = definition.firstIndex(params);
      expect(Object.keys(rows).toSorted()).toEqual(Object.keys(outputs).toSorted());
      for (const [name, column] of Object.entries(outputs)) {
        const first = column.findIndex((value) => !Number.isNaN(value));
        const isSide = ['long', 'short'].includes(name);
        expect(isSide ? first >= rows[name]! : first === rows[name]).toBe(true);
      }
    });
  }
});
