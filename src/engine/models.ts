import { assert } from '../assert.ts';
import type { IdeaCard } from '../card/schema.ts';
import { SweepError } from '../errors.ts';
import type { ProfileRules } from './profile.ts';

/** Constants of a run (trade-semantics §6.1, §7.1). Rates are fractions. */
export interface RunConstants {
  readonly startingEquity: number;
  readonly leverage: number;
  /** Initial margin rate, 1/leverage. */
  readonly imr: number;
  /** Maintenance margin rate. */
  readonly mmr: number;
  readonly feeRate: number;
  readonly slippageRate: number;
  readonly minNotional: number;
}

/** Leverage where a card has no sizing (`standard`: percent_notional 100 without leverage). */
const LEVERAGE_DEFAULT = 1;

/**
 * The leverage is `sizing.max_leverage`; `account.max_leverage` is dead in both profiles (C5).
 * @throws SweepError CARD_INVALID in a profile that cannot run without a risk model (C1).
 */
export function runConstants(card: IdeaCard, rules: ProfileRules): RunConstants {
  const { account, risk_model: risk } = card;
  if (rules.sizing === 'percent_equity' && !risk?.stop_loss) {
    throw new SweepError('CARD_INVALID', `profile ${rules.name} needs a risk_model with a stop`, {
      hint: 'Add risk_model.stop_loss, or run the card in profile standard.',
    });
  }
  const leverage = risk?.sizing?.max_leverage ?? LEVERAGE_DEFAULT;
  assert(leverage > 0, `leverage ${leverage} is not positive`);
  return {
    startingEquity: account.starting_equity_usdt,
    leverage,
    imr: 1 / leverage,
    mmr: account.maintenance_margin_rate,
    feeRate: account.fee_model.taker_bps / 10_000,
    slippageRate: account.slippage_bps / 10_000,
    minNotional: account.min_trade_notional_usdt,
  };
}

/** Price of a market fill: moved against the trader, `buyOrSell` 1 for a buy and −1 for a sale. */
export function fillPrice(price: number, buyOrSell: number, slippageRate: number): number {
  return price + buyOrSell * (price * slippageRate);
}

/** Largest notional that margin and entry fee together let `cash` open. */
export function affordableNotional(cash: number, { leverage, feeRate }: RunConstants): number {
  return (cash * leverage) / (1 + leverage * feeRate);
}

/** Margin and fee of the smallest order; an account below it cannot trade any more. */
export function starvationLevel({ minNotional, imr, feeRate }: RunConstants): number {
  return minNotional * imr + minNotional * feeRate;
}

/** Isolated-margin liquidation price: entry·(1 − 1/L + mmr) of a long, mirrored of a short. */
export function liquidationPrice(
  entryPrice: number,
  side: number,
  constants: RunConstants,
): number {
  const { imr, mmr } = constants;
  return side > 0 ? entryPrice * (1 - imr + mmr) : entryPrice * (1 + imr - mmr);
}

/** What a position pays at a funding event: positive leaves the account. Longs pay positive rates. */
export function fundingPayment(side: number, size: number, price: number, rate: number): number {
  return side * (size * price * rate);
}
