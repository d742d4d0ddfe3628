import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { inspectCard, parseCard } from '../../src/card/parse.ts';
import { PLACEHOLDER } from '../../src/card/repair.ts';
import { cardProblems } from '../../src/grid/card-problems.ts';
import { decodeUtf8 } from '../../src/card/yaml.ts';
import { SweepError } from '../../src/errors.ts';
import { runPoint } from '../../src/executor/run-point.ts';
import { createGrid } from '../../src/grid/create-grid.ts';
import { resolveSweep } from '../../src/grid/sweep.ts';
import { findTraps } from '../../src/grid/traps.ts';
import { computeMetrics } from '../../src/metrics/metrics.ts';
import { cpuMs } from '../support/cpu-time.ts';
import { libraryFor, pointsOf, windowFor } from '../support/card-runs.ts';
import { START_MS } from '../support/feeds.ts';
import { CANARY, randomCardBytes } from '../support/random-card-bytes.ts';

/** CARD_RUN_FUZZ=10000 runs the long search; CARD_RUN_SEED=n runs that one card. */
const CARDS = Number(process.env['CARD_RUN_FUZZ'] ?? 1000);
const ONE_SEED = process.env['CARD_RUN_SEED'];
/** CPU time: a busy machine does not stretch it. */
const CARD_MS_MAX = 1000;
/** Heap and buffers that may stay behind after all cards, caches of this test included. */
const KEPT_BYTES_MAX = 64 * 2 ** 20;
/** What one card may take at a time. */
const PEAK_BYTES_MAX = 512 * 2 ** 20;

/** A value that is shown at all is shown in part; unknown keys are named in full. */
const MESSAGE_LENGTH_MAX = 4000;

test(
  `${CARDS} generated and mutated cards run or are refused with issues`,
  () => {
    const prototypes = prototypeKeys();
    const memory = new MemoryMeter();
    const seen = {
      ran: 0,
      trades: 0,
      slowest: { seed: 0, ms: 0 },
      codes: new Map<string, number>(),
      failures: [] as string[],
    };
    const [first, last] = ONE_SEED ? [Number(ONE_SEED), Number(ONE_SEED)] : [1, CARDS];
    for (let seed = first; seed <= last; seed++) {
      const started = cpuMs();
      const { codes, trades, failure } = tried(seed);
      const ms = cpuMs() - started;
      if (ms > seen.slowest.ms) seen.slowest = { seed, ms };
      if (failure !== undefined) seen.failures.push(failure);
      else if (codes.length === 0) seen.ran += 1;
      seen.trades += trades;
      for (const code of new Set(codes)) seen.codes.set(code, (seen.codes.get(code) ?? 0) + 1);
      memory.look(seed);
    }
    if (CARDS > 1000) {
      const codes = Object.fromEntries(seen.codes);
      process.stdout.write(`${JSON.stringify({ ...seen, codes, peak: memory.peakBytes })}\n`);
    }
    expect(seen.failures).toEqual([]);
    expect(seen.slowest.ms, `seed ${seen.slowest.seed}`).toBeLessThan(CARD_MS_MAX);
    expect(prototypeKeys()).toEqual(prototypes);
    expect((globalThis as Record<string, unknown>)[CANARY]).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(memory.peakBytes, `seed ${memory.peakSeed}`).toBeLessThan(PEAK_BYTES_MAX);
    expect(memory.keptBytes()).toBeLessThan(KEPT_BYTES_MAX);
    // The search means something only if it reaches both ends; one card alone need not.
    const cards = last - first;
    expect(seen.ran).toBeGreaterThanOrEqual(Math.floor(cards / 5));
    expect(seen.trades).toBeGreaterThanOrEqual(cards);
    expect(seen.codes.size).toBeGreaterThanOrEqual(Math.min(cards, 20));
  },
  120_000 + CARDS * 60,
);

// --- internal ---

interface Outcome {
  /** Empty when the card ran. */
  readonly codes: readonly string[];
  readonly trades: number;
}

/** Anything but a SweepError that names its reason is a failure, told with its seed. */
function tried(seed: number): Outcome & { readonly failure?: string } {
  const bytes = randomCardBytes(seed);
  try {
    return outcomeOf(bytes);
  } catch (error) {
    if (ONE_SEED) process.stdout.write(`${Buffer.from(bytes).toString('latin1')}\n`);
    const stack = error instanceof Error ? error.stack : String(error);
    return { codes: [], trades: 0, failure: `CARD_RUN_SEED=${seed} ${stack?.slice(0, 900)}` };
  }
}

function outcomeOf(bytes: Uint8Array): Outcome {
  const text = decodeUtf8(bytes);
  if (text === undefined) return { codes: ['NOT_UTF8'], trades: 0 };
  const found = inspectCard(text);
  const problems = found.issues.length > 0 ? cardProblems(found, {}, START_MS) : [];
  expect(JSON.stringify(problems)).not.toContain(PLACEHOLDER);
  for (const { code, message } of [...found.issues, ...problems, ...found.warnings]) {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(message.length).toBeGreaterThan(5);
    expect(message.length).toBeLessThan(MESSAGE_LENGTH_MAX);
  }
  try {
    return { codes: [], trades: ranTrades(text) };
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    if (error.code === 'CARD_INVALID')
      expect(error.issues.length + error.message.length).toBeGreaterThan(5);
    return {
      codes: error.issues.length > 0 ? error.issues.map(({ code }) => code) : [error.code],
      trades: 0,
    };
  }
}

/** The way of `backtest` and of a sweep's threads, in memory; three points of a grid. */
function ranTrades(text: string): number {
  const parsed = parseCard(text);
  const fallbackWindow = windowFor(parsed.card.tf_configs.exec.tf);
  const sweep = resolveSweep(parsed, { fallbackWindow, allowShortWarmup: true }, START_MS);
  const grid = createGrid(sweep);
  JSON.stringify(findTraps(sweep, grid));
  const library = libraryFor(sweep);
  let trades = 0;
  for (const index of pointsOf(grid)) {
    const result = runPoint({ library, sweep, grid, makeStrategy: undefined }, index);
    const metrics = computeMetrics(result);
    for (const [name, value] of Object.entries(metrics)) {
      const isGood = value === null || typeof value === 'string' || Number.isFinite(value);
      if (!isGood) throw new Error(`${name} is ${value}`);
    }
    const odd = result.equity.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) throw new Error(`equity is ${result.equity[odd]} at bar ${odd}`);
    expect(result.equity.length).toBeLessThanOrEqual(result.bars);
    expect(metrics['total_trades']).toBe(result.trades.count);
    trades += result.trades.count;
  }
  return trades;
}

function prototypeKeys(): Record<string, PropertyKey[]> {
  const owners = { Object, Array, Function, String, Number, Map, Error };
  return Object.fromEntries(
    Object.entries(owners).map(([name, owner]) => [name, Reflect.ownKeys(owner.prototype)]),
  );
}

/** Peak between looks, and what stays after a collection. */
class MemoryMeter {
  peakBytes = 0;
  peakSeed = 0;
  readonly #collect: () => void;
  readonly #before: number;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
    this.#before = this.#inUse();
  }

  look(seed: number): void {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const bytes = heapUsed + arrayBuffers - this.#before;
    if (bytes <= this.peakBytes) return;
    this.peakBytes = bytes;
    this.peakSeed = seed;
  }

  keptBytes(): number {
    return this.#inUse() - this.#before;
  }

  #inUse(): number {
    this.#collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }
}
