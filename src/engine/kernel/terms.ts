import type { IdeaCard } from '../../card/schema.ts';
import type { FloatColumn } from '../../feed/feed-store.ts';
import type { MultiTFFeedStore } from '../../feed/multi-tf.ts';
import { runConstants, starvationLevel } from '../models.ts';
import { PROFILES } from '../profile.ts';
import type { SignalBits } from './signal-bits.ts';

/** Numbers that `writeTerms` writes. */
export const TERMS_LENGTH = 27;

/** Addresses of the float64 columns that stop and target read, 0 for none. */
export interface LevelColumns {
  readonly stop: number;
  readonly target: number;
}

/** `addressOf` gives the address of a column's float64 copy. */
export function levelColumns(
  { risk_model: risk }: IdeaCard,
  feeds: MultiTFFeedStore,
  addressOf: (column: FloatColumn) => number,
): LevelColumns {
  const address = (level: Level | null | undefined): number => {
    if (level?.type !== 'atr_multiple' || level.atr_key === null) return 0;
    const column = feeds.series('exec', level.atr_key);
    return column === undefined ? 0 : addressOf(column);
  };
  return { stop: address(risk?.stop_loss), target: address(risk?.take_profit) };
}

/** A point's account, risk model and signals, in the order in which assembly/terms.ts reads them. */
export function writeTerms(
  terms: Float64Array,
  card: IdeaCard,
  signals: SignalBits,
  columns: LevelColumns,
): void {
  const constants = runConstants(card, PROFILES.standard);
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
  terms[20] = columns.stop;
  terms[21] = columns.target;
  terms[22] = signals.enterLong;
  terms[23] = signals.enterShort;
  terms[24] = signals.exitLong;
  terms[25] = signals.exitShort;
  terms[26] = signals.key;
}

// --- internal ---

interface Level {
  readonly type: string;
  readonly atr_key: string | null;
}

const LEVEL_TYPES = { none: 0, percent: 1, fixed_points: 2, atr_multiple: 3, rr_ratio: 4 } as const;

const SIZING_MODELS = {
  percent_notional: 0,
  fixed_usdt: 1,
  percent_equity: 2,
  risk_based: 3,
} as const;
