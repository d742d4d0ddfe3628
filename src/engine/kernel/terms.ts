import type { IdeaCard } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { starvationLevel, type RunConstants } from '../models.ts';
import type { ColumnSlots } from './column-slots.ts';
import type { SignalBits } from './signal-bits.ts';

/** Numbers that a point's terms are. */
export const TERMS_LENGTH = 30;

/** Addresses of the float64 columns that stop and target read, 0 for none, and the levels' keys. */
export interface PointLevels {
  readonly stop: number;
  readonly target: number;
  /** Equal for points whose positions have the same stop and liquidation. */
  readonly adverseKey: number;
  /** Equal for points whose positions have the same target. */
  readonly favourableKey: number;
}

/** What a point's terms are made of besides its card. */
export interface PointTerms {
  readonly constants: RunConstants;
  readonly signals: SignalBits;
  readonly levels: PointLevels;
  /** Address of the list of its signals' positions, 0 for none. */
  readonly list: number;
}

/** Knows the levels of a market's points by number, so that equal ones share their first touches. */
export class LevelSource {
  readonly #atrs: ColumnSlots<FloatColumn>;
  readonly #keys = new Map<string, number>();
  readonly #columnIds = new WeakMap<FloatColumn, number>();
  #nextKey = 1;

  constructor(atrs: ColumnSlots<FloatColumn>) {
    this.#atrs = atrs;
  }

  of(card: IdeaCard, feeds: MultiTFFeedStore, constants: RunConstants): PointLevels {
    const risk = card.risk_model;
    const stop = this.#place(risk?.stop_loss ?? null, feeds);
    const target = this.#place(risk?.take_profit ?? null, feeds);
    const adverse = `${stop.text} ${constants.imr} ${constants.mmr} ${constants.slippageRate}`;
    // A target may be a multiple of the stop's distance.
    const favourable = `target ${target.text} of ${stop.text}`;
    return {
      stop: stop.at,
      target: target.at,
      adverseKey: this.#keyOf(adverse),
      favourableKey: this.#keyOf(risk?.take_profit?.type === 'rr_ratio' ? favourable : target.text),
    };
  }

  #place(level: Level | null, feeds: MultiTFFeedStore): { at: number; text: string } {
    if (level === null) return { at: 0, text: 'none' };
    const { type, value, atr_key: key, buffer_pct: buffer = 0 } = level;
    const column = type === 'atr_multiple' && key !== null ? feeds.series('exec', key) : undefined;
    const at = column === undefined ? 0 : this.#atrs.of(column).at;
    return { at, text: `${type} ${value} ${buffer} ${column ? this.#idOf(column) : ''}` };
  }

  #idOf(column: FloatColumn): number {
    let id = this.#columnIds.get(column);
    if (id === undefined) this.#columnIds.set(column, (id = this.#nextKey++));
    return id;
  }

  #keyOf(text: string): number {
    let key = this.#keys.get(text);
    if (key !== undefined) return key;
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    key = this.#nextKey++;
    this.#keys.set(text, key);
    return key;
  }
}

/** A point's account, risk model and signals, in the order in which assembly/terms.ts reads them. */
export function writeTerms(
  terms: Float64Array,
  card: IdeaCard,
  { constants, signals, levels, list }: PointTerms,
): void {
  const risk = card.risk_model;
  const stop = risk?.stop_loss ?? null;
  const target = risk?.take_profit ?? null;
  const buffer = stop?.type === 'atr_multiple' ? stop.buffer_pct : 0;
  const size = risk?.sizing?.value ?? 100;
  terms[0] = constants.startingEquity;
  terms[1] = starvationLevel(constants);
  terms[2] = constants.minNotional;
  terms[3] = constants.leverage;
  terms[4] = constants.imr;
  terms[5] = constants.mmr;
  terms[6] = constants.feeRate;
  terms[7] = constants.slippageRate;
  terms[8] = stop?.value ?? 0;
  terms[9] = (stop?.value ?? 0) / 100;
  terms[10] = buffer / 100;
  terms[11] = target?.value ?? 0;
  terms[12] = (target?.value ?? 0) / 100;
  terms[13] = size;
  terms[14] = size / 100;
  terms[15] = LEVEL_TYPES[stop?.type ?? 'none'];
  terms[16] = buffer === 0 ? 0 : 1;
  terms[17] = LEVEL_TYPES[target?.type ?? 'none'];
  terms[18] = SIZING_MODELS[risk?.sizing?.model ?? 'percent_notional'];
  terms[19] = card.position_policy.allow_flip ? 1 : 0;
  terms[20] = levels.stop;
  terms[21] = levels.target;
  terms[22] = signals.enterLong;
  terms[23] = signals.enterShort;
  terms[24] = signals.exitLong;
  terms[25] = signals.exitShort;
  terms[26] = signals.key;
  terms[27] = levels.adverseKey;
  terms[28] = levels.favourableKey;
  terms[29] = list;
}

// --- internal ---

interface Level {
  readonly type: string;
  readonly value: number;
  readonly atr_key: string | null;
  readonly buffer_pct?: number;
}

/** Keys are told apart for this many; a level that is forgotten gets a new one. */
const KEYS_MAX = 10_000;

const LEVEL_TYPES = { none: 0, percent: 1, fixed_points: 2, atr_multiple: 3, rr_ratio: 4 } as const;

const SIZING_MODELS = {
  percent_notional: 0,
  fixed_usdt: 1,
  percent_equity: 2,
  risk_based: 3,
} as const;
