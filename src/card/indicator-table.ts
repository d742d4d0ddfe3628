/** Stand-in for src/indicators until the registry is there: types, parameters, outputs of §2.2. */
import type { FeatureSpec } from './schema.ts';

interface Row {
  readonly params: Readonly<Record<string, 'integer' | 'number'>>;
  readonly outputs: readonly string[];
}

const L = { length: 'integer' } as const;
const ROWS: Record<string, Row> = {
  ...Object.fromEntries(
    ['ema', 'sma', 'rsi', 'atr', 'cci', 'willr', 'roc', 'mfi'].map((type) => [
      type,
      { params: L, outputs: [] },
    ]),
  ),
  obv: { params: {}, outputs: [] },
  macd: {
    params: { fast: 'integer', slow: 'integer', signal: 'integer' },
    outputs: ['macd', 'signal', 'histogram'],
  },
  bbands: {
    params: { length: 'integer', std: 'number' },
    outputs: ['lower', 'middle', 'upper', 'bandwidth', 'percent_b'],
  },
  stoch: { params: { k: 'integer', d: 'integer', smooth_k: 'integer' }, outputs: ['k', 'd'] },
  adx: { params: L, outputs: ['adx', 'dmp', 'dmn', 'adxr'] },
  kc: { params: { length: 'integer', scalar: 'number' }, outputs: ['lower', 'basis', 'upper'] },
  donchian: {
    params: { lower_length: 'integer', upper_length: 'integer' },
    outputs: ['lower', 'middle', 'upper'],
  },
  supertrend: {
    params: { length: 'integer', multiplier: 'number' },
    outputs: ['trend', 'direction', 'long', 'short'],
  },
};

export interface ParamIssue {
  readonly code: string;
  readonly message: string;
  readonly param: string;
}

export function indicatorTypes(): readonly string[] {
  return Object.keys(ROWS);
}

export function isIndicatorType(type: string): boolean {
  return Object.hasOwn(ROWS, type);
}

export function paramNames(type: string): readonly string[] {
  return Object.keys(ROWS[type]?.params ?? {});
}

export function outputSuffixes(type: string): readonly string[] {
  return ROWS[type]?.outputs ?? [];
}

export function paramIssues(spec: Pick<FeatureSpec, 'indicator_type' | 'params'>): ParamIssue[] {
  const kinds = ROWS[spec.indicator_type]?.params ?? {};
  return Object.entries(spec.params).flatMap(([param, value]): ParamIssue[] => {
    const kind = kinds[param];
    if (kind === undefined)
      return [{ code: 'INVALID_PARAM', message: `has no parameter ${param}`, param }];
    const isGood =
      typeof value === 'number' && value > 0 && (kind === 'number' || Number.isInteger(value));
    return isGood
      ? []
      : [{ code: 'INVALID_PARAM', message: `${param} cannot be ${String(value)}`, param }];
  });
}
