/**
 * What an indicator is: arrays in, arrays out, pure. Every output array has the length of the input,
 * NaN where there is no value. Row i of an output depends on rows 0..i only (the one exception is the
 * reference's epsilon rule in variant `trade`, see range.ts).
 */

/** `trade` repeats the reference's arithmetic, defects included; `standard` is the correct formula. */
export type IndicatorVariant = 'standard' | 'trade';

/** `source` is the series that `input_source` names; the others are the candle's own. */
export type IndicatorInput = 'source' | 'open' | 'high' | 'low' | 'close' | 'volume';

/** Arrays of equal length, oldest bar first. */
export type IndicatorInputs = Readonly<Record<IndicatorInput, Float64Array>>;

export type IndicatorParams = Readonly<Record<string, number>>;

/** Output suffix → series; a single-output indicator has the one key `''`. */
export type IndicatorOutputs = Readonly<Record<string, Float64Array>>;

export interface ParamDefinition {
  readonly kind: 'integer' | 'number';
  readonly default: number;
  /** Smallest accepted value. */
  readonly min?: number;
  /** Where the parameter is omitted, the value of this other parameter is its default. */
  readonly defaultFrom?: string;
  /** The reference ignores a value that is not a whole number: a warning, not an error. */
  readonly ignoresOthers?: boolean;
}

export interface IndicatorProblem {
  readonly code: string;
  readonly message: string;
}

export interface IndicatorDefinition {
  readonly type: string;
  /** Part of a feed's identity: raise it whenever a value may change in any bit. */
  readonly version: number;
  readonly inputs: readonly IndicatorInput[];
  readonly params: Readonly<Record<string, ParamDefinition>>;
  /** Empty: one column named by the output key. Otherwise one column per suffix. */
  readonly outputs: readonly string[];
  /** `refused`: the reference produces no column (B1), so a card of profile `trade` may not use it. */
  readonly trade: 'supported' | 'refused';
  /** One line: the formula. */
  readonly doc: string;
  /** One line: where the formula comes from. */
  readonly source: string;
  /** Bars that the reference's registry reports from the card's raw parameters (profile `trade`). */
  reportedWarmup(raw: Readonly<Record<string, unknown>>): number;
  /** Stored bars before the window that profile `standard` computes the series from. */
  seedBars(params: IndicatorParams): number;
  /** Row of the first value per output on gap-free input; a lower bound where it depends on prices. */
  firstIndex(params: IndicatorParams): Readonly<Record<string, number>>;
  /** Parameters that are each well typed but cannot stand together. */
  check?(params: IndicatorParams): IndicatorProblem | undefined;
  /**
   * Never throws on resolved parameters; input that is too short gives NaN everywhere. A single output
   * may be written to `out`, as long as the inputs, whose content means nothing, in place of new memory.
   */
  compute(
    inputs: IndicatorInputs,
    params: IndicatorParams,
    variant: IndicatorVariant,
    out?: Float64Array,
  ): IndicatorOutputs;
}

/** A whole-number parameter, a count of bars, at least `min`. */
export function integer(fallback: number, min = 1): ParamDefinition {
  return { kind: 'integer', default: fallback, min };
}

/** A real parameter, at least `min`. */
export function real(fallback: number, min = 0): ParamDefinition {
  return { kind: 'number', default: fallback, min };
}

/** A raw card parameter as the reference's registry reads it: the number, else the registry's default. */
export function rawOr(
  raw: Readonly<Record<string, unknown>>,
  name: string,
  fallback: number,
): number {
  const value = raw[name];
  return typeof value === 'number' ? value : fallback;
}

/** Parameter `name`, which resolveParams has filled in. */
export function param(params: IndicatorParams, name: string): number {
  const value = params[name];
  if (value === undefined) throw new TypeError(`indicator parameter ${name} is not resolved`);
  return value;
}

/**
 * Bars after which the seed of a recursion weighs less than 1e-6: e^-14 is 8e-7, an EMA of length L
 * forgets as e^(-2·bars/L), a Wilder average as e^(-bars/L) (design §4).
 */
export const EMA_SEED_LENGTHS = 7;
export const WILDER_SEED_LENGTHS = 14;
