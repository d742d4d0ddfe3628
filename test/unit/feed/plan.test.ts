import { describe, expect, test } from 'vitest';
import { SweepError } from '../../../src/errors.ts';
import { buildFeatureFrame, storeOfFrame } from '../../../src/feed/feature-frame.ts';
import { feedNeeds, feedRanges, planFeeds, type FeedPlan } from '../../../src/feed/plan.ts';
import type { Sweep } from '../../../src/grid/sweep.ts';
import { FEED_FILE_BYTES_MAX } from '../../../src/limits.ts';
import { crossCard, multiTimeframeCard } from '../../support/cards.ts';
import {
  axis,
  candlesOf,
  factsOf,
  paramPath,
  plannedCandles,
  plansOf,
  START_MS,
  sweepOf,
} from '../../support/feeds.ts';

const DAY = 86_400_000;
const fiveMinutes = candlesOf({ timeframe: '5m', bars: 20 * 288 });
const quarterHours = candlesOf({ timeframe: '15m', bars: 20 * 96 });
const hours = candlesOf({ timeframe: '1h', bars: 24 * 24 });

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, n) => from + n);
}

function errorOf(run: () => unknown): SweepError {
  try {
    run();
  } catch (error) {
    if (error instanceof SweepError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function idsOf(plan: FeedPlan | undefined): string[] {
  return (plan?.columns ?? []).map(({ id }) => id);
}

test('a symbol in small letters reads the candles of its capitals', () => {
  const sweep = sweepOf(crossCard('').replace('[BTCUSDT]', '[btcusdt]'));
  expect(sweep.card.symbol_universe).toEqual(['btcusdt']);
  const [plan] = planFeeds({ sweep, facts: [factsOf({ ...fiveMinutes, symbol: 'btcusdt' })] });
  const read = plannedCandles(plan!, [fiveMinutes]);
  expect(storeOfFrame(buildFeatureFrame(plan!, read)).length).toBe(plan!.bars);
});

describe('the columns of a plan', () => {
  test('a 100 × 100 grid of two EMAs needs 200 columns and the ATR, each once', () => {
    const sweep = sweepOf(crossCard(''), {
      axes: [
        axis('fast', paramPath('exec', 0, 'length'), numbers(100)),
        axis('slow', paramPath('exec', 1, 'length'), numbers(100, 101)),
        axis('stop', ['risk_model', 'stop_loss', 'value'], numbers(5)),
      ],
      allowShortWarmup: true,
    });
    const ids = idsOf(plansOf(sweep, [fiveMinutes])[0]);
    expect(ids.length).toBe(201);
    expect(new Set(ids).size).toBe(201);
  });

  test('two specs that name the same series share its column', () => {
    const sweep = sweepOf(crossCard(''), {
      axes: [axis('fast', paramPath('exec', 0, 'length'), [50, 100])],
    });
    expect(idsOf(plansOf(sweep, [fiveMinutes])[0])).toEqual([
      'ema(length=50):close',
      'ema(length=100):close',
      'atr(length=14)',
    ]);
  });

  test('linked axes move together instead of multiplying', () => {
    const both = {
      name: 'pair',
      members: [
        { column: 'a', path: paramPath('exec', 0, 'length'), text: '' },
        { column: 'b', path: paramPath('exec', 1, 'length'), text: '' },
      ],
      values: numbers(10).map((n) => [n, 100 + n]),
    };
    const ids = idsOf(plansOf(sweepOf(crossCard(''), { axes: [both] }), [fiveMinutes])[0]);
    expect(ids.length).toBe(10 + 10 + 1);
  });

  test('`standard` plans only what rules and atr_key read; of macd not the histogram', () => {
    const plans = plansOf(sweepOf(multiTimeframeCard('')), [fiveMinutes, quarterHours, hours]);
    expect(plans.map(({ timeframe }) => timeframe)).toEqual(['5m', '15m', '1h']);
    expect(idsOf(plans[0])).toEqual(['rsi(length=14):close', 'atr(length=14)']);
    expect(idsOf(plans[1])).toEqual([
      'macd(fast=12,signal=9,slow=26):close.macd',
      'macd(fast=12,signal=9,slow=26):close.signal',
    ]);
    expect(idsOf(plans[2])).toEqual(['ema(length=50):close']);
  });

  test('an axis on a key of a rule adds what it names', () => {
    const path = ['signal_rules', 'entry_rules', 0, 'conditions', 0, 'value'];
    const card = crossCard('').replace(
      '- { indicator_type: atr',
      '- { indicator_type: sma, output_key: mean, params: { length: 40 } }\n      - { indicator_type: atr',
    );
    const swept = sweepOf(card, { axes: [axis('right', path, ['slow', 'mean'])] });
    expect(idsOf(plansOf(swept, [fiveMinutes])[0])).toContain('sma(length=40):close');
    expect(idsOf(plansOf(sweepOf(card), [fiveMinutes])[0])).not.toContain('sma(length=40):close');
  });

  test('values that the indicator refuses are left out', () => {
    const sweep = sweepOf(multiTimeframeCard(''), {
      axes: [
        axis('fast', paramPath('mtf', 0, 'fast'), [5, 20]),
        axis('slow', paramPath('mtf', 0, 'slow'), [10, 30]),
      ],
    });
    const ids = idsOf(plansOf(sweep, [fiveMinutes, quarterHours, hours])[1]);
    expect(ids.length).toBe(3 * 2);
    expect(ids.filter((id) => id.includes('fast=20,signal=9,slow=10'))).toEqual([]);
  });

  test('a symbol axis plans every symbol', () => {
    const sweep = sweepOf(crossCard(''), {
      axes: [axis('symbol', ['symbol_universe'], ['BTCUSDT', 'ETHUSDT'])],
    });
    expect(feedNeeds(sweep)).toEqual([
      { symbol: 'BTCUSDT', timeframe: '5m' },
      { symbol: 'ETHUSDT', timeframe: '5m' },
    ]);
    const ether = candlesOf({ symbol: 'ETHUSDT', timeframe: '5m', bars: 20 * 288, seed: 2 });
    const plans = plansOf(sweep, [fiveMinutes, ether]);
    expect(plans.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(plans[0]?.hash).not.toBe(plans[1]?.hash);
  });
});

describe('the rows of a plan', () => {
  test('`standard`: a series begins its warm-up of stored bars before the window, whatever the others need', () => {
    const plan = plansOf(sweepOf(crossCard('')), [fiveMinutes])[0] as FeedPlan;
    const windowRow = (sweepOf(crossCard('')).window.startMs - START_MS) / 300_000;
    expect(plan.windowStartRow).toBe(700);
    expect(plan.startMs).toBe(fiveMinutes.tsOpen[windowRow - 700]);
    expect(plan.bars).toBe(700 + 3 * 288);
    expect(plan.columns.map(({ firstRow, warmupBars }) => [firstRow, warmupBars])).toEqual([
      [630, 70],
      [0, 700],
      [504, 196],
    ]);
  });

  test('`standard`: gaps before the window count nothing', () => {
    const gappy = candlesOf({
      timeframe: '5m',
      bars: 20 * 288,
      missing: (row) => row >= 4000 && row < 4100,
    });
    const plan = plansOf(sweepOf(crossCard('')), [gappy])[0] as FeedPlan;
    expect(plan.windowStartRow).toBe(700);
    expect(plan.startMs).toBe(START_MS + (16 * 288 - 800) * 300_000);
  });

  test('`standard`: look-back of the largest prev_offset and one closed higher bar are loaded', () => {
    const card = (offset: number): string => `
id: prices
version: '1'
account: { starting_equity_usdt: 1000, max_leverage: 1, min_trade_notional_usdt: 10, fee_model: { taker_bps: 6 } }
symbol_universe: [BTCUSDT]
tf_configs: { exec: { tf: 5m, role: exec }, htf: { tf: 1h, role: htf } }
signal_rules:
  entry_rules:
    - direction: long
      conditions:
        - { indicator_key: close, operator: cross_above, value: open, is_indicator_comparison: true, prev_offset: ${offset} }
        - { indicator_key: close, operator: gt, value: open, is_indicator_comparison: true, tf: htf }
`;
    const plans = plansOf(sweepOf(card(3)), [fiveMinutes, hours]);
    expect(plans.map(({ windowStartRow }) => windowStartRow)).toEqual([4, 2]);
    const sweep = sweepOf(card(1), {
      axes: [
        axis('back', ['signal_rules', 'entry_rules', 0, 'conditions', 0, 'prev_offset'], [1, 7]),
      ],
    });
    expect(plansOf(sweep, [fiveMinutes, hours])[0]?.windowStartRow).toBe(8);
  });

  test('`trade`: every role is loaded from data_start to the window end, both included', () => {
    const sweep = sweepOf(multiTimeframeCard(''), { profile: 'trade' });
    const plans = plansOf(sweep, [fiveMinutes, quarterHours, hours]);
    // warm(exec) = 15 bars of 5m, warm(htf) = 3 · 50 hours; mtf does not count (A6).
    const startMs = sweep.window.startMs - 150 * 3_600_000;
    for (const plan of plans) {
      expect(plan.startMs).toBe(startMs);
      expect(plan.endMs).toBe(sweep.window.endMs + 1);
    }
    expect(plans[0]?.bars).toBe((150 + 72) * 12 + 1);
    expect(idsOf(plans[1])).toEqual([
      `macd(fast=12,signal=9,slow=26):close.macd@${startMs}`,
      `macd(fast=12,signal=9,slow=26):close.signal@${startMs}`,
      `macd(fast=12,signal=9,slow=26):close.histogram@${startMs}`,
    ]);
  });

  test('`trade`: a series is planned once per data_start that the grid can have', () => {
    const sweep = sweepOf(crossCard(''), {
      profile: 'trade',
      axes: [
        axis('fast', paramPath('exec', 0, 'length'), [5, 10, 200]),
        axis('slow', paramPath('exec', 1, 'length'), [50, 100]),
      ],
    });
    const plan = plansOf(sweep, [fiveMinutes])[0] as FeedPlan;
    const at = (bars: number) => sweep.window.startMs - bars * 300_000;
    expect(plan.windowStartRow).toBe(600);
    const slow50 = plan.columns.filter(({ id }) => id.startsWith('ema(length=50)'));
    expect(slow50.map(({ id, firstRow }) => [id, firstRow])).toEqual([
      [`ema(length=50):close@${at(150)}`, 450],
      [`ema(length=50):close@${at(600)}`, 0],
    ]);
  });

  test('the ranges to digest are those of the plans', () => {
    const stored = [fiveMinutes, quarterHours, hours];
    for (const profile of ['standard', 'trade'] as const) {
      const sweep = sweepOf(multiTimeframeCard(''), { profile });
      const planned = plansOf(sweep, stored).map(({ symbol, timeframe, startMs, endMs }) => {
        return { symbol, timeframe, startMs, endMs };
      });
      expect(feedRanges(sweep, stored)).toEqual(planned);
    }
  });

  test('the name changes with candles, range and columns, and with nothing else', () => {
    const base = sweepOf(crossCard(''));
    const hashOf = (sweep: Sweep, candles = fiveMinutes): string =>
      (plansOf(sweep, [candles])[0] as FeedPlan).hash;
    const hash = hashOf(base);
    expect(
      hashOf({ ...base, name: 'other', objective: { metric: 'x', direction: 'minimize' } }),
    ).toBe(hash);
    const stops = axis('stop', ['risk_model', 'stop_loss', 'value'], [1, 2]);
    expect(hashOf({ ...base, axes: [stops] })).toBe(hash);
    const later = { ...base, window: { ...base.window, endMs: base.window.endMs + 300_000 } };
    const other = candlesOf({ timeframe: '5m', bars: 20 * 288, seed: 9 });
    const slow = axis('slow', paramPath('exec', 1, 'length'), [100, 110]);
    const changed = [
      hashOf(later),
      hashOf({ ...base, precision: 'float32' }),
      hashOf(base, other),
      hashOf({ ...base, axes: [slow] }),
    ];
    expect(new Set([hash, ...changed]).size).toBe(5);
  });
});

describe('a plan is refused', () => {
  test('when the symbol has no candles of a timeframe', () => {
    const error = errorOf(() => plansOf(sweepOf(multiTimeframeCard('')), [fiveMinutes, hours]));
    expect(error.code).toBe('SYMBOL_UNKNOWN');
    expect(error.message).toBe('no 15m candles of BTCUSDT are stored');
  });

  test('when the window holds no candle', () => {
    const startMs = Date.UTC(2024, 0, 1);
    const window = { startMs, endMs: startMs + DAY };
    const error = errorOf(() => plansOf(sweepOf(crossCard(''), { window }), [fiveMinutes]));
    expect(error.code).toBe('WINDOW_EMPTY');
    expect(error.message).toContain('2024-01-01 .. 2024-01-02');
    expect(error.hint).toContain('2023-01-01');
  });

  test('when the warm-up is not covered, with the first day on which a window can start', () => {
    const startMs = START_MS + DAY;
    const sweep = sweepOf(crossCard(''), { window: { startMs, endMs: startMs + DAY } });
    const error = errorOf(() => plansOf(sweep, [fiveMinutes]));
    expect(error.code).toBe('WARMUP_NOT_COVERED');
    expect(error.message).toBe(
      'too few candles are stored before 2023-01-02 (BTCUSDT 5m: 288 of 700 warm-up bars of ema(length=100):close); ' +
        'the window can start on 2023-01-04 at the earliest',
    );
    expect(error.hint).toContain('--allow-short-warmup');
    const day = Date.UTC(2023, 0, 4);
    const onThatDay = { ...sweep, window: { startMs: day, endMs: day + DAY } };
    expect(plansOf(onThatDay, [fiveMinutes]).length).toBe(1);
    const dayBefore = { ...sweep, window: { startMs: day - DAY, endMs: day } };
    expect(errorOf(() => plansOf(dayBefore, [fiveMinutes])).code).toBe('WARMUP_NOT_COVERED');
  });

  test('unless a short warm-up is allowed: then series begin at the first stored bar', () => {
    const startMs = START_MS + DAY;
    const sweep = sweepOf(crossCard(''), {
      window: { startMs, endMs: startMs + DAY },
      allowShortWarmup: true,
    });
    const plan = plansOf(sweep, [fiveMinutes])[0] as FeedPlan;
    expect(plan.startMs).toBe(START_MS);
    expect(plan.columns.map(({ firstRow }) => firstRow)).toEqual([218, 0, 92]);
  });

  test('when its feeds are beyond the limit, naming the axis to blame', () => {
    const sweep = sweepOf(crossCard(''), {
      axes: [
        axis('fast', paramPath('exec', 0, 'length'), numbers(3)),
        axis('slow', paramPath('exec', 1, 'length'), numbers(90)),
        axis('stop', ['risk_model', 'stop_loss', 'value'], numbers(500)),
      ],
    });
    const limits = { fileBytesMax: 2 ** 20, planBytesMax: 2 ** 20 };
    const facts = [factsOf(fiveMinutes)];
    const error = errorOf(() => planFeeds({ sweep, facts, limits }));
    expect(error.code).toBe('GRID_TOO_LARGE');
    expect(error.message).toContain('axis slow has 90 values');
  });

  test('when one spec alone has too many combinations', () => {
    const sweep = sweepOf(multiTimeframeCard(''), {
      axes: [
        axis('fast', paramPath('mtf', 0, 'fast'), numbers(70)),
        axis('slow', paramPath('mtf', 0, 'slow'), numbers(90)),
        axis('signal', paramPath('mtf', 0, 'signal'), numbers(60)),
      ],
    });
    const error = errorOf(() => plansOf(sweep, [fiveMinutes, quarterHours, hours]));
    expect(error.message).toContain('axis slow has 90 values');
  });
});

test('a plan too large for one file is cut into groups that keep a series together', () => {
  const sweep = sweepOf(multiTimeframeCard(''), {
    axes: [axis('fast', paramPath('mtf', 0, 'fast'), numbers(10, 5))],
  });
  const facts = [fiveMinutes, quarterHours, hours].map(factsOf);
  const whole = planFeeds({ sweep, facts });
  const quarter = whole[1] as FeedPlan;
  const limits = { fileBytesMax: quarter.bars * (72 + 5 * 8), planBytesMax: 2 ** 30 };
  const groups = planFeeds({ sweep, facts, limits }).filter(({ timeframe }) => timeframe === '15m');
  expect(groups.map(({ columns }) => columns.length)).toEqual([4, 4, 4, 4, 4]);
  expect(groups.flatMap(idsOf)).toEqual(idsOf(quarter));
  expect(new Set(groups.map(({ fileName }) => fileName)).size).toBe(5);
  expect(new Set(groups.map(({ bars, startMs }) => `${bars} ${startMs}`)).size).toBe(1);
});

describe('the files of a plan', () => {
  const barsOf = (bars: number) => {
    const tsOpen = Float64Array.from({ length: bars }, (_, row) => START_MS + row * 300_000);
    return { symbol: 'BTCUSDT', timeframe: '5m' as const, tsOpen, monthDigests: [] };
  };
  const filesOf = (bars: number, columns: number) => {
    const sweep = sweepOf(crossCard(''), {
      axes: [axis('fast', paramPath('exec', 0, 'length'), numbers(columns - 2, 200))],
      window: { startMs: START_MS + 20 * DAY, endMs: START_MS + bars * 300_000 },
      allowShortWarmup: true,
    });
    return planFeeds({ sweep, facts: [barsOf(bars)] });
  };

  test('are as few as the limit asks for, and about equal', () => {
    expect(filesOf(200_000, 100).map(({ columns }) => columns.length)).toEqual([100]);
    const files = filesOf(200_000, 201);
    expect(files.map(({ columns }) => columns.length)).toEqual([101, 100]);
    for (const { bytes } of files) expect(bytes).toBeLessThanOrEqual(FEED_FILE_BYTES_MAX);
  });

  test('are larger where times and prices, which each has, would be much of them', () => {
    const [file, ...others] = filesOf(3_000_000, 20);
    expect(others).toEqual([]);
    expect(file?.bytes).toBeGreaterThan(3 * FEED_FILE_BYTES_MAX);
  });
});
