import { METRICS } from '../metrics/registry.ts';
import { SweepError } from '../errors.ts';
import {
  compileExpression,
  isExpressionFailure,
  type Expression,
  type ExpressionFailure,
  type Names,
} from './expression.ts';

/** `require` texts: conditions over metric names that make a row eligible. */
export type MetricLookup = (name: string) => number | string | null | undefined;

export function compileRequirement(text: string): Expression | ExpressionFailure {
  return compileExpression(text, METRIC_SLOTS);
}

/**
 * All texts at once. A metric without a value makes every comparison with it false.
 * @throws SweepError CARD_INVALID when a text is no condition over metrics.
 */
export function compileRequire(texts: readonly string[]): (metrics: MetricLookup) => boolean {
  const expressions = texts.map((text) => {
    const compiled = compileRequirement(text);
    if (!isExpressionFailure(compiled)) return compiled;
    const { code, message, hint } = compiled;
    const issue = { path: 'sweep.require', code, message, ...(hint === undefined ? {} : { hint }) };
    throw new SweepError('CARD_INVALID', message, { issues: [issue] });
  });
  return (metrics) => {
    const lookup = (slot: number): number | string => {
      const value = metrics(NAMES[slot]!);
      return value === null || value === undefined ? Number.NaN : value;
    };
    return expressions.every((expression) => expression.test(lookup));
  };
}

// --- internal ---

const NAMES: readonly string[] = METRICS.map((metric) => metric.name);

const METRIC_SLOTS: Names = {
  slot: (name) => {
    const found = NAMES.indexOf(name);
    return found === -1 ? undefined : found;
  },
  kind: (slot) => (METRICS[slot]?.unit === 'text' ? 'text' : 'number'),
  all: () => NAMES,
};
