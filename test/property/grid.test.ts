import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGrid } from '../../src/grid/create-grid.ts';
import type { Axis } from '../../src/grid/axis.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import { enumerateGrid } from '../reference/grid.ts';
import { sweepOf, sweepText } from '../support/card-texts.ts';

const BASE = sweepOf(sweepText());
const PATHS = ['fast.length', 'slow.length', 'rsi.length', 'macd.signal'];
const NAMES = ['a', 'b', 'c', 'd'];

/** Up to four integer axes over indicator parameters, with some values the card cannot take. */
const sweeps: fc.Arbitrary<Sweep> = fc
  .array(fc.uniqueArray(fc.integer({ min: -1, max: 9 }), { minLength: 1, maxLength: 5 }), {
    maxLength: 4,
  })
  .chain((axes) =>
    fc.record({
      axes: fc.constant(axes),
      constraints:
        axes.length === 0
          ? fc.constant([])
          : fc.array(constraintOver(NAMES.slice(0, axes.length)), { maxLength: 3 }),
    }),
  )
  .map(({ axes, constraints }) => ({
    ...BASE,
    axes: axes.map((values, n) => {
      const [key, param] = PATHS[n]!.split('.') as [string, string];
      const spec = BASE.card.tf_configs.exec.feature_specs.findIndex(
        (one) => one.output_key === key,
      );
      const path = ['tf_configs', 'exec', 'feature_specs', spec, 'params', param];
      return {
        name: NAMES[n]!,
        members: [{ column: NAMES[n]!, path, text: `exec.${PATHS[n]}` }],
        values: values.map((value) => [value]),
      };
    }),
    constraints,
  }));

function constraintOver(names: readonly string[]): fc.Arbitrary<string> {
  const name = fc.constantFrom(...names);
  const side = fc.oneof(
    name,
    fc.integer({ min: 0, max: 9 }).map(String),
    fc.tuple(name, name).map(([a, b]) => `${a} + ${b}`),
    fc.tuple(name, name).map(([a, b]) => `max(${a}, ${b}) % 4`),
  );
  const comparison = fc
    .tuple(side, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), side)
    .map((parts) => parts.join(' '));
  return fc.oneof(
    comparison,
    fc
      .tuple(comparison, fc.constantFrom('and', '||'), comparison)
      .map(([a, word, b]) => `(${a}) ${word} (${b})`),
    comparison.map((text) => `not (${text})`),
  );
}

/** The constraint as JavaScript: an evaluator that shares no code with ours. */
function slowly(text: string, params: Record<string, unknown>): boolean {
  const code = text
    .replaceAll(/\bnot\b/g, '!')
    .replaceAll(/\band\b/g, '&&')
    .replaceAll(/\bmax\b/g, 'Math.max');
  // oxlint-disable-next-line typescript/no-implied-eval -- the twin of the expression compiler, over texts made above
  return Boolean(new Function(...Object.keys(params), `return ${code}`)(...Object.values(params)));
}

test('a grid addressed by index holds exactly the enumerated product, in its order', () => {
  fc.assert(
    fc.property(sweeps, (sweep) => {
      const grid = createGrid(sweep);
      const points = enumerateGrid(sweep);
      expect(grid.size).toBe(points.length);
      points.forEach((point, index) => {
        expect(grid.indicesAt(index)).toEqual(point.indices);
        expect(grid.indexOf(point.indices)).toBe(index);
        expect(grid.params(index)).toEqual(point.params);
        expect(JSON.parse(grid.paramsJson(index))).toEqual(point.params);
        expect(grid.cardAt(index)).toEqual(point.card);
      });
    }),
    { numRuns: 100 },
  );
});

/** Axes that share a spec, a section and nothing; one moves two parameters, one sets what the card lacks. */
const manyParts: readonly Axis[] = (() => {
  const spec = (n: number, param: string): (string | number)[] => {
    return ['tf_configs', 'exec', 'feature_specs', n, 'params', param];
  };
  const alone = (name: string, path: readonly (string | number)[], values: readonly number[]) => ({
    name,
    members: [{ column: name, path, text: path.join('.') }],
    values: values.map((value) => [value]),
  });
  const specs = BASE.card.tf_configs.exec.feature_specs.map(({ output_key }) => output_key);
  const [fast, slow] = [specs.indexOf('fast'), specs.indexOf('slow')];
  const [macd, atr] = [specs.indexOf('macd'), specs.indexOf('atr')];
  return [
    {
      name: 'pair',
      members: [
        { column: 'fast', path: spec(fast, 'length'), text: 'exec.fast.length' },
        { column: 'slow', path: spec(slow, 'length'), text: 'exec.slow.length' },
      ],
      values: [2, 3, 5, 8, 13].map((value) => [value, 4 * value]),
    },
    alone('quick', spec(macd, 'fast'), [5, 6, 7, 8]),
    alone('signal', spec(macd, 'signal'), [3, 4, 5]),
    alone('atr', spec(atr, 'length'), [7, 14, 21]),
    alone('stop', ['risk_model', 'stop_loss', 'value'], [1, 2, 3]),
    alone('equity', ['account', 'starting_equity_usdt'], [1_000, 2_000, 3_000]),
  ];
})();

test('cards asked for in any order are those of the enumerated product', () => {
  const sweep = { ...BASE, axes: manyParts };
  const points = enumerateGrid(sweep);
  const grid = createGrid(sweep);
  expect(points.length).toBe(1_620);
  fc.assert(
    fc.property(fc.array(fc.nat(points.length - 1), { minLength: 1, maxLength: 40 }), (asked) => {
      for (const index of asked) expect(grid.cardAt(index)).toEqual(points[index]!.card);
    }),
    { numRuns: 100 },
  );
  const [card, other] = [grid.cardAt(0), grid.cardAt(3)];
  expect(card).toEqual(points[0]!.card);
  // The stop moved, and nothing that signals depend on.
  expect(other.risk_model).not.toEqual(card.risk_model);
  expect(other.tf_configs).toBe(card.tf_configs);
  expect(sweep.card).toEqual(BASE.card);
});

test('admitted points, their order and their count equal those of the slow evaluator', () => {
  fc.assert(
    fc.property(sweeps, (sweep) => {
      const grid = createGrid(sweep);
      const wanted = enumerateGrid(sweep).flatMap(({ params }, index) =>
        sweep.constraints.every((text) => slowly(text, params)) ? [index] : [],
      );
      const walked: number[] = [];
      for (
        let index = grid.nextAdmitted(0);
        index < grid.size;
        index = grid.nextAdmitted(index + 1)
      ) {
        walked.push(index);
      }
      expect(walked).toEqual(wanted);
      expect(grid.countAdmitted()).toEqual({ count: wanted.length, isEstimated: false });
      for (let index = 0; index < grid.size; index += 1) {
        expect(grid.admits(index)).toBe(wanted.includes(index));
      }
    }),
    { numRuns: 300 },
  );
});

test('refused points are counted without walking the grid, as walking counts them', () => {
  fc.assert(
    fc.property(sweeps, (sweep) => {
      const grid = createGrid(sweep);
      let refused = 0;
      for (let index = 0; index < grid.size; index += 1) {
        const isBad = Object.values(grid.params(index)).some((value) => Number(value) < 1);
        expect(grid.refusal(index)?.code).toBe(isBad ? 'INVALID_PARAM' : undefined);
        if (isBad && grid.admits(index)) refused += 1;
      }
      expect(grid.countRefused()).toBe(refused);
    }),
    { numRuns: 200 },
  );
});
