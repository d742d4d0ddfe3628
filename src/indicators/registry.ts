import { assert } from '../assert.ts';
import { adxIndicator } from './adx.ts';
import { almaIndicator } from './alma.ts';
import { aroonIndicator } from './aroon.ts';
import { atrIndicator } from './atr.ts';
import { bbandsIndicator } from './bbands.ts';
import { cciIndicator } from './cci.ts';
import { cmfIndicator } from './cmf.ts';
import { cmoIndicator } from './cmo.ts';
import type { IndicatorDefinition, ParamDefinition } from './definition.ts';
import { demaIndicator, temaIndicator } from './dema.ts';
import { dmIndicator } from './dm.ts';
import { donchianIndicator } from './donchian.ts';
import { emaIndicator } from './ema.ts';
import { fisherIndicator } from './fisher.ts';
import { kamaIndicator } from './kama.ts';
import { kcIndicator } from './kc.ts';
import { kvoIndicator } from './kvo.ts';
import { linregIndicator } from './linreg.ts';
import { macdIndicator } from './macd.ts';
import { mfiIndicator } from './mfi.ts';
import { midpriceIndicator } from './midprice.ts';
import { natrIndicator } from './natr.ts';
import { obvIndicator } from './obv.ts';
import { withOffset } from './offset.ts';
import { ohlc4Indicator } from './ohlc4.ts';
import { ppoIndicator } from './ppo.ts';
import { psarIndicator } from './psar.ts';
import { momIndicator, rocIndicator } from './roc.ts';
import { rsiIndicator } from './rsi.ts';
import { withShortFrames } from './short-frame.ts';
import { smaIndicator } from './sma.ts';
import { squeezeIndicator } from './squeeze.ts';
import { stochIndicator } from './stoch.ts';
import { stochrsiIndicator } from './stochrsi.ts';
import { supertrendIndicator } from './supertrend.ts';
import { trimaIndicator } from './trima.ts';
import { trixIndicator } from './trix.ts';
import { tsiIndicator } from './tsi.ts';
import { uoIndicator } from './uo.ts';
import { vortexIndicator } from './vortex.ts';
import { willrIndicator } from './willr.ts';
import { wmaIndicator } from './wma.ts';
import { zlmaIndicator } from './zlma.ts';

/** Called with named parameters only by the reference; the others take `offset` too. */
const EXPLICIT: readonly IndicatorDefinition[] = [
  emaIndicator,
  smaIndicator,
  rsiIndicator,
  atrIndicator,
  macdIndicator,
  bbandsIndicator,
  stochIndicator,
  stochrsiIndicator,
];

const GENERIC: readonly IndicatorDefinition[] = [
  kamaIndicator,
  almaIndicator,
  wmaIndicator,
  demaIndicator,
  temaIndicator,
  trimaIndicator,
  zlmaIndicator,
  natrIndicator,
  cmfIndicator,
  cmoIndicator,
  linregIndicator,
  uoIndicator,
  trixIndicator,
  ppoIndicator,
  aroonIndicator,
  psarIndicator,
  squeezeIndicator,
  vortexIndicator,
  fisherIndicator,
  tsiIndicator,
  kvoIndicator,
  cciIndicator,
  willrIndicator,
  rocIndicator,
  momIndicator,
  mfiIndicator,
  obvIndicator,
  adxIndicator,
  dmIndicator,
  supertrendIndicator,
  kcIndicator,
  donchianIndicator,
  midpriceIndicator,
  ohlc4Indicator,
];

/** Every indicator by its type name. */
export const INDICATORS: ReadonlyMap<string, IndicatorDefinition> = new Map(
  [...EXPLICIT, ...GENERIC.map(withOffset)]
    .map(withShortFrames)
    .map((definition) => [definition.type, definition]),
);

/** @throws AssertionError on a type that is not registered; cards are checked before. */
export function indicator(type: string): IndicatorDefinition {
  const definition = INDICATORS.get(type);
  assert(definition !== undefined, `unknown indicator type "${type}"`);
  return definition;
}

