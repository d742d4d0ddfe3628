import { describe, expect, it } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { compareNights, type NightBest } from '../../../src/nightly/compare.ts';
import { resolveNight } from '../../../src/nightly/rolling-window.ts';
import { formatInstant } from '../../../src/time.ts';
import { crossCard } from '../../support/cards.ts';

const ROLLING = crossCard('  window: { last: 30d }\n');
const FIXED = crossCard('  window: { start: 2023-01-01, end: 2023-02-01 }\n');

function best(part: Partial<NightBest> = {}): NightBest {
  const params = { fast: 5, slow: 50 };
  return { rank: 1, point_index: 3, params, objective_metric: 'sharpe', objective: 1.5, ...part };
}

describe('the window of a night', () => {
  it('ends at the start of the as-of day, whatever the hour', () => {
    for (const hour of [0, 2, 23]) {
      const { window } = resolveNight(parseCard(ROLLING), {}, Date.UTC(2023, 5, 10, hour));
      expect(formatInstant(window.endMs)).toBe('2023-06-10T00:00:00Z');
      expect(formatInstant(window.startMs)).toBe('2023-05-11T00:00:00Z');
    }
  });

  it('may be given by a flag, over a card whose own window is fixed', () => {
    const overrides = { window: 'last:7d' };
    const { window } = resolveNight(parseCard(FIXED), overrides, Date.UTC(2023, 5, 10));
    expect(window.endMs - window.startMs).toBe(7 * 86_400_000);
  });

  it('is refused where it does not roll', () => {
    const fixedFlag = { window: '2023-01-01..2023-02-01' };
    expect(() => resolveNight(parseCard(FIXED), {}, 0)).toThrow('window that rolls');
    expect(() => resolveNight(parseCard(ROLLING), fixedFlag, 0)).toThrow('window that rolls');
    expect(() => resolveNight(parseCard(crossCard('')), {}, 0)).toThrow('window that rolls');
  });
});

describe('a night compared with the one before', () => {
  it('says how the best objective changed and where last night stands tonight', () => {
    const tonight = best({ params: { fast: 8, slow: 50 }, objective: 1.75 });
    expect(compareNights(tonight, best(), { rank: 4, objective: 1.25 })).toEqual({
      previous_best: best(),
      is_same_point: false,
      objective_change: 0.25,
      previous_best_tonight: { rank: 4, objective: 1.25 },
    });
  });

  it('knows the same point by its params, in any order of names', () => {
    const same = best({ params: { slow: 50, fast: 5 }, point_index: 99 });
    expect(compareNights(same, best(), undefined).is_same_point).toBe(true);
  });

  it('gives no change where the metric is another or a value is missing', () => {
    const other = best({ objective_metric: 'calmar' });
    expect(compareNights(other, best(), undefined).objective_change).toBeNull();
    expect(compareNights(best({ objective: null }), best(), undefined).objective_change).toBeNull();
    expect(compareNights(undefined, best(), undefined)).toMatchObject({
      objective_change: null,
      is_same_point: false,
      previous_best_tonight: null,
    });
  });
});
