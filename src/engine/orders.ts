import type { IdeaCard, StopLoss, TakeProfit } from '../card/schema.ts';
import type { FloatColumn } from '../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../feed/multi-tf.ts';
import type { RunConstants } from './models.ts';
import type { ProfileRules } from './profile.ts';

/** An entry order decided at a bar's close, to be filled at the next open. */
export interface EntryOrder {
  readonly side: 1 | -1;
  /** Wanted position value, USDT. */
  readonly notional: number;
  /** Prices; NaN where there is none. */
  readonly stop: number;
  readonly target: number;
}

/**
 * Sizes entries and places their levels, all from the signal bar's close (trade-semantics §7.2 and
 * §7.3). Sizing by percent_equity and risk_based divides by the stop distance, so it needs a stop.
 */
export class EntryPlanner {
  readonly #close: Float64Array;
  readonly #stopLoss: StopLoss | null;
  readonly #takeProfit: TakeProfit | null;
  readonly #stopAtr: FloatColumn | undefined;
  readonly #targetAtr: FloatColumn | undefined;
  readonly #sizing: SizingRule;
  readonly #constants: RunConstants;
  readonly #isCappedAtSignal: boolean;

  constructor(
    feeds: MultiTFFeedStore,
    card: IdeaCard,
    rules: ProfileRules,
    constants: RunConstants,
  ) {
    const risk = card.risk_model;
    this.#close = feeds.exec.store.close;
    this.#stopLoss = risk?.stop_loss ?? null;
    this.#takeProfit = risk?.take_profit ?? null;
    this.#stopAtr = atrColumn(feeds, this.#stopLoss);
    this.#targetAtr = atrColumn(feeds, this.#takeProfit);
    this.#sizing = sizingRule(card, rules);
    this.#constants = constants;
    this.#isCappedAtSignal = rules.orderCap === 'at_signal';
  }

  /**
   * The order for an entry at the close of `bar` with ledger equity `equity`; undefined where a
   * wanted stop has no price there, or where the size needs a stop distance that is 0 (C1).
   */
  plan(bar: number, side: 1 | -1, equity: number): EntryOrder | undefined {
    const price = this.#close[bar] as number;
    const distance = this.#stopDistance(bar, price);
    const stop = this.#stopPrice(price, side, distance);
    if (this.#stopLoss && Number.isNaN(stop)) return undefined;
    const notional = this.#notional(price, stop, equity);
    if (Number.isNaN(notional)) return undefined;
    return { side, notional, stop, target: this.#targetPrice(bar, side, distance) };
  }

  /** NaN where the size cannot be computed. */
  #notional(price: number, stop: number, equity: number): number {
    const { model, value } = this.#sizing;
    const wanted =
      model === 'fixed_usdt'
        ? value
        : model === 'percent_notional'
          ? equity * (value / 100)
          : riskNotional(model === 'risk_based' ? value : equity * (value / 100), price, stop);
    return this.#isCappedAtSignal ? Math.min(wanted, equity * this.#constants.leverage) : wanted;
  }

  /** Distance of the stop without its buffer; NaN without a stop or an ATR value. */
  #stopDistance(bar: number, price: number): number {
    return this.#stopLoss === null
      ? Number.NaN
      : levelDistance(this.#stopLoss, price, this.#stopAtr?.[bar] ?? Number.NaN);
  }

  #stopPrice(price: number, side: number, distance: number): number {
    const buffer = this.#stopLoss?.type === 'atr_multiple' ? this.#stopLoss.buffer_pct : 0;
    const stop = price - side * distance;
    return buffer === 0 ? stop : stop - side * (price * (buffer / 100));
  }

  #targetPrice(bar: number, side: number, stopDistance: number): number {
    const target = this.#takeProfit;
    if (target === null) return Number.NaN;
    const price = this.#close[bar] as number;
    const distance =
      target.type === 'rr_ratio'
        ? stopDistance * target.value
        : levelDistance(target, price, this.#targetAtr?.[bar] ?? Number.NaN);
    return price + side * distance;
  }
}

// --- internal ---

interface SizingRule {
  readonly model: 'percent_equity' | 'fixed_usdt' | 'risk_based' | 'percent_notional';
  readonly value: number;
}

/** Percent of equity at risk that any other model means to the reference (C4). */
const REFERENCE_RISK_PCT = 1;

function sizingRule(card: IdeaCard, rules: ProfileRules): SizingRule {
  const sizing = card.risk_model?.sizing;
  if (rules.sizing === 'by_model') return sizing ?? { model: 'percent_notional', value: 100 };
  const isPercent = sizing?.model === 'percent_equity';
  return { model: 'percent_equity', value: isPercent ? sizing.value : REFERENCE_RISK_PCT };
}

/** risk·p/|p − S|, evaluated left to right; NaN without a distance to divide by. */
function riskNotional(risk: number, price: number, stop: number): number {
  const distance = Math.abs(price - stop);
  return distance > 0 ? (risk * price) / distance : Number.NaN;
}

function levelDistance(
  level: { readonly type: StopLoss['type'] | TakeProfit['type']; readonly value: number },
  price: number,
  atr: number,
): number {
  if (level.type === 'atr_multiple') return atr * level.value;
  if (level.type === 'percent') return price * (level.value / 100);
  return level.value;
}

function atrColumn(
  feeds: MultiTFFeedStore,
  level: { readonly type: string; readonly atr_key: string | null } | null,
): FloatColumn | undefined {
  if (level?.type !== 'atr_multiple' || level.atr_key === null) return undefined;
  return feeds.series('exec', level.atr_key);
}
