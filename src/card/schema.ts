import { z } from 'zod';
import { TIMEFRAMES, type Timeframe } from '../time.ts';
import { numberLike, numberOf, pythonTruth, truthyText } from './coerce.ts';
import { PRICE_KEYS, ROLES } from './keys.ts';

/**
 * The IdeaCard: TRADE's "Standard Format v2.0" (trade-semantics §1). The schema reads what the YAML
 * holds and gives the normal form: every default filled in, numbers as numbers. Keys are the card's
 * own, so that an axis path means the same in the file and here. The normal form reads as itself.
 */

const directionSchema = z.enum(['long', 'short']);
export type Direction = z.infer<typeof directionSchema>;

const operatorSchema = z.enum(['gt', 'gte', 'lt', 'lte', 'eq', 'cross_above', 'cross_below']);
export type Operator = z.infer<typeof operatorSchema>;

const inputSourceSchema = z.enum([...PRICE_KEYS, 'hlc3', 'ohlc4', 'indicator']);
export type InputSource = z.infer<typeof inputSourceSchema>;

const timeframeSchema = z.enum(Object.keys(TIMEFRAMES) as [Timeframe, ...Timeframe[]]);

const wholeNumber = z.int().min(0);
const positive = numberLike(z.number().gt(0));
const notNegative = numberLike(z.number().min(0));
/** Of a price or a notional, below all of it: at 10,000 a sale fetches nothing. */
const basisPoints = numberLike(z.number().min(0).lt(10_000));

const featureSpecSchema = z
  .object({
    indicator_type: z.string().min(1).toLowerCase(),
    output_key: z.string().min(1),
    params: z
      .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))
      .readonly()
      .nullish()
      .transform((params) => params ?? {}),
    input_source: inputSourceSchema.default('close'),
    input_indicator_key: z.string().nullable().default(null),
    outputs: z.record(z.string(), z.string().min(1)).readonly().nullable().default(null),
    description: z.unknown().optional(),
  })
  // Everything but the description, which no result depends on.
  .transform((spec) => ({
    indicator_type: spec.indicator_type,
    output_key: spec.output_key,
    params: spec.params,
    input_source: spec.input_source,
    input_indicator_key: spec.input_indicator_key,
    outputs: spec.outputs,
  }))
  .readonly();
export type FeatureSpec = z.infer<typeof featureSpecSchema>;

const marketStructureSchema = z
  .object({ lookback_bars: wholeNumber.default(0), delay_bars: wholeNumber.default(0) })
  .readonly();

const tfConfigSchema = z
  .object({
    tf: timeframeSchema,
    role: z.enum(['exec', 'mtf', 'htf']),
    feature_specs: z.array(featureSpecSchema).readonly().default([]),
    warmup_bars: wholeNumber.default(0),
    required_indicators: z.array(z.string()).readonly().default([]),
    market_structure: marketStructureSchema.nullable().default(null),
  })
  .readonly();
export type TfConfig = z.infer<typeof tfConfigSchema>;

const conditionSchema = z
  .object({
    indicator_key: z.string().min(1),
    operator: operatorSchema,
    /** A literal, or the right key when `is_indicator_comparison`. */
    value: z.union([z.number(), z.string(), z.boolean().transform(Number)]),
    is_indicator_comparison: pythonTruth(false),
    tf: z.enum(ROLES).default('exec'),
    prev_offset: z.int().default(1),
  })
  .transform(literalValue)
  .readonly();
export type Condition = z.infer<typeof conditionSchema>;

const ruleSchema = z
  .object({ direction: directionSchema, conditions: z.array(conditionSchema).min(1).readonly() })
  .readonly();
export type Rule = z.infer<typeof ruleSchema>;

const exitRuleSchema = z
  .object({
    direction: directionSchema,
    conditions: z.array(conditionSchema).readonly(),
    exit_type: z.enum(['signal', 'stop_loss', 'take_profit']).default('signal'),
  })
  .readonly();
export type ExitRule = z.infer<typeof exitRuleSchema>;

const stopLossSchema = z
  .object({
    type: z.enum(['atr_multiple', 'percent', 'fixed_points']),
    value: positive,
    atr_key: z.string().nullable().default(null),
    buffer_pct: numberLike(z.number()).default(0),
  })
  .readonly();
export type StopLoss = z.infer<typeof stopLossSchema>;

