import type { ParsedCard } from '../card/parse.ts';
import type { Axis } from './axis.ts';
import type { Report } from './resolve-axes.ts';

/** A sweep has one strategy, whose code was bundled where files are read. */
export function reportStrategy(parsed: ParsedCard, axes: readonly Axis[], report: Report): void {
  if (parsed.card.strategy !== undefined && parsed.strategy === undefined) {
    const message = 'The code of the strategy is not at hand: only its file is named here.';
    report(['strategy'], 'STRATEGY_NOT_FOUND', message);
  }
  for (const { name, members } of axes) {
    if (!members.some(({ path }) => path[0] === 'strategy')) continue;
    report(
      ['sweep', 'axes', name],
      'STRATEGY_AXIS',
      'A sweep has one strategy.',
      'choose between variants by a parameter: an axis over strategy_params',
    );
  }
}
