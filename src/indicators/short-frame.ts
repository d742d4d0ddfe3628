import { param, type IndicatorDefinition, type IndicatorParams } from './definition.ts';

/**
 * Rows below which the reference computes nothing at all, for the types that would have a value
 * earlier: its library refuses the whole frame. Rows that the candles do not have are missed only
 * where a window begins near the first stored candle.
 */
const ROWS_MIN: Readonly<Record<string, (params: IndicatorParams) => number>> = {
  adx: (p) => param(p, 'length') + 1,
  aroon: (p) => param(p, 'length') + 1,
  atr: (p) => param(p, 'length') + 1,
  cmo: (p) => param(p, 'length') + 1,
  dm: (p) => param(p, 'length'),
  donchian: (p) => Math.max(param(p, 'lower_length'), param(p, 'upper_length')),
  kama: (p) => Math.max(param(p, 'length'), 30),
  kc: (p) => param(p, 'length') + 1,
  kvo: (p) => Math.max(param(p, 'fast'), param(p, 'slow')) + param(p, 'signal'),
  macd: (p) => param(p, 'slow') + param(p, 'signal') - 1,
  natr: (p) => param(p, 'length') + 1,
  rsi: (p) => param(p, 'length') + 1,
  squeeze: (p) => Math.max(param(p, 'bb_length'), param(p, 'kc_length'), 12) + 1,
  stoch: (p) => param(p, 'k') + param(p, 'd') + param(p, 'smooth_k'),
  stochrsi: (p) => param(p, 'length') + param(p, 'rsi_length') + 2,
  supertrend: (p) => param(p, 'length') + 1,
  tema: (p) => 3 * param(p, 'length'),
  tsi: (p) => Math.max(param(p, 'fast'), param(p, 'slow')) + param(p, 'signal') + 1,
  uo: (p) => Math.max(param(p, 'fast'), param(p, 'medium'), param(p, 'slow')) + 1,
};

/** In variant `trade` a frame that is too short for the reference gives no value. */
export function withShortFrames(definition: IndicatorDefinition): IndicatorDefinition {
  const rowsMin = ROWS_MIN[definition.type];
  if (rowsMin === undefined) return definition;
  return {
    ...definition,
    compute: (inputs, params, variant) => {
      const outputs = definition.compute(inputs, params, variant);
      if (variant === 'trade' && inputs.close.length < rowsMin(params)) {
        for (const column of Object.values(outputs)) column.fill(Number.NaN);
      }
      return outputs;
    },
  };
}