const takeProfitSchema = z
  .object({
    type: z.enum(['rr_ratio', 'atr_multiple', 'percent', 'fixed_points']),
    value: positive,
    atr_key: z.string().nullable().default(null),
  })
  .readonly();
export type TakeProfit = z.infer<typeof takeProfitSchema>;

const sizingSchema = z
  .object({
    model: z.enum(['percent_equity', 'fixed_usdt', 'risk_based', 'percent_notional']),
    value: positive,
    max_leverage: positive.default(1),
  })
  .readonly();
export type Sizing = z.infer<typeof sizingSchema>;

/** `null` parts: no stop, no target, sizing `percent_notional` 100 with leverage 1 (`standard`). */
const riskModelSchema = z
  .object({
    stop_loss: stopLossSchema.nullable().default(null),
    take_profit: takeProfitSchema.nullable().default(null),
    sizing: sizingSchema.nullable().default(null),
  })
  .readonly();
export type RiskModel = z.infer<typeof riskModelSchema>;

function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

const accountSchema = z
  .object({
    starting_equity_usdt: positive,
    max_leverage: positive,
    margin_mode: z.string().default('isolated_usdt'),
    fee_model: z.preprocess(
      // The reference takes an empty map for none, and refuses the card.
      (fees, context) => {
        const message = 'names no fee; an empty map counts as missing';
        if (isEmptyMap(fees)) context.addIssue({ code: 'custom', message });
        return fees;
      },
      z.object({ taker_bps: basisPoints.default(0), maker_bps: notNegative.default(0) }).readonly(),
    ),
    slippage_bps: basisPoints.default(5),
    min_trade_notional_usdt: notNegative,
    maintenance_margin_rate: numberLike(z.number().gt(0).lt(1)).default(0.005),
    max_notional_usdt: numberLike(z.number()).nullable().default(null),
    max_margin_usdt: numberLike(z.number()).nullable().default(null),
  })
  .readonly();

const positionPolicySchema = z
  .object({
    mode: z.enum(['long_only', 'short_only', 'long_short']).default('long_only'),
    max_positions_per_symbol: z.literal(1).default(1),
    allow_flip: pythonTruth(false),
    allow_scale_in: pythonTruth(false).pipe(z.literal(false)),
    allow_scale_out: pythonTruth(false).pipe(z.literal(false)),
  })
  .transform(({ mode, allow_flip }) => ({ mode, allow_flip }))
  .readonly();

export const cardSchema = z
  .object({
    id: truthyText(),
    version: truthyText(),
    name: z.string().nullable().default(null),
    description: z.string().nullable().default(null),
    account: accountSchema,
    symbol_universe: z
      .union([
        z.array(z.string().min(1)).min(1),
        z
          .string()
          .min(1)
          .transform((symbol) => [symbol]),
      ])
      .readonly(),
    tf_configs: z
      .object({
        exec: tfConfigSchema,
        mtf: tfConfigSchema.exactOptional(),
        htf: tfConfigSchema.exactOptional(),
      })
      .readonly(),
    bars_history_required: wholeNumber.default(0),
    position_policy: z.preprocess((policy) => policy ?? {}, positionPolicySchema),
    /** A TypeScript file that decides in place of the rules, as written; its code is in the sweep's spec. */
    strategy: z.string().min(1).exactOptional(),
    /** What only the strategy reads, by `view.param(name)`; axes may move them. */
    strategy_params: z
      .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
      .readonly()
      .exactOptional(),
    /** Empty only where a strategy decides (check.ts). */
    signal_rules: z
      .object({
        entry_rules: z.array(ruleSchema).readonly(),
        exit_rules: z
          .array(exitRuleSchema)
          .readonly()
          .nullish()
          .transform((rules) => rules ?? []),
      })
      .readonly(),
    risk_model: riskModelSchema.nullable().default(null),
  })
  .readonly();

export type IdeaCard = z.infer<typeof cardSchema>;

// --- internal ---

interface RawCondition {
  readonly value: number | string;
  readonly is_indicator_comparison: boolean;
}

/** `float(value)` for literals, `str(value)` for keys; text that is no number is left for check.ts. */
function literalValue<T extends RawCondition>(condition: T): T {
  const { value, is_indicator_comparison: isKey } = condition;
  if (isKey) return { ...condition, value: String(value) };
  const number = typeof value === 'string' ? numberOf(value) : value;
  return number === undefined ? condition : { ...condition, value: number };
}