export interface ParamIssue {
  /** PARAM_UNKNOWN (a warning) or PARAM_TYPE, PARAM_FRACTIONAL, PARAM_TOO_SMALL, PARAM_ORDER (errors). */
  readonly code: string;
  readonly level: 'error' | 'warning';
  readonly message: string;
  /** The parameter's name; empty where it is about several. */
  readonly param: string;
}

export interface ResolvedParams {
  /** Every parameter of the type; a parameter with an issue has its default. */
  readonly params: Readonly<Record<string, number>>;
  readonly issues: readonly ParamIssue[];
}

/**
 * The parameters that `type` runs with: defaults filled in, every problem reported.
 * @throws AssertionError on a type that is not registered.
 */
export function resolveParams(
  type: string,
  raw: Readonly<Record<string, unknown>>,
): ResolvedParams {
  const definition = indicator(type);
  const issues: ParamIssue[] = [];
  for (const name of Object.keys(raw)) {
    if (Object.hasOwn(definition.params, name)) continue;
    const known = Object.keys(definition.params).join(', ') || 'none';
    const message = `${type} has no parameter "${name}" (it has: ${known}); it is ignored`;
    issues.push({ code: 'PARAM_UNKNOWN', level: 'warning', message, param: name });
  }
  const params: Record<string, number> = {};
  for (const [name, rule] of Object.entries(definition.params)) {
    const value = raw[name];
    const issue = value === undefined ? undefined : paramIssue(type, name, rule, value);
    if (issue) issues.push(issue);
    if (value !== undefined && !issue) params[name] = value as number;
  }
  for (const [name, rule] of Object.entries(definition.params)) {
    params[name] ??= (rule.defaultFrom && params[rule.defaultFrom]) || rule.default;
  }
  if (!issues.some((issue) => issue.level === 'error')) {
    const problem = definition.check?.(params);
    if (problem) issues.push({ ...problem, level: 'error', param: '' });
  }
  return { params, issues };
}

/** The part of a card's feature spec that names its columns. */
export interface OutputNaming {
  readonly indicator_type: string;
  readonly output_key: string;
  readonly outputs: Readonly<Record<string, string>> | null;
}

/** The columns a feature spec makes: `key` as rules name it, `output` as `compute` does. */
export function outputKeys(spec: OutputNaming): { key: string; output: string }[] {
  const { outputs } = indicator(spec.indicator_type);
  if (outputs.length === 0) return [{ key: spec.output_key, output: '' }];
  return outputs.map((output) => ({
    key: spec.outputs?.[output] ?? `${spec.output_key}_${output}`,
    output,
  }));
}

/** Price columns of equal length. */
export interface PriceColumns {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export type SourceName = keyof PriceColumns | 'hlc3' | 'ohlc4';

/** The series that `input_source` names: a price column itself, or a new array. */
export function sourceSeries(prices: PriceColumns, name: SourceName): Float64Array {
  if (name !== 'hlc3' && name !== 'ohlc4') return prices[name];
  const { open, high, low, close } = prices;
  const out = new Float64Array(close.length);
  for (let i = 0; i < out.length; i++) {
    out[i] =
      name === 'hlc3'
        ? (high[i]! + low[i]! + close[i]!) / 3
        : (open[i]! + high[i]! + low[i]! + close[i]!) / 4;
  }
  return out;
}

// --- internal ---

function paramIssue(
  type: string,
  name: string,
  rule: ParamDefinition,
  value: unknown,
): ParamIssue | undefined {
  const isIgnored = rule.ignoresOthers === true && !Number.isSafeInteger(value);
  const issue = (code: string, message: string): ParamIssue => ({
    code,
    level: isIgnored ? 'warning' : 'error',
    message: `${type}.${name} ${message}, got ${shortened(value)}${isIgnored ? '; it is ignored' : ''}`,
    param: name,
  });
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return issue(
      'PARAM_TYPE',
      rule.kind === 'integer' ? 'must be a whole number' : 'must be a number',
    );
  }
  if (rule.kind === 'integer' && !Number.isSafeInteger(value)) {
    return issue('PARAM_FRACTIONAL', 'must be a whole number');
  }
  if (rule.min !== undefined && value < rule.min) {
    return issue('PARAM_TOO_SMALL', `must be at least ${rule.min}`);
  }
  return undefined;
}

/** A text parameter may be a page long. */
function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
