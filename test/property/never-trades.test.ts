import { describe, expect, test } from 'vitest';
import { neverTrades } from '../../src/card/never.ts';
import type { Condition, IdeaCard } from '../../src/card/schema.ts';
import { METRIC_COLUMNS } from '../../src/metrics/registry.ts';
import { kernelSweep, loopRow } from '../support/kernel-backtests.ts';
import { Dice } from '../support/random-backtests.ts';

const SEEDS = Number(process.env['NEVER_SEEDS'] ?? 300);

describe('a card of which is said that it can never trade', () => {
  test(`does not, over ${SEEDS} random markets`, () => {
    const trades = METRIC_COLUMNS.indexOf('total_trades');
    const seen = { never: 0, traded: 0, reasons: new Set<string>() };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const dice = new Dice(seed);
      const sweep = kernelSweep(seed);
      for (const base of sweep.cards) {
        const card = withMoreConditions(dice, base);
        const reason = neverTrades(card, 'standard');
        const count = loopRow(sweep, card).row[trades] as number;
        seen.traded += Number(count > 0);
        if (reason === undefined) continue;
        seen.never += 1;
        seen.reasons.add(reason.replaceAll(/[-\d.]+/g, 'N'));
        expect({ seed, reason, count }).toEqual({ seed, reason, count: 0 });
      }
    }
    // It means something only if much is said, for many reasons, and other cards trade.
    expect(seen.never).toBeGreaterThan(SEEDS / 2);
    expect(seen.traded).toBeGreaterThan(SEEDS / 2);
    expect(seen.reasons.size).toBeGreaterThan(10);
  }, 120_000);
});

// --- internal ---

const KEYS = ['open', 'high', 'low', 'close', 'a', 'b'] as const;
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'cross_above', 'cross_below'] as const;

/** One or two conditions more in every entry rule, of which some contradict each other or the bar. */
function withMoreConditions(dice: Dice, card: IdeaCard): IdeaCard {
  const extra = Array.from({ length: 1 + dice.below(2) }, () => randomCondition(dice));
  const { entry_rules: entries, exit_rules: exits } = card.signal_rules;
  return {
    ...card,
    signal_rules: {
      entry_rules: entries.map((rule) => ({ ...rule, conditions: [...rule.conditions, ...extra] })),
      exit_rules: exits,
    },
  };
}

function randomCondition(dice: Dice): Condition {
  const isKey = dice.chance(0.8);
  return {
    indicator_key: dice.pick(KEYS),
    operator: dice.pick(OPERATORS),
    value: isKey ? dice.pick(KEYS) : dice.pick([-1, 0, 90, 110]),
    is_indicator_comparison: isKey,
    tf: dice.pick(['exec', 'exec', 'mtf', 'htf'] as const),
    prev_offset: dice.pick([0, 1, 1, 2]),
  };
}
