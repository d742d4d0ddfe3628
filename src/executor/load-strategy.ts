import type { StrategyCode } from '../card/strategy-code.ts';
import type { StrategyFunction } from '../engine/user-strategy.ts';

/** Makes the strategy of one run: a fresh module, so that runs cannot tell each other anything. */
export type StrategyMaker = () => StrategyFunction;

/**
 * The bundled code as a module of this thread; Node keeps one per text, however often it is asked.
 * The maker throws TypeError where the default export is no function, and what the module throws.
 */
export async function loadStrategy({ code }: StrategyCode): Promise<StrategyMaker> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  const loaded = (await import(url)) as { readonly default: () => unknown };
  return () => {
    const made = loaded.default();
    if (typeof made === 'function') return made as StrategyFunction;
    throw new TypeError(
      `the default export is ${made === null ? 'null' : `a ${typeof made}`}, not a function`,
    );
  };
}
