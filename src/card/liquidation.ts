import type { IdeaCard } from './schema.ts';

/**
 * Why a position of the card is liquidated before its stop, or at once (design §12.4: a long entered
 * at 1 is liquidated at 1 − 1/L + mmr); undefined where it is not, or where it depends on prices.
 */
export function liquidatedFirst(card: IdeaCard): string | undefined {
  const leverage = card.risk_model?.sizing?.max_leverage ?? 1;
  const maintenance = card.account.maintenance_margin_rate;
  const distance = 100 * (1 / leverage - maintenance);
  if (distance <= 0) {
    return `at leverage ${leverage} the maintenance margin ${maintenance} is all of the margin: every position is liquidated on the bar that opens it`;
  }
  const stop = card.risk_model?.stop_loss;
  if (stop?.type !== 'percent' || stop.value < distance) return undefined;
  return `at leverage ${leverage} a position is liquidated ${Number(distance.toPrecision(4))} % away from its entry, before its stop at ${stop.value} %`;
}
