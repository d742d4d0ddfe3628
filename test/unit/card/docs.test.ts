import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { cardSchema } from '../../../src/card/schema.ts';
import { knownKeys } from '../../../src/card/schema-walk.ts';
import { sweepSchema } from '../../../src/card/sweep-schema.ts';
import { createGrid } from '../../../src/grid/create-grid.ts';
import { sweepOf } from '../../support/card-texts.ts';

const DOCS = readFileSync('docs/idea-card.md', 'utf8');

test('the card of docs/idea-card.md runs', () => {
  const yaml = /```yaml\n(id: demo[\s\S]*?)```/.exec(DOCS)?.[1] ?? '';
  expect(parseCard(yaml).warnings).toEqual([]);
  expect(createGrid(sweepOf(yaml)).countAdmitted().count).toBe(12);
});

test.each<[readonly (string | number)[]]>([
  [[]],
  [['account']],
  [['account', 'fee_model']],
  [['tf_configs', 'exec']],
  [['tf_configs', 'exec', 'feature_specs', 0]],
  [['tf_configs', 'exec', 'market_structure']],
  [['position_policy']],
  [['signal_rules', 'exit_rules', 0]],
  [['signal_rules', 'entry_rules', 0, 'conditions', 0]],
  [['risk_model', 'stop_loss']],
  [['risk_model', 'sizing']],
])('docs/idea-card.md names every key of %j', (path) => {
  const keys = knownKeys(cardSchema, path) ?? [];
  expect(keys.length).toBeGreaterThan(1);
  expect(keys.filter((key) => !new RegExp(`[\`.]${key}\``).test(DOCS))).toEqual([]);
});

test('docs/idea-card.md names every key of the sweep section', () => {
  const keys = Object.keys(sweepSchema.shape);
  expect(keys.filter((key) => !DOCS.includes(`| \`${key}\` |`))).toEqual([]);
});
