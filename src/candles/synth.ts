import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { assert } from '../assert.ts';
import { TIMEFRAMES, timeframeMs, type Timeframe } from '../time.ts';
import { bucketOpenMs } from './lattice.ts';
import { candlesOf, type Candles } from './query.ts';

/**
 * Synthetic candles: a seeded random walk with regimes (trend up, trend down, sideways), clustered
 * volatility and volume that follows it. Only + − × ÷ and the square root are used, which IEEE 754
 * rounds exactly, so a seed gives the same bits on every machine; exp, log and sin may differ.
 * 105,120 bars: 35 ms.
 */
export interface SynthOptions {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly bars: number;
  /** Any integer; another seed or symbol is another history. */
  readonly seed: number;
  /** Open time of the first bar; moved down to the timeframe's lattice. */
  readonly startMs: number;
}

/** Standard deviation of a year's return, about that of a large coin. */
const ANNUAL_VOLATILITY = 0.7;
/** Mean length of a regime, ms. Days, so that intraday cards meet several in a month. */
const REGIME_MS_MEAN = 4 * 86_400_000;
/** Drift of a trend per bar, in standard deviations of a bar, at 1 h; scales with √length. */
const TREND_STRENGTH = 0.06;
/** Pull towards the regime's first price while sideways, per 5 m bar. */
const SIDEWAYS_PULL = 0.002;
/** GARCH(1,1): share of the last squared return, of the last variance; the rest is the mean. */
const GARCH_SHOCK = 0.08;
const GARCH_MEMORY = 0.9;
/** Steps inside a bar that make its high and low. */
const STEPS = 4;
const START_PRICE = 20_000;
const MEAN_VOLUME = 120;

/** @throws AssertionError when `bars` is not a whole number ≥ 0 or `seed` is no safe integer. */
export function synthesizeCandles(options: SynthOptions): Candles {
  const { symbol, timeframe, bars, seed } = options;
  assert(Number.isInteger(bars) && bars >= 0, 'bars is a whole number >= 0');
  assert(Number.isSafeInteger(seed), 'seed is a whole number');
  const random = randomSource(symbol, seed);
  const columns = Array.from({ length: 6 }, () => new Float64Array(bars));
  const [tsOpen, open, high, low, close, volume] = columns as [Float64Array, ...Float64Array[]];
  const candles = candlesOf(symbol, timeframe, { tsOpen, open, high, low, close, volume });
  const startMs = bucketOpenMs(options.startMs, timeframe);
  for (let i = 0; i < bars; i++) tsOpen[i] = startMs + i * timeframeMs(timeframe);
  walk(candles, random);
  return candles;
}

// --- internal ---

interface RandomSource {
  /** In [0, 1). */
  uniform(): number;
  /** Mean 0, variance 1, within ±3.47: the sum of four uniforms. */
  shock(): number;
}

interface Regime {
  /** Drift per bar as a fraction of the bar's standard deviation; 0 is sideways. */
  readonly drift: number;
  readonly anchor: number;
  readonly barsLeft: number;
}

function walk(candles: Candles, random: RandomSource): void {
  const { open, high, low, close, volume } = candles;
  const { ms, barsPerYear } = TIMEFRAMES[candles.timeframe];
  const meanVariance = (ANNUAL_VOLATILITY * ANNUAL_VOLATILITY) / barsPerYear;
  const pull = Math.min(0.2, (SIDEWAYS_PULL * ms) / 300_000);
  let variance = meanVariance;
  let price = START_PRICE;
  let regime = nextRegime(random, price, ms);
  for (let i = 0; i < candles.length; i++) {
    if (regime.barsLeft === 0) regime = nextRegime(random, price, ms);
    const sigma = Math.sqrt(variance);
    const reversion = regime.drift === 0 ? ((regime.anchor - price) / price) * pull : 0;
    const stepDrift = (regime.drift * sigma + reversion) / STEPS;
    const stepSigma = sigma / Math.sqrt(STEPS);
    let top = price;
    let bottom = price;
    let last = price;
    for (let step = 0; step < STEPS; step++) {
      const move = stepDrift + stepSigma * random.shock();
      last = tick(last * (1 + Math.max(-0.2, Math.min(0.25, move))));
      if (last > top) top = last;
      if (last < bottom) bottom = last;
    }
    const change = (last - price) / price;
    open[i] = price;
    high[i] = top;
    low[i] = bottom;
    close[i] = last;
    volume[i] =
      barVolume(random, Math.abs(change) / sigma, variance / meanVariance) * (ms / 300_000);
    const shockVariance = Math.min(change * change, 25 * meanVariance);
    variance =
      (1 - GARCH_SHOCK - GARCH_MEMORY) * meanVariance +
      GARCH_SHOCK * shockVariance +
      GARCH_MEMORY * variance;
    price = last;
    regime = { ...regime, barsLeft: regime.barsLeft - 1 };
  }
}

/** Four in ten regimes go sideways; lengths are between a quarter and 1¾ of the mean. */
function nextRegime(random: RandomSource, price: number, ms: number): Regime {
  const kind = random.uniform();
  const strength = TREND_STRENGTH * Math.sqrt(ms / 3_600_000) * (0.5 + random.uniform());
  const drift = kind < 0.3 ? strength : kind < 0.6 ? -strength : 0;
  const bars = Math.round((REGIME_MS_MEAN / ms) * (0.25 + 1.5 * random.uniform()));
  return { drift, anchor: price, barsLeft: Math.max(1, bars) };
}

/** More when the bar moved far and when the market is nervous; three decimals. */
function barVolume(random: RandomSource, move: number, nervousness: number): number {
  const noise = random.uniform() * random.uniform() + 0.15;
  const volume = MEAN_VOLUME * noise * (0.5 + 0.7 * move) * Math.sqrt(nervousness);
  return Math.round(volume * 1000 + 1) / 1000;
}

/** Two decimals while the price is large, more for small ones; never 0. */
function tick(price: number): number {
  const scale = price >= 100 ? 100 : price >= 1 ? 10_000 : 100_000_000;
  return Math.max(1, Math.round(price * scale)) / scale;
}

function randomSource(symbol: string, seed: number): RandomSource {
  const generator = xoroshiro128plusFromState(seedWords(symbol, seed));
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  const root3 = Math.sqrt(3);
  return { uniform, shock: () => (uniform() + uniform() + uniform() + uniform() - 2) * root3 };
}

/** Four well mixed words (splitmix32): close seeds must not give close histories. */
function seedWords(symbol: string, seed: number): number[] {
  let state = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  for (const byte of new TextEncoder().encode(symbol)) {
    state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  }
  return Array.from({ length: 4 }, () => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  });
}
