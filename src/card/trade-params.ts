import type { FeatureSpec } from './schema.ts';

/**
 * Parameters of a spec that profile `trade` cannot take: the reference passes every parameter of a card
 * on to its indicator library, which honours more of them than the registry knows, and ends the run on
 * others. Each found by running it.
 */
export interface ParamProblem {
  readonly name: string;
  readonly message: string;
}

export function tradeParamProblems({ indicator_type: type, params }: FeatureSpec): ParamProblem[] {
  const problems: ParamProblem[] = [];
  for (const [name, value] of Object.entries(params)) {
    const reason = isHonoured(type, name, value)
      ? 'changes the result in the reference, which passes it on to its library; here it has no effect'
      : valueProblem(type, name, value);
    if (reason) problems.push({ name, message: `${type}.${name} ${reason}.` });
  }
  return problems;
}

// --- internal ---

/** Types that the reference calls with their named parameters alone. */
const NAMED_ONLY = ['ema', 'sma', 'rsi', 'atr', 'macd', 'bbands', 'stoch', 'stochrsi'];

/** Names beside the registry's that change values, by type. `fillna` does for all of them. */
const HONOURED: Readonly<Record<string, readonly string[]>> = {
  adx: ['adxr_length', 'drift', 'mamode', 'prenan', 'scalar', 'signal_length', 'tvmode'],
  alma: ['dist_offset'],
  aroon: ['scalar'],
  cci: ['c'],
  cmf: ['min_periods'],
  cmo: ['drift', 'scalar', 'talib'],
  dm: ['drift', 'mamode'],
  donchian: ['lmin_periods', 'umin_periods'],
  fisher: ['signal'],
  kama: ['drift', 'fast', 'mamode', 'slow'],
  kc: ['mamode'],
  kvo: ['mamode'],
  linreg: ['angle', 'intercept', 'r', 'slope', 'tsf'],
  mfi: ['drift'],
  midprice: ['min_periods'],
  natr: ['drift', 'mamode', 'percent', 'prenan', 'scalar'],
  roc: ['scalar'],
  squeeze: ['detailed', 'lazybear', 'mamode', 'mom_length', 'mom_smooth', 'prenan', 'tr'],
  supertrend: ['atr_length', 'atr_mamode'],
  tema: ['adjust', 'presma'],
  tsi: ['adjust', 'drift', 'mamode', 'presma', 'scalar'],
  uo: ['drift', 'fast_w', 'medium_w', 'slow_w'],
  vortex: ['drift', 'min_periods'],
  willr: ['min_periods'],
  wma: ['asc'],
  zlma: ['adjust', 'mamode', 'presma'],
};

/** The average that each type takes anyway: naming it changes nothing. */
const OWN_AVERAGE: Readonly<Record<string, string>> = {
  adx: 'rma',
  dm: 'rma',
  kama: 'sma',
  kc: 'ema',
  kvo: 'ema',
  natr: 'ema',
  squeeze: 'sma',
  tsi: 'ema',
  zlma: 'ema',
};

/** A window of one bar ends the run of the reference. */
const CRASHES_AT_ONE: readonly string[] = [
  'cci.length',
  'kama.length',
  'sma.length',
  'squeeze.kc_length',
  'stoch.d',
  'stochrsi.d',
  'stochrsi.k',
  'trima.length',
];

/** Zero is not a value of these there: the default takes its place. */
const DEFAULTS_AT_ZERO: readonly string[] = [
  'alma.sigma',
  'kc.scalar',
  'psar.af0',
  'psar.max_af',
  'squeeze.kc_scalar',
  'supertrend.multiplier',
];

function isHonoured(type: string, name: string, value: unknown): boolean {
  if (NAMED_ONLY.includes(type)) return false;
  if (name === 'mamode' && value === OWN_AVERAGE[type]) return false;
  return name === 'fillna' || HONOURED[type]?.includes(name) === true;
}

function valueProblem(type: string, name: string, value: unknown): string | undefined {
  const key = `${type}.${name}`;
  if (value === 1 && CRASHES_AT_ONE.includes(key)) return 'of 1 ends the run of the reference';
  if (value === 0 && DEFAULTS_AT_ZERO.includes(key)) {
    return 'of 0 is replaced by the default in the reference';
  }
  const isShift = Number.isSafeInteger(value) && (value as number) > 0;
  if (key === 'squeeze.offset' && isShift) return 'ends the run of the reference';
  return undefined;
}
