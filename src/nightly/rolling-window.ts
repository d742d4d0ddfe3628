import type { ParsedCard } from '../card/parse.ts';
import { SweepError } from '../errors.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../grid/sweep.ts';

/**
 * The sweep of one night: the card's rolling window (`{ last: 180d }`, `--window last:180d`) ends at
 * 00:00 UTC of the as-of day, exclusive.
 * @throws SweepError USAGE where the window does not roll; whatever resolveSweep throws.
 */
export function resolveNight(parsed: ParsedCard, overrides: SweepOverrides, asOfMs: number): Sweep {
  const isRolling =
    overrides.window === undefined
      ? parsed.rawSweep?.window?.last !== undefined
      : overrides.window.startsWith('last:');
  if (!isRolling) {
    throw new SweepError('USAGE', 'a nightly sweep needs a window that rolls', {
      hint: 'Write "window: { last: 180d }" under "sweep:", or give --window last:180d.',
    });
  }
  return resolveSweep(parsed, overrides, asOfMs);
}
