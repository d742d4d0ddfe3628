import { integer, param, rawOr, type IndicatorDefinition } from './definition.ts';
import { movingSum } from './online-sum.ts';

/** Weights of the short, middle and long average. */
const WEIGHTS = [4, 2, 1] as const;

export const uoIndicator: IndicatorDefinition = {
  type: 'uo',
  version: 2,
  inputs: ['high', 'low', 'source'],
  params: { fast: integer(7), medium: integer(14), slow: integer(28) },
  outputs: [],
  trade: 'supported',
  doc: '100·(4A_fast + 2A_medium + A_slow)/7, A = Σ(x − min(l, x₋₁)) / Σ(max(h, x₋₁) − min(l, x₋₁))',
  source: 'L. Williams, The Ultimate Oscillator, Stocks & Commodities 3:4 (1985)',
  reportedWarmup: (raw) =>
    Math.max(rawOr(raw, 'fast', 7), rawOr(raw, 'medium', 14), rawOr(raw, 'slow', 28)),
  seedBars: (params) => longest(params) + 1,
  firstIndex: (params) => ({ '': longest(params) - 1 }),
  compute: ({ high, low, source }, params, variant) => {
    const count = source.length;
    const pressure = new Float64Array(count);
    const range = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const floor = i === 0 ? low[i]! : Math.min(low[i]!, source[i - 1]!);
      const ceiling = i === 0 ? high[i]! : Math.max(high[i]!, source[i - 1]!);
      pressure[i] = source[i]! - floor;
      range[i] = ceiling - floor;
    }
    const average = (name: string): Float64Array => {
      const length = param(params, name);
      const out = movingSum(pressure, length, variant);
      const total = movingSum(range, length, variant);
      for (let i = 0; i < count; i++) out[i] = out[i]! / total[i]!;
      return out;
    };
    const fast = average('fast');
    const medium = average('medium');
    const slow = average('slow');
    const total = WEIGHTS[0] + WEIGHTS[1] + WEIGHTS[2];
    for (let i = 0; i < count; i++) {
      const sum = WEIGHTS[0] * fast[i]! + WEIGHTS[1] * medium[i]! + WEIGHTS[2] * slow[i]!;
      fast[i] = (100 * sum) / total;
    }
    return { '': fast };
  },
};

// --- internal ---

function longest(params: Readonly<Record<string, number>>): number {
  return Math.max(param(params, 'fast'), param(params, 'medium'), param(params, 'slow'));
}
