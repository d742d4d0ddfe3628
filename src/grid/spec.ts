import type { IdeaCard } from '../card/schema.ts';
import type { StrategyCode } from '../card/strategy-code.ts';
import type { ProfileName } from '../engine/profile.ts';
import type { Window } from '../time.ts';
import type { Axis } from './axis.ts';

/** A resolved sweep: plain JSON, stored as it is; a worker rebuilds the grid from it alone. */
export interface Sweep {
  readonly name: string;
  /** The base card, `--set` applied. */
  readonly card: IdeaCard;
  readonly profile: ProfileName;
  readonly window: Window;
  readonly axes: readonly Axis[];
  readonly constraints: readonly string[];
  readonly require: readonly string[];
  readonly objective: Objective;
  readonly precision: 'float64' | 'float32';
  readonly allowShortWarmup: boolean;
  /** The code behind `card.strategy`: it travels with the sweep to every worker. */
  readonly strategy?: StrategyCode;
}

export interface Objective {
  readonly metric: string;
  readonly direction: 'maximize' | 'minimize';
}

/** Command-line flags that stand above the file. */
export interface SweepOverrides {
  /** `fast=5..50:5`, `fast=5,10,20`, `exec.ema_fast.length=…`, `name:path=…` */
  readonly axis?: readonly string[];
  /** `path=value` */
  readonly set?: readonly string[];
  /** `A..B` or `last:180d` */
  readonly window?: string;
  /** `sharpe`, `max_drawdown_pct:minimize` */
  readonly objective?: string;
  readonly profile?: string;
  readonly allowShortWarmup?: boolean;
  readonly name?: string;
  readonly strict?: boolean;
  /** `--strategy FILE`: read before the sweep is resolved, where files are read. */
  readonly strategy?: string;
  /** Used when neither file nor flag names a window (`backtest` without one). */
  readonly fallbackWindow?: Window;
}
