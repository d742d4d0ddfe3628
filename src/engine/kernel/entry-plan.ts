import type { IdeaCard } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { LAYOUT, type Market } from './market.ts';
import { STATE, type RunState } from './run-state.ts';

const { LAST_CLOSE, RECORD } = LAYOUT;
const { MIN_NOTIONAL, ORDER_EQUITY, ORDER_NOTIONAL, ORDER_STOP, ORDER_TARGET } = STATE;

/**
 * EntryPlanner of orders.ts for profile `standard` without an object per order: `plan` leaves the
 * order in the state. The arithmetic and its order are the planner's.
 */
export class EntryPlan {
  /** Whether there is an exit level other than liquidation. */
  hasLevels = false;
  readonly #records: Float64Array;
  readonly #state: RunState;
  /** Stop value, its hundredth, the buffer's hundredth; target value, hundredth; size, hundredth. */
  readonly #terms = new Float64Array(7);
  #stopType: Level = 'none';
  #hasBuffer = false;
  #stopAtr: FloatColumn = NO_ATR;
  #targetType: Level = 'none';
  #targetAtr: FloatColumn = NO_ATR;
  #sizing: Sizing = 'percent_notional';

  constructor(market: Market, state: RunState) {
    this.#records = market.records;
    this.#state = state;
  }

  /** Takes the risk model of the next point. */
  begin(card: IdeaCard, feeds: MultiTFFeedStore): void {
    const risk = card.risk_model;
    const stop = risk?.stop_loss ?? null;
    const target = risk?.take_profit ?? null;
    const buffer = stop?.type === 'atr_multiple' ? stop.buffer_pct : 0;
    this.#stopType = stop?.type ?? 'none';
    this.#hasBuffer = buffer !== 0;
    this.#stopAtr = atrColumn(feeds, stop);
    this.#targetType = target?.type ?? 'none';
    this.#targetAtr = atrColumn(feeds, target);
    this.#sizing = risk?.sizing?.model ?? 'percent_notional';
    this.hasLevels = stop !== null || target !== null;
    const [stopValue, targetValue] = [stop?.value ?? 0, target?.value ?? 0];
    const size = risk?.sizing?.value ?? 100;
    const terms = this.#terms;
    terms[STOP_VALUE] = stopValue;
    terms[STOP_SHARE] = stopValue / 100;
    terms[BUFFER_SHARE] = buffer / 100;
    terms[TARGET_VALUE] = targetValue;
    terms[TARGET_SHARE] = targetValue / 100;
    terms[SIZE_VALUE] = size;
    terms[SIZE_SHARE] = size / 100;
  }

  /**
   * Plans an order with the equity in ORDER_EQUITY. False where there is none: a wanted stop has no
   * price, the size no stop distance to divide by (C1), or it is below the minimum notional.
   */
  plan(bar: number, side: 1 | -1): boolean {
    const state = this.#state;
    const terms = this.#terms;
    const price = this.#records[RECORD * (bar + 1) + LAST_CLOSE] as number;
    let distance = Number.NaN;
    if (this.#stopType === 'percent') distance = price * (terms[STOP_SHARE] as number);
    else if (this.#stopType === 'fixed_points') distance = terms[STOP_VALUE] as number;
    else if (this.#stopType === 'atr_multiple') {
      distance = (this.#stopAtr[bar] ?? Number.NaN) * (terms[STOP_VALUE] as number);
    }
    let stop = price - side * distance;
    if (this.#hasBuffer) stop -= side * (price * (terms[BUFFER_SHARE] as number));
    if (this.#stopType !== 'none' && Number.isNaN(stop)) return false;
    state[ORDER_STOP] = stop;
    const equity = state[ORDER_EQUITY] as number;
    let notional = terms[SIZE_VALUE] as number;
    if (this.#sizing === 'percent_notional') notional = equity * (terms[SIZE_SHARE] as number);
    else if (this.#sizing !== 'fixed_usdt') {
      const risk =
        this.#sizing === 'risk_based' ? notional : equity * (terms[SIZE_SHARE] as number);
      const gap = Math.abs(price - stop);
      if (!(gap > 0)) return false;
      notional = (risk * price) / gap;
    }
    if (Number.isNaN(notional) || notional < (state[MIN_NOTIONAL] as number)) return false;
    state[ORDER_NOTIONAL] = notional;
    this.#planTarget(bar, side, distance);
    return true;
  }

  // --- internal ---

  #planTarget(bar: number, side: number, stopDistance: number): void {
    const terms = this.#terms;
    const price = this.#records[RECORD * (bar + 1) + LAST_CLOSE] as number;
    const value = terms[TARGET_VALUE] as number;
    let distance = Number.NaN;
    if (this.#targetType === 'percent') distance = price * (terms[TARGET_SHARE] as number);
    else if (this.#targetType === 'rr_ratio') distance = stopDistance * value;
    else if (this.#targetType === 'fixed_points') distance = value;
    else if (this.#targetType === 'atr_multiple') {
      distance = (this.#targetAtr[bar] ?? Number.NaN) * value;
    }
    this.#state[ORDER_TARGET] = price + side * distance;
  }
}

// --- internal ---

type Level = 'none' | 'atr_multiple' | 'percent' | 'fixed_points' | 'rr_ratio';
type Sizing = 'percent_equity' | 'fixed_usdt' | 'risk_based' | 'percent_notional';

const STOP_VALUE = 0;
const STOP_SHARE = 1;
const BUFFER_SHARE = 2;
const TARGET_VALUE = 3;
const TARGET_SHARE = 4;
const SIZE_VALUE = 5;
const SIZE_SHARE = 6;

/** Stands for a missing column: no bar has a value. */
const NO_ATR = new Float64Array(0);

function atrColumn(
  feeds: MultiTFFeedStore,
  level: { readonly type: string; readonly atr_key: string | null } | null,
): FloatColumn {
  if (level?.type !== 'atr_multiple' || level.atr_key === null) return NO_ATR;
  return feeds.series('exec', level.atr_key) ?? NO_ATR;
}
