import { describe, expect, test } from 'vitest';
import { tradeRecords } from '../../src/engine/trade-log.ts';
import { runSignals, type Candle } from '../support/signal-runs.ts';

/**
 * freqtrade's own table of stop and target cases inside a candle: github.com/freqtrade/freqtrade,
 * tests/optimize/test_backtest_detail.py, cases tc0 to tc30 that have fixed levels. Candles, levels
 * and results are theirs, entered by hand; fees are 0 there. Signals act at the next open; the stop
 * is `stopLoss` and the target `roi` away from the entry's open, divided by the leverage. The cases
 * left out are listed with the reason in docs/published-results.md.
 */
interface Case {
  readonly name: string;
  readonly candles: readonly Candle[];
  readonly long?: readonly number[];
  readonly short?: readonly number[];
  readonly exit?: readonly number[];
  readonly stopLoss: number;
  readonly roi: number;
  readonly leverage?: number;
  /** Σ profit over the trades, as a share of the margin, to three decimals. */
  readonly profit: number;
  /** Reason, bar of the entry, bar of the exit. */
  readonly trades: readonly (readonly [string, number, number])[];
}

const CALM: Candle = [5000, 5025, 4975, 4987];

const CASES: readonly Case[] = [
  {
    name: 'tc0: an exit signal acts at the next open',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5010, 4980, 5010],
      [5010, 5011, 4977, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    exit: [3],
    stopLoss: 0.01,
    roi: 1,
    profit: 0.002,
    trades: [['signal', 1, 4]],
  },
  {
    name: 'tc1: a stop loses its 1 % however far the candle falls',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4600, 4600],
      [4975, 5000, 4975, 4977],
      [4977, 4995, 4977, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    stopLoss: 0.01,
    roi: 1,
    profit: -0.01,
    trades: [['sl', 1, 2]],
  },
  {
    name: 'tc2: a low of −4 % and a close of −1 % stop at 3 %',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4962, 4975],
      [4975, 5000, 4800, 4962],
      [4962, 4987, 4937, 4950],
      [4950, 4975, 4925, 4950],
    ],
    long: [0],
    stopLoss: 0.03,
    roi: 1,
    profit: -0.03,
    trades: [['sl', 1, 3]],
  },
  {
    name: 'tc3: two trades, both stopped',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4800, 4975],
      [4975, 5000, 4950, 4962],
      [4975, 5000, 4950, 4962],
      [4962, 4987, 4000, 4000],
      [4950, 4975, 4950, 4950],
    ],
    long: [0, 3],
    stopLoss: 0.02,
    roi: 1,
    profit: -0.04,
    trades: [
      ['sl', 1, 2],
      ['sl', 4, 5],
    ],
  },
  {
    name: 'tc4: stop and target in one candle, the stop counts',
    candles: [
      CALM,
      CALM,
      [4987, 5750, 4850, 5750],
      [4975, 5000, 4950, 4962],
      [4962, 4987, 4937, 4950],
      [4950, 4975, 4925, 4950],
    ],
    long: [0],
    stopLoss: 0.02,
    roi: 0.06,
    profit: -0.02,
    trades: [['sl', 1, 2]],
  },
  {
    name: 'tc5: a target gains its 3 % however far the candle rises',
    candles: [
      [5000, 5025, 4980, 4987],
      [5000, 5025, 4980, 4987],
      [4987, 5025, 4975, 4987],
      [4975, 6000, 4975, 6000],
      [4962, 4987, 4962, 4972],
      [4950, 4975, 4925, 4950],
    ],
    long: [0],
    stopLoss: 0.01,
    roi: 0.03,
    profit: 0.03,
    trades: [['tp', 1, 3]],
  },
  {
    name: 'tc6: −3 %, +6 %, close +1 %: stopped at 2 %',
    candles: [
      CALM,
      CALM,
      [4987, 5300, 4850, 5050],
      [4975, 5000, 4950, 4962],
      [4962, 4987, 4950, 4950],
      [4950, 4975, 4925, 4950],
    ],
    long: [0],
    stopLoss: 0.02,
    roi: 0.05,
    profit: -0.02,
    trades: [['sl', 1, 2]],
  },
  {
    name: 'tc7: +6 %, −1 %, close +1 %: target at 3 %',
    candles: [
      CALM,
      CALM,
      [4987, 5300, 4950, 5050],
      [4975, 5000, 4950, 4962],
      [4962, 4987, 4950, 4950],
      [4950, 4975, 4925, 4950],
    ],
    long: [0],
    stopLoss: 0.02,
    roi: 0.03,
    profit: 0.03,
    trades: [['tp', 1, 2]],
  },
  {
    name: 'tc13: entry and target in one candle',
    candles: [
      [5000, 5050, 4950, 5000],
      [5000, 5100, 4950, 5100],
      [5100, 5251, 4850, 5100],
      [4850, 5050, 4750, 4750],
      [4750, 4950, 4750, 4750],
    ],
    long: [0],
    stopLoss: 0.1,
    roi: 0.01,
    profit: 0.01,
    trades: [['tp', 1, 1]],
  },
  {
    name: 'tc14: entry and stop in one candle',
    candles: [
      [5000, 5050, 4950, 5000],
      [5000, 5100, 4600, 5100],
      [5100, 5251, 4850, 5100],
      [4850, 5050, 4750, 4750],
      [4750, 4950, 4350, 4750],
    ],
    long: [0],
    stopLoss: 0.05,
    roi: 0.1,
    profit: -0.05,
    trades: [['sl', 1, 1]],
  },
  {
    name: 'tc15: entry and target, then entry and stop, each in one candle',
    candles: [
      [5000, 5050, 4950, 5000],
      [5000, 5100, 4900, 5100],
      [5100, 5251, 4650, 5100],
      [4850, 5050, 4750, 4750],
      [4750, 4950, 4350, 4750],
    ],
    long: [0, 1],
    stopLoss: 0.05,
    roi: 0.01,
    profit: -0.04,
    trades: [
      ['tp', 1, 1],
      ['sl', 2, 2],
    ],
  },
  {
    name: 'tc25: a stop on the candle of the exit signal wins, the signal acts later',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5010, 4855, 5010],
      [5010, 5010, 4977, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    exit: [3],
    stopLoss: 0.01,
    roi: 1,
    profit: -0.01,
    trades: [['sl', 1, 3]],
  },
  {
    name: 'tc26: an exit signal leaves at the open, before the stop of that candle',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5010, 4986, 5010],
      [5010, 5010, 4855, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    exit: [3],
    stopLoss: 0.01,
    roi: 1,
    profit: 0.002,
    trades: [['signal', 1, 4]],
  },
  {
    name: 'tc27: the same with leverage 5',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5010, 4986, 5010],
      [5010, 5010, 4855, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    exit: [3],
    stopLoss: 0.05,
    roi: 1,
    leverage: 5,
    profit: 0.01,
    trades: [['signal', 1, 4]],
  },
  {
    name: 'tc28: the same short with leverage 5',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5010, 4986, 5010],
      [4990, 5010, 4855, 4995],
      [4995, 4995, 4950, 4950],
    ],
    short: [0],
    exit: [3],
    stopLoss: 0.05,
    roi: 1,
    leverage: 5,
    profit: 0.01,
    trades: [['signal', 1, 4]],
  },
  {
    name: 'tc29: a target on the candle of the exit signal wins',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5251, 4986, 5010],
      [5010, 5010, 4855, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    exit: [3],
    stopLoss: 0.1,
    roi: 0.05,
    profit: 0.05,
    trades: [['tp', 1, 3]],
  },
  {
    name: 'tc30: an exit signal leaves at the open, before the target of that candle',
    candles: [
      CALM,
      CALM,
      [4987, 5012, 4986, 4986],
      [5010, 5012, 4986, 5010],
      [5010, 5251, 4855, 4995],
      [4995, 4995, 4950, 4950],
    ],
    long: [0],
    exit: [3],
    stopLoss: 0.1,
    roi: 0.05,
    profit: 0.002,
    trades: [['signal', 1, 4]],
  },
];

describe("freqtrade's stop and target table", () => {
  test.each(CASES)(
    '$name',
    ({ candles, stopLoss, roi, leverage = 1, profit, trades, ...signals }) => {
      const side = signals.short ? -1 : 1;
      const entryOpen = (signalBar: number) => candles[signalBar + 1]?.[0] ?? Number.NaN;
      const result = runSignals({
        ...signals,
        candles,
        leverage,
        stopAt: (bar) => entryOpen(bar) * (1 - (side * stopLoss) / leverage),
        targetAt: (bar) => entryOpen(bar) * (1 + (side * roi) / leverage),
      });
      const records = tradeRecords(result);
      const ticks = Array.from({ length: records.length }, (_, row) => [
        records[row]?.exit_reason,
        result.trades.entryBar[row],
        result.trades.exitBar[row],
      ]);
      expect(ticks).toEqual(trades);
      const total = records.reduce((sum, { pnl_pct }) => sum + (pnl_pct / 100) * leverage, 0);
      expect(total).toBeCloseTo(profit, 9);
    },
  );
});
