import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCard } from '../../src/card/parse.ts';
import type { StrategyCode } from '../../src/card/strategy-code.ts';
import { bundleStrategy, isStrategyProblem } from '../../src/executor/bundle-strategy.ts';
import { resolveSweep, type Sweep } from '../../src/grid/sweep.ts';

/** Strategy files of one test, removed with `using`. */
export class StrategyFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'ideasweep-strategies-'));

  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  /** Writes one file and bundles it; fails on a problem. */
  async bundle(text: string): Promise<StrategyCode> {
    const result = await bundleStrategy(this.write('strategy.ts', text), this.path);
    if (isStrategyProblem(result)) throw new Error(result.message);
    return result;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The rules of `crossCard` (support/cards.ts) as a function. */
export const CROSS_STRATEGY = `
  import type { StrategySignal, StrategyView } from 'ideasweep/strategy';

  function crosses(view: StrategyView, sign: 1 | -1): boolean {
    const { exec } = view;
    const gap = (barsBack: number) =>
      sign * (exec.indicator('fast', barsBack) - exec.indicator('slow', barsBack));
    return gap(0) > 0 && gap(1) <= 0;
  }

  export default (view: StrategyView): StrategySignal => {
    if (view.position !== null) {
      return crosses(view, view.position.side === 'long' ? -1 : 1) ? 'exit' : null;
    }
    if (crosses(view, 1)) return 'long';
    return crosses(view, -1) ? 'short' : null;
  };
`;

/** A card's text with its rules taken out, and the strategy in their place. */
export function withoutRules(cardText: string): string {
  const cut = cardText.replace(/^signal_rules:[\s\S]*?(?=^risk_model:)/m, '');
  if (cut === cardText) throw new Error('the card has no rules before its risk_model');
  return cut;
}

/** The sweep of a card whose strategy has been bundled. */
export function strategySweep(cardText: string, strategy: StrategyCode): Sweep {
  const parsed = parseCard(cardText, { strategy: strategy.file });
  return resolveSweep({ ...parsed, strategy }, {}, Date.UTC(2023, 2, 1));
}
