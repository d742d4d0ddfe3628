import { openCandleDb } from '../candles/db.ts';
import { listSeries } from '../candles/query.ts';
import type { ParsedCard } from '../card/parse.ts';
import type { Config } from '../config.ts';
import { SweepError } from '../errors.ts';
import { planSweep } from '../executor/plan-sweep.ts';
import { dataStartMs } from '../feed/data-start.ts';
import { resolveSweep, type Sweep, type SweepOverrides } from '../grid/sweep.ts';
import { parseInstant, timeframeMs, type Window } from '../time.ts';

/**
 * The window of a `backtest` that names none: all stored candles of the card's symbol after the
 * warm-up, from a UTC midnight on.
 */
export async function windowOfAllCandles(
  config: Config,
  parsed: ParsedCard,
  overrides: SweepOverrides,
): Promise<Window | undefined> {
  const anyWindow = { startMs: 0, endMs: 1 };
  const draft = resolveSweep(parsed, { ...overrides, fallbackWindow: anyWindow }, Date.now());
  const stored = await storedRange(config, draft);
  if (stored === undefined) return undefined;
  if (draft.profile === 'trade') {
    return { ...stored, startMs: stored.startMs - dataStartMs(draft.card, 0) };
  }
  const startMs = await firstPossibleStart(config, { ...draft, axes: [], window: stored });
  return { ...stored, startMs };
}

// --- internal ---

/** Undefined where nothing is stored: planning then says so better than we could. */
async function storedRange(config: Config, sweep: Sweep): Promise<Window | undefined> {
  const { tf } = sweep.card.tf_configs.exec;
  const symbol = sweep.card.symbol_universe[0]?.toUpperCase();
  await using db = await openCandleDb(config.candlesPath, { readOnly: true });
  const series = (await listSeries(db)).find(
    (one) => one.symbol === symbol && one.timeframe === tf,
  );
  return series && { startMs: series.firstMs, endMs: series.lastMs + timeframeMs(tf) };
}

/** Planning knows the warm-up of every series of every timeframe; it names the first day itself. */
async function firstPossibleStart(config: Config, sweep: Sweep): Promise<number> {
  try {
    await planSweep(config, { ...sweep, constraints: [] });
    return sweep.window.startMs;
  } catch (error) {
    const isShort = error instanceof SweepError && error.code === 'WARMUP_NOT_COVERED';
    const day = isShort ? parseInstant(String(error.facts['firstDay'])) : undefined;
    if (day === undefined) throw error;
    return day;
  }
}
