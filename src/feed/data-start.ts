import type { IdeaCard, TfConfig } from '../card/schema.ts';
import { indicator } from '../indicators/registry.ts';
import { timeframeMs } from '../time.ts';

/**
 * Warm-up of a role in bars as the reference counts it (trade-semantics §3.3): the registry
 * warm-up reads the raw parameters, and the market structure's lookback takes part.
 */
export function tradeWarmupBars(card: IdeaCard, config: TfConfig): number {
  const registry = config.feature_specs.map((spec) =>
    indicator(spec.indicator_type).reportedWarmup(spec.params),
  );
  return Math.max(
    0,
    ...registry,
    config.warmup_bars,
    card.bars_history_required,
    config.market_structure?.lookback_bars ?? 0,
  );
}

/**
 * The data_start of §3.3, the same for every timeframe of the run. The warm-up of mtf is not
 * considered (A6), and htf counts only where its timeframe differs from exec's.
 */
export function dataStartMs(card: IdeaCard, windowStartMs: number): number {
  const { exec, htf } = card.tf_configs;
  const execStart = windowStartMs - tradeWarmupBars(card, exec) * timeframeMs(exec.tf);
  if (!htf || htf.tf === exec.tf) return execStart;
  return Math.min(execStart, windowStartMs - tradeWarmupBars(card, htf) * timeframeMs(htf.tf));
}
