import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadSweep } from '../../../src/cli/card-file.ts';
import { exitCodeOf } from '../../../src/errors.ts';
import { bundleStrategy, isStrategyProblem } from '../../../src/executor/bundle-strategy.ts';
import { loadStrategy } from '../../../src/executor/load-strategy.ts';
import type { StrategyView } from '../../../src/engine/user-strategy.ts';
import { CardFolder } from '../../support/cli.ts';
import { crossCard } from '../../support/cards.ts';
import { CROSS_STRATEGY, StrategyFolder, withoutRules } from '../../support/strategies.ts';

const NO_VIEW = {} as StrategyView;

describe('bundling a strategy', () => {
  test('takes along what the file imports, and gives equal code an equal hash in any folder', async () => {
    using here = new StrategyFolder();
    using there = new StrategyFolder();
    const codes = [];
    for (const folder of [here, there]) {
      folder.write('answer.ts', `  export const answer: string = 'long';`);
      codes.push(
        await folder.bundle(`  import { answer } from './answer.ts';
          export default (): string => answer;`),
      );
    }
    const [one, other] = codes;
    expect(one?.hash).toBe(other?.hash);
    const make = await loadStrategy(one!);
    expect(make()(NO_VIEW)).toBe('long');
  });

  test('gives every run a module of its own, so that no point can tell the next anything', async () => {
    using folder = new StrategyFolder();
    const code = await folder.bundle(`  let calls = 0;
      export default () => (calls++ === 0 ? 'long' : 'exit');`);
    const make = await loadStrategy(code);
    const [first, second] = [make(), make()];
    expect([first(NO_VIEW), first(NO_VIEW), second(NO_VIEW)]).toEqual(['long', 'exit', 'long']);
  });

  test.each([
    [
      'STRATEGY_SYNTAX',
      `  export default () => {\n  const x = ;\n};`,
      /^strategy\.ts:2:13 {2}Unexpected/,
    ],
    ['STRATEGY_INVALID', `  export const decide = () => null;`, /no default export/],
    ['STRATEGY_INVALID', `  export default 5;`, /the default export is a number, not a function/],
    ['STRATEGY_INVALID', `  throw new Error('no luck'); export default () => null;`, /: no luck/],
    ['STRATEGY_IMPORT', `  import fs from 'node:fs'; export default () => fs;`, /imports node:fs/],
    [
      'STRATEGY_IMPORT',
      `  import x from 'not-there'; export default () => x;`,
      /imports not-there/,
    ],
  ])('refuses with %s: %s', async (code, text, message) => {
    using folder = new StrategyFolder();
    const result = await bundleStrategy(folder.write('strategy.ts', text), folder.path);
    if (!isStrategyProblem(result)) throw new Error(`bundled: ${result.code}`);
    expect(result).toMatchObject({ code });
    expect(result.message).toMatch(message);
  });
});

test('the strategy of docs/strategies.md is one', async () => {
  using folder = new StrategyFolder();
  const docs = readFileSync('docs/strategies.md', 'utf8');
  const text = /```ts\n([\s\S]*?)```/.exec(docs)?.[1] ?? '';
  expect((await folder.bundle(text)).code).toContain('ema_slow');
});

describe('a card with a strategy', () => {
  const WINDOW = '  window: { start: 2023-03-01, end: 2023-03-08 }\n';

  test('needs no rules, and finds the file from its own folder', async () => {
    using cards = new CardFolder();
    using files = new StrategyFolder();
    const file = files.write('cross.ts', CROSS_STRATEGY);
    const text = withoutRules(crossCard(WINDOW));
    const sweep = await loadSweep(cards.write(`strategy: ${file}\n${text}`), {});
    expect(sweep.card).toMatchObject({ strategy: file, signal_rules: { entry_rules: [] } });
    expect(sweep.strategy?.code).toContain('crosses');
    const byFlag = await loadSweep(cards.write(text), { strategy: file });
    expect(byFlag.strategy).toEqual(sweep.strategy);
    expect(byFlag.card).toEqual(sweep.card);
  });

  test('is refused with line, column and every other problem where the file is missing', async () => {
    using cards = new CardFolder();
    const text = crossCard(WINDOW).replace('length: 14', 'length: 0');
    const loading = loadSweep(cards.write(`strategy: ./gone.ts\n${text}`), {});
    const error = await loading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(exitCodeOf(error)).toBe(2);
    expect(error).toMatchObject({
      code: 'CARD_INVALID',
      issues: [
        { code: 'INVALID_PARAM', line: 15 },
        { code: 'STRATEGY_NOT_FOUND', path: 'strategy', line: 1, column: 1 },
      ],
    });
  });

  test('cannot vary the strategy, by axis or by --set', async () => {
    using cards = new CardFolder();
    using files = new StrategyFolder();
    const file = files.write('cross.ts', CROSS_STRATEGY);
    const path = cards.write(`strategy: ${file}\n${crossCard(WINDOW)}`);
    for (const [flags, code] of [
      [{ axis: ['which:strategy=a.ts,b.ts'] }, 'STRATEGY_AXIS'],
      [{ set: ['strategy=b.ts'] }, 'STRATEGY_SET'],
    ] as const) {
      await expect(loadSweep(path, flags)).rejects.toMatchObject({ issues: [{ code }] });
    }
  });
});
