import { expect, test } from 'vitest';
import type { Candles } from '../../src/candles/query.ts';
import { parseCard } from '../../src/card/parse.ts';
import { decodeUtf8 } from '../../src/card/yaml.ts';
import { tradeRecords } from '../../src/engine/trade-log.ts';
import { SweepError } from '../../src/errors.ts';
import { runPoint } from '../../src/executor/run-point.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import { resolveSweep, type Sweep } from '../../src/grid/sweep.ts';
import { referenceInput } from '../reference/card-path.ts';
import { runReference } from '../reference/engine.ts';
import { candlesOfSweep, libraryFor, pointsOf, windowFor } from '../support/card-runs.ts';
import { START_MS } from '../support/feeds.ts';
import { randomCardBytes } from '../support/random-card-bytes.ts';

/** CARD_PATH_SEEDS=20000 runs the long comparison; every seed is run in both profiles. */
const SEEDS = Number(process.env['CARD_PATH_SEEDS'] ?? 1000);

test(
  `from candles to trades, ${SEEDS} random cards equal the slow loader and engine, gaps and all`,
  () => {
    const seen = { points: 0, trades: 0, trade: 0, higher: 0 };
    const different: object[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      for (const profile of ['standard', 'trade'] as const) {
        const sweep = sweepOfSeed(seed, profile);
        if (!sweep) continue;
        const candles = candlesOfSweep(sweep, (row) => seed % 2 === 0 && row % 29 < seed % 5);
        const compared = comparisons(sweep, candles);
        different.push(...compared.flatMap((one) => differenceOf({ seed, profile }, one)));
        seen.points += compared.length;
        seen.trades += compared.reduce((sum, { expected }) => sum + expected.length, 0);
        seen.trade += profile === 'trade' ? compared.length : 0;
        seen.higher += sweep.card.tf_configs.htf ? compared.length : 0;
      }
    }
    expect(different).toEqual([]);
    expect(seen.trades).toBeGreaterThan(SEEDS * 2);
    expect(Math.min(seen.trade, seen.higher)).toBeGreaterThan(SEEDS / 40);
  },
  120_000 + SEEDS * 200,
);

// --- internal ---

function sweepOfSeed(seed: number, profile: Sweep['profile']): Sweep | undefined {
  const text = decodeUtf8(randomCardBytes(seed));
  if (text === undefined) return undefined;
  try {
    const parsed = parseCard(text);
    const fallbackWindow = windowFor(parsed.card.tf_configs.exec.tf);
    const overrides = { profile, fallbackWindow, allowShortWarmup: true };
    const sweep = resolveSweep(parsed, overrides, START_MS);
    return sweep.precision === 'float64' ? sweep : undefined;
  } catch (error) {
    // Refusals are the subject of card-run-fuzz.test.ts.
    if (error instanceof SweepError) return undefined;
    throw error;
  }
}

interface Comparison {
  readonly index: number;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** The first trade that differs, with what says how to find it again; nothing where all are equal. */
function differenceOf(place: object, { index, expected, actual }: Comparison): object[] {
  const row = expected.findIndex((line, n) => line !== actual[n]);
  if (row < 0 && expected.length === actual.length) return [];
  return [{ ...place, index, row, expected: expected[row], actual: actual[row] }];
}

function comparisons(sweep: Sweep, candles: readonly Candles[]): Comparison[] {
  const grid = createGrid(sweep);
  const library = libraryOrNothing(sweep, candles);
  if (!library) return [];
  return pointsOf(grid).map((index) => {
    const card = grid.cardAt(index);
    const input = referenceInput(
      sweep,
      card,
      (timeframe) => candles.find((one) => one.timeframe === timeframe) as Candles,
    );
    const expected = input ? slowLines(input) : ['none'];
    let actual: string[];
    try {
      actual = lines(runPoint({ library, sweep, grid, makeStrategy: undefined }, index));
    } catch (error) {
      if (!(error instanceof SweepError)) throw error;
      actual = ['none'];
    }
    return { index, expected, actual };
  });
}

function libraryOrNothing(sweep: Sweep, candles: readonly Candles[]) {
  try {
    return libraryFor(sweep, candles);
  } catch (error) {
    // A window without candles, a symbol that is not stored.
    if (error instanceof SweepError) return undefined;
    throw error;
  }
}

/** One line a trade, times instead of rows: the two count rows from different places. */
function lines(result: ReturnType<typeof runPoint>): string[] {
  return tradeRecords(result).map((t) =>
    [t.side, t.entry_time, t.exit_time, t.exit_reason, t.entry_price, t.exit_price, t.net_pnl].join(
      ' ',
    ),
  );
}

function slowLines(input: NonNullable<ReturnType<typeof referenceInput>>): string[] {
  const instant = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
  return runReference(input).trades.map((t) =>
    [
      t.side,
      instant(input.exec[t.entryBar]?.tsOpen ?? Number.NaN),
      instant(t.exitTime),
      t.reason,
      t.entryPrice,
      t.exitPrice,
      t.netPnl,
    ].join(' '),
  );
}
