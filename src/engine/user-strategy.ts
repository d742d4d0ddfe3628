/**
 * What a strategy file is written against (docs/strategies.md):
 *
 * ```ts
 * import type { StrategySignal, StrategyView } from 'ideasweep/strategy';
 *
 * export default function decide(view: StrategyView): StrategySignal {
 *   return view.exec.close > view.htf.indicator('ema_slow') ? 'long' : 'exit';
 * }
 * ```
 *
 * The function is called at the close of every exec bar of the simulation; what it returns is filled
 * at the open of the next. It must depend on the view alone: no clock, no randomness, no files.
 */
export type StrategyFunction = (view: StrategyView) => StrategySignal | undefined;

/**
 * `long` and `short` enter when flat; opposite to the position they close and reverse it where
 * `position_policy.allow_flip` is true, and mean nothing otherwise. A direction that
 * `position_policy.mode` forbids means nothing. `exit` closes. `null` does nothing.
 */
export type StrategySignal = 'long' | 'short' | 'exit' | null;

/** One instant of one point: everything that has closed, nothing that has not. */
export interface StrategyView {
  /** The timeframe that is traded. */
  readonly exec: TimeframeView;
  /** The last closed bar of the role. Reading a role that the card does not configure is an error. */
  readonly mtf: TimeframeView;
  readonly htf: TimeframeView;
  /** The open position, null when flat. */
  readonly position: StrategyPosition | null;
  /** Cash plus unrealised PnL at this close, quote currency. */
  readonly equity: number;
  /** Bars simulated before this one: 0 at the first. */
  readonly barNumber: number;
  /**
   * The value of an axis at this point, by its column name, else of `strategy_params` of the card.
   * A name that neither has is an error, and so is a value that is no number.
   */
  param(name: string): number;
  /** As `param`, for a value of any type. */
  option(name: string): number | string | boolean;
}

export interface TimeframeView {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Epoch ms. */
  readonly tsOpen: number;
  readonly tsClose: number;
  /** A price `barsBack` bars of this timeframe ago; NaN where none is loaded. */
  price(name: 'open' | 'high' | 'low' | 'close' | 'volume', barsBack?: number): number;
  /**
   * An output of the role's `feature_specs` by its key, `barsBack` bars of this timeframe ago; NaN
   * where it has no value. A key that the role does not declare is an error.
   */
  indicator(key: string, barsBack?: number): number;
}

export interface StrategyPosition {
  readonly side: 'long' | 'short';
  readonly entryPrice: number;
  /** Base units. */
  readonly size: number;
  /** Exec bars since the one that filled the entry: 0 at that bar's own close. */
  readonly barsHeld: number;
  /** Null where there is none. */
  readonly stopLoss: number | null;
  readonly takeProfit: number | null;
  /** Quote currency, before fees, at this close. */
  readonly unrealizedPnl: number;
}
