import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { loadCard } from '../../../src/cli/card-file.ts';
import { createGrid } from '../../../src/grid/create-grid.ts';
import { resolveSweep } from '../../../src/grid/sweep.ts';

const FOLDER = 'examples/cards';
const CARDS = readdirSync(FOLDER).filter((name) => /\.ya?ml$/.test(name));

const LOADED = await Promise.all(
  CARDS.map(async (name) => ({
    name,
    parsed: await loadCard(join(FOLDER, name), { strict: true }),
  })),
);

describe.each(LOADED)('the example $name', ({ parsed }) => {
  const sweep = resolveSweep(parsed, {}, Date.UTC(2024, 0, 1));

  test('has no warning and a sweep of which every point can run', () => {
    const grid = createGrid(sweep);
    expect(parsed.warnings).toEqual([]);
    expect(grid.countAdmitted().count).toBeGreaterThan(1);
    expect(grid.countRefused()).toBe(0);
  });
});

test('the demo runs a thousand points and a year of 5m bars at least', () => {
  const text = readFileSync(join(FOLDER, 'ema-cross.yml'), 'utf8');
  const sweep = resolveSweep(parseCard(text), {}, 0);
  const { startMs, endMs } = sweep.window;
  expect(sweep.card.symbol_universe).toEqual(['DEMOUSDT']);
  expect(sweep.card.tf_configs.exec.tf).toBe('5m');
  expect((endMs - startMs) / 86_400_000).toBeGreaterThanOrEqual(365);
  expect(createGrid(sweep).countAdmitted().count).toBeGreaterThanOrEqual(1000);
});
