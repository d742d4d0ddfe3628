import type { GoldenCandles } from './golden-candles.ts';

/** Numbers in [0, 1) from one seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Candles with everything that trips an indicator: flat bars (high = low), equal closes, ties of
 * highs and lows (prices have two decimals), zero volume, jumps.
 */
export function roughCandles(bars: number, seed: number): GoldenCandles {
  const random = seededRandom(seed);
  const open = new Float64Array(bars);
  const high = new Float64Array(bars);
  const low = new Float64Array(bars);
  const close = new Float64Array(bars);
  const volume = new Float64Array(bars);
  let price = cents(20 + 200 * random());
  let calmBars = 0;
  for (let i = 0; i < bars; i++) {
    if (calmBars === 0 && random() < 0.03) calmBars = Math.ceil(40 * random());
    const isCalm = calmBars > 0;
    if (isCalm) calmBars--;
    const jump = random() < 0.02 ? 20 : 1;
    const step = isCalm || random() < 0.1 ? 0 : jump * (random() - 0.5);
    open[i] = price;
    price = cents(Math.max(price + step, 1));
    close[i] = price;
    high[i] = cents(Math.max(open[i]!, price) + (isCalm ? 0 : 0.3 * random()));
    low[i] = cents(Math.min(open[i]!, price) - (isCalm ? 0 : 0.3 * random()));
    volume[i] = isCalm || random() < 0.1 ? 0 : cents(1000 * random());
  }
  return { open, high, low, close, volume };
}

/** Candles that move on every bar: no flat bar, no equal closes, volume always. */
export function livelyCandles(bars: number, seed: number): GoldenCandles {
  const random = seededRandom(seed);
  const candles = roughCandles(bars, seed);
  let price = 50 + 100 * random();
  for (let i = 0; i < bars; i++) {
    candles.open[i] = price;
    price *= 1 + 0.02 * (random() - 0.5);
    candles.close[i] = price;
    candles.high[i] = Math.max(candles.open[i]!, price) * (1 + 0.005 * random());
    candles.low[i] = Math.min(candles.open[i]!, price) * (1 - 0.005 * random());
    candles.volume[i] = 1 + 1000 * random();
  }
  return candles;
}

function cents(value: number): number {
  return Math.round(value * 100) / 100;
}
