import type { StrategySignal, StrategyView } from 'ideasweep/strategy';

/**
 * A cross of two averages while the hourly trend agrees, out at the cross back or when a position has
 * gone nowhere for `patience` bars. `patience` and `quiet` are of this file alone: the card gives them
 * in `strategy_params`, and its sweep varies them.
 */
export default function emaCross(view: StrategyView): StrategySignal {
  const { exec, htf, position } = view;
  const [fast, slow] = [exec.indicator('ema_fast'), exec.indicator('ema_slow')];
  if (position !== null) {
    const isStale =
      position.barsHeld >= view.param('patience') && position.unrealizedPnl < view.param('quiet');
    return fast < slow || isStale ? 'exit' : null;
  }
  const wasBelow = exec.indicator('ema_fast', 1) <= exec.indicator('ema_slow', 1);
  const isTrending = exec.close > htf.indicator('ema_trend');
  return wasBelow && fast > slow && isTrending ? 'long' : null;
}
