import type { IdeaCard } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';

/**
 * EntryPlanner of orders.ts for profile `standard` without an object per order: `plan` leaves the
 * order in the fields. The arithmetic and its order are the planner's.
 */
export class EntryPlan {
  notional = 0;
  /** NaN where there is none. */
  stop = 0;
  target = 0;
  #close: Float64Array = new Float64Array(0);
  #stopType: Level = 'none';
  #stopValue = 0;
  #buffer = 0;
  #stopAtr: FloatColumn | undefined;
  #targetType: Level = 'none';
  #targetValue = 0;
  #targetAtr: FloatColumn | undefined;
  #sizing: Sizing = 'percent_notional';
  #sizeValue = 0;

  /** Takes the risk model of the next point. */
  begin(card: IdeaCard, feeds: MultiTFFeedStore): void {
    const risk = card.risk_model;
    const stop = risk?.stop_loss ?? null;
    const target = risk?.take_profit ?? null;
    this.#close = feeds.exec.store.close;
    this.#stopType = stop?.type ?? 'none';
    this.#stopValue = stop?.value ?? 0;
    this.#buffer = stop?.type === 'atr_multiple' ? stop.buffer_pct : 0;
    this.#stopAtr = atrColumn(feeds, stop);
    this.#targetType = target?.type ?? 'none';
    this.#targetValue = target?.value ?? 0;
    this.#targetAtr = atrColumn(feeds, target);
    this.#sizing = risk?.sizing?.model ?? 'percent_notional';
    this.#sizeValue = risk?.sizing?.value ?? 100;
  }

  /** Whether an exit level other than liquidation exists. */
  get hasLevels(): boolean {
    return this.#stopType !== 'none' || this.#targetType !== 'none';
  }

  /** False where a wanted stop has no price, or the size no stop distance to divide by (C1). */
  plan(bar: number, side: 1 | -1, equity: number): boolean {
    const price = this.#close[bar] as number;
    const distance = levelDistance(this.#stopType, price, {
      value: this.#stopValue,
      atr: this.#stopAtr,
      bar,
    });
    const bare = price - side * distance;
    const stop = this.#buffer === 0 ? bare : bare - side * (price * (this.#buffer / 100));
    if (this.#stopType !== 'none' && Number.isNaN(stop)) return false;
    const notional = this.#notionalOf(price, stop, equity);
    if (Number.isNaN(notional)) return false;
    this.notional = notional;
    this.stop = stop;
    this.target = this.#targetOf(bar, side, distance);
    return true;
  }

  // --- internal ---

  #notionalOf(price: number, stop: number, equity: number): number {
    const value = this.#sizeValue;
    if (this.#sizing === 'fixed_usdt') return value;
    if (this.#sizing === 'percent_notional') return equity * (value / 100);
    const risk = this.#sizing === 'risk_based' ? value : equity * (value / 100);
    const distance = Math.abs(price - stop);
    return distance > 0 ? (risk * price) / distance : Number.NaN;
  }

  #targetOf(bar: number, side: number, stopDistance: number): number {
    if (this.#targetType === 'none') return Number.NaN;
    const price = this.#close[bar] as number;
    const value = this.#targetValue;
    const distance =
      this.#targetType === 'rr_ratio'
        ? stopDistance * value
        : levelDistance(this.#targetType, price, { value, atr: this.#targetAtr, bar });
    return price + side * distance;
  }
}

// --- internal ---

type Level = 'none' | 'atr_multiple' | 'percent' | 'fixed_points' | 'rr_ratio';
type Sizing = 'percent_equity' | 'fixed_usdt' | 'risk_based' | 'percent_notional';

interface LevelTerms {
  readonly value: number;
  readonly atr: FloatColumn | undefined;
  readonly bar: number;
}

/** NaN without a level or an ATR value. */
function levelDistance(type: Level, price: number, { value, atr, bar }: LevelTerms): number {
  if (type === 'none') return Number.NaN;
  if (type === 'atr_multiple') return (atr?.[bar] ?? Number.NaN) * value;
  if (type === 'percent') return price * (value / 100);
  return value;
}

function atrColumn(
  feeds: MultiTFFeedStore,
  level: { readonly type: string; readonly atr_key: string | null } | null,
): FloatColumn | undefined {
  if (level?.type !== 'atr_multiple' || level.atr_key === null) return undefined;
  return feeds.series('exec', level.atr_key);
}
