import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseCard } from '../../src/card/parse.ts';
import { SweepError } from '../../src/errors.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import { resolveSweep } from '../../src/grid/sweep.ts';
import { findTraps } from '../../src/grid/traps.ts';
import { CARD_TEXT } from '../support/card-texts.ts';
import { cpuMs } from '../support/cpu-time.ts';

/** Runs of each property; set CARD_FUZZ_RUNS for a longer search. */
const RUNS = Number(process.env['CARD_FUZZ_RUNS'] ?? 500);
const TIME_MS_MAX = 1000;

const CARDS = [
  CARD_TEXT,
  ...readdirSync('examples/cards')
    .filter((name) => name.endsWith('.yml'))
    .map((name) => readFileSync(`examples/cards/${name}`, 'utf8')),
];

/** What the text becomes: a sweep, or the codes of its issues. Anything else that is thrown fails the test. */
function outcome(text: string): string[] {
  const started = cpuMs();
  try {
    const parsed = parseCard(text);
    const sweep = resolveSweep(parsed, { fallbackWindow: { startMs: 0, endMs: 1 } }, 0);
    const grid = createGrid(sweep);
    for (const index of [0, Math.floor(grid.size / 2), grid.size - 1]) {
      grid.cardAt(index);
      grid.refusal(index);
    }
    grid.countAdmitted();
    findTraps(sweep, grid);
    JSON.stringify(sweep);
    return [];
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    return error.issues.length === 0 ? [error.code] : error.issues.map((issue) => issue.code);
  } finally {
    expect(cpuMs() - started).toBeLessThan(TIME_MS_MAX);
  }
}

const ODD_TEXTS = [
  'null',
  '~',
  'on',
  '1e5',
  '1e308',
  '-1e999',
  '.nan',
  '.inf',
  '0x7fffffffffffffff',
  '9'.repeat(400),
  '-0',
  '""',
  "''",
  '[]',
  '{}',
  '[[[[[]]]]]',
  '{a: {a: {a: {}}}}',
  '&a [*a]',
  '*a',
  '&x 5',
  '<<: *x',
  '!!binary aGk=',
  '!!js/function x',
  '!!int "5"',
  '|',
  '>-',
  '? a',
  '- - - -',
  '__proto__',
  'constructor',
  'toString',
  '%YAML 1.1',
  '---',
  '...',
  '\t',
  '\u2028',
  '\uFEFF',
  '💥',
  'é'.repeat(300),
  '{{ x }}',
  '${x}',
  '`rm`',
  '#',
  ': ',
  ',',
  ']',
  '}',
];

/** A place in the card as a fraction; integers, because doubles crowd at the ends. */
const place = fc.integer({ min: 0, max: 999_999 }).map((n) => n / 1e6);

const textEdit = fc.record({
  at: place,
  kind: fc.constantFrom('delete', 'insert', 'replace', 'line', 'swap', 'repeat', 'cut'),
  text: fc.oneof(
    fc.constantFrom(...ODD_TEXTS),
    fc.string({ maxLength: 12 }),
    fc.integer().map(String),
  ),
  length: fc.nat(40),
});

function editText(
  text: string,
  edit: { at: number; kind: string; text: string; length: number },
): string {
  const at = Math.floor(edit.at * text.length);
  const end = Math.min(text.length, at + edit.length);
  const lines = text.split('\n');
  const n = Math.floor(edit.at * lines.length);
  switch (edit.kind) {
    case 'delete':
      return text.slice(0, at) + text.slice(end);
    case 'insert':
      return text.slice(0, at) + edit.text + text.slice(at);
    case 'replace':
      return text.slice(0, at) + edit.text + text.slice(end);
    case 'line':
      return lines.toSpliced(n, 1).join('\n');
    case 'swap':
      return lines.with(n, lines[edit.length % lines.length] ?? '').join('\n');
    case 'repeat':
      return lines.toSpliced(n, 0, ...lines.slice(n, n + edit.length)).join('\n');
    default:
      return text.slice(0, at);
  }
}

test('a card mutated as text is accepted or refused with issues, within a second', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(...CARDS),
      fc.array(textEdit, { minLength: 1, maxLength: 5 }),
      (card, edits) => {
        outcome(edits.reduce(editText, card)).forEach((code) => seen.add(code));
      },
    ),
    { numRuns: RUNS },
  );
  // The search reaches the rules of cards, not only the YAML parser.
  expect(seen.size).toBeGreaterThan(10);
});

type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };

const { tree: oddTree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Tree[]>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e308,
      Number.MAX_SAFE_INTEGER,
      '',
      'ema',
      'close',
      'long',
      'exec',
      '5m',
      'fast',
    ),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('path', 'values', 'length', 'type', 'value', 'range', 'x'),
      tie('tree'),
      { maxKeys: 3 },
    ),
  ) as fc.Arbitrary<Tree>,
}));

function countNodes(node: Tree): number {
  if (typeof node !== 'object' || node === null) return 1;
  return Object.values(node).reduce<number>((sum, child) => sum + countNodes(child), 1);
}

/** Replaces, removes or adds the n-th value of the tree in depth-first order. */
function editTree(root: Tree, edit: { at: number; kind: string; tree: Tree }): Tree {
  let left = 1 + Math.floor(edit.at * countNodes(root));
  const visit = (node: Tree): Tree => {
    left -= 1;
    if (left === 0) return edit.tree;
    if (Array.isArray(node)) {
      const items = node.map(visit);
      return edit.kind === 'double'
        ? items.flatMap((item) => (left < 0 ? [item] : [item, item]))
        : items;
    }
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).map(([key, value]): [string, Tree] => [key, visit(value)]);
    return Object.fromEntries(
      edit.kind === 'drop' && left > 0 && left < 3 ? entries.slice(1) : entries,
    );
  };
  return visit(root);
}

test('a card mutated as a tree is accepted or refused with issues, within a second', () => {
  const seen = new Set<string>();
  const edit = fc.record({
    at: place,
    kind: fc.constantFrom('set', 'drop', 'double'),
    tree: oddTree,
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...CARDS),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (card, edits) => {
        const mutated = edits.reduce(editTree, parse(card) as Tree);
        outcome(stringify(mutated)).forEach((code) => seen.add(code));
      },
    ),
    { numRuns: RUNS },
  );
  expect(seen.size).toBeGreaterThan(10);
});
