/**
 * The ledger: free cash and at most one position. `open`, `close` and `pay` are the only mutations
 * of cash; equity is cash plus unrealised PnL at the mark price of the last `mark`.
 */
export class Account {
  cash: number;
  equity: number;
  /** 1 long, −1 short, 0 flat; the rest describes the open position. */
  side: -1 | 0 | 1 = 0;
  size = 0;
  entryPrice = 0;
  notional = 0;
  entryFee = 0;
  entryBar = 0;
  /** NaN where there is none. */
  stop = Number.NaN;
  target = Number.NaN;
  /** Net funding paid by the position. */
  funding = 0;
  /** Extremes over the bars that ended with the position. */
  lowest = Number.POSITIVE_INFINITY;
  highest = Number.NEGATIVE_INFINITY;
  /** Sums of the run, both positive. */
  fundingPaid = 0;
  fundingReceived = 0;

  constructor(startingEquity: number) {
    this.cash = startingEquity;
    this.equity = startingEquity;
  }

  /** Opens a position and pays its fee. */
  open(fill: EntryFill): void {
    this.cash -= fill.fee;
    this.side = fill.side;
    this.size = fill.size;
    this.entryPrice = fill.price;
    this.notional = fill.notional;
    this.entryFee = fill.fee;
    this.entryBar = fill.bar;
    this.stop = fill.stop;
    this.target = fill.target;
    this.funding = 0;
    this.lowest = Number.POSITIVE_INFINITY;
    this.highest = Number.NEGATIVE_INFINITY;
  }

  /** Closes the position: its PnL before fees, less the exit fee, becomes cash. */
  close(realized: number, exitFee: number): void {
    this.cash += realized - exitFee;
    this.side = 0;
    this.size = 0;
    this.equity = this.cash;
  }

  /** A funding payment; negative is received. */
  pay(amount: number): void {
    this.cash -= amount;
    this.funding += amount;
    if (amount > 0) this.fundingPaid += amount;
    else this.fundingReceived -= amount;
  }

  /** Equity at `markPrice`. */
  mark(markPrice: number): void {
    this.equity = this.cash + this.unrealized(markPrice);
  }

  unrealized(price: number): number {
    return this.side * (price - this.entryPrice) * this.size;
  }
}

export interface EntryFill {
  readonly side: 1 | -1;
  readonly bar: number;
  readonly price: number;
  readonly size: number;
  readonly notional: number;
  readonly fee: number;
  readonly stop: number;
  readonly target: number;
}
