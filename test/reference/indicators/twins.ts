/**
 * The slow, obvious twin of every indicator, written from the formulas of the reference without
 * sharing code with src/indicators. Outputs by suffix; `''` for a single output.
 */
import {
  against,
  deviation,
  directional,
  ema,
  exponential,
  fromFirst,
  largest,
  lift,
  mean,
  middle,
  over,
  pairwise,
  rma,
  seeded,
  sma,
  smallest,
  sum,
  sums,
  trueRange,
  typical,
  wilderAlpha,
  zip,
  type Bars,
  type Series,
  type Variant,
} from './blocks.ts';

export type Params = Readonly<Record<string, number>>;
export type Twin = (bars: Bars, p: Params, variant: Variant) => Record<string, number[]>;

const single = (f: (bars: Bars, n: number, variant: Variant) => number[]): Twin => {
  return (bars, p, variant) => ({ '': f(bars, p['length']!, variant) });
};

const weighted = (x: Series, weights: Series): number[] =>
  over(x, weights.length, (window) =>
    window.every((value) => value === window[0])
      ? window[0]!
      : sum(window.map((value, k) => weights[k]! * value)),
  );

const changes = (x: Series) => against(x, 1, (now, past) => now - past);
const gains = (x: Series) => changes(x).map((d) => Math.max(d, 0));
const losses = (x: Series) => changes(x).map((d) => Math.max(-d, 0));

const rsi = (x: Series, n: number): number[] =>
  zip(rma(gains(x), n), rma(losses(x), n), (g, b) => (100 * g) / (g + b));

const atr = (bars: Bars, close: Series, n: number, variant: Variant): number[] =>
  exponential(seeded(trueRange(bars, close, variant), n, variant), wilderAlpha(n));

const triangle = (x: Series, n: number, variant: Variant): number[] => {
  const half = (n + 1) / 2;
  const below = Math.floor(half);
  const isTie = half - below === 0.5;
  const m = isTie && below % 2 === 1 ? below + 1 : below;
  return sma(sma(x, m, variant), m, variant);
};

const alma: Twin = ({ source }, p) => {
  const n = p['length']!;
  const peak = Math.floor(0.85 * (n - 1));
  const raw = Array.from({ length: n }, (_, j) => {
    const distance = (p['sigma']! / n) * (j - peak);
    return Math.exp(-0.5 * distance * distance);
  });
  const total = sum(raw);
  return {
    '': weighted(
      source,
      raw.map((w) => w / total),
    ),
  };
};

const linearEnd = (window: Series): number => {
  const n = window.length;
  const xs = window.map((_, k) => k + 1);
  const sx = sum(xs);
  const sxx = sum(xs.map((x) => x * x));
  const sxy = sum(window.map((y, k) => y * xs[k]!));
  const slope = (n * sxy - sx * sum(window)) / (n * sxx - sx * sx);
  return (sum(window) - slope * sx) / n + slope * n;
};

const kama = (x: Series, n: number, variant: Variant): number[] => {
  const travel = lift(changesOver(x, n), variant).map(Math.abs);
  const steps = lift(changesOver(x, 1), variant).map(Math.abs);
  const path = sums(steps, n, variant);
  let y = NaN;
  return x.map((value, row) => {
    const first = x.slice(0, n);
    if (row === n - 1 && variant === 'standard') y = mean(first);
    if (row === n - 1 && variant === 'trade') y = sma(first.toReversed(), n, variant)[row]!;
    if (row >= n) {
      const root = (travel[row]! / path[row]!) * (2 / 3 - 2 / 31) + 2 / 31;
      const weight = root * root;
      if (variant === 'trade' || value !== y) y = weight * value + (1 - weight) * y;
    }
    return y;
  });
};

const changesOver = (x: Series, n: number) => against(x, n, (now, past) => now - past);

const mfi = (bars: Bars, n: number): number[] => {
  const price = typical(bars);
  const isUp = against(price, 1, (now, past) => (now > past ? 1 : 0));
  const flow = zip(price, bars.volume, (a, b) => a * b);
  const up = zip(isUp, flow, (yes, value) => (yes === 1 ? value : yes));
  const down = zip(isUp, flow, (yes, value) => (yes === 0 ? value : yes - 1));
  return zip(
    over(up, n, sum),
    over(down, n, sum),
    (a, b) => (100 * a) / (a + b + 2.220446049250313e-16),
  );
};

const obv: Twin = ({ source, volume }) => {
  const signed = changes(source).map((d, row) => Math.sign(d) * volume[row]!);
  let total = 0;
  return { '': signed.map((value, row) => (row === 0 ? NaN : (total += value))) };
};

const cmf = (bars: Bars, n: number, variant: Variant): number[] => {
  const range = lift(
    zip(bars.high, bars.low, (h, l) => h - l),
    variant,
  );
  const flow = bars.source.map(
    (x, row) => (2 * x - (bars.high[row]! + bars.low[row]!)) * (bars.volume[row]! / range[row]!),
  );
  return zip(sums(flow, n, variant), sums(bars.volume, n, variant), (a, b) => a / b);
};

const uo: Twin = ({ high, low, source }, p, variant) => {
  const floor = low.map((l, row) => (row === 0 ? l : Math.min(l, source[row - 1]!)));
  const ceiling = high.map((h, row) => (row === 0 ? h : Math.max(h, source[row - 1]!)));
  const pressure = zip(source, floor, (x, f) => x - f);
  const range = zip(ceiling, floor, (c, f) => c - f);
  const part = (n: number) =>
    zip(sums(pressure, n, variant), sums(range, n, variant), (a, b) => a / b);
  const [fast, medium, slow] = [part(p['fast']!), part(p['medium']!), part(p['slow']!)];
  return {
    '': fast.map((f, row) => (100 * (4 * f + 2 * medium[row]! + slow[row]!)) / 7),
  };
};

const macd: Twin = ({ source }, p, variant) => {
  const line = zip(
    ema(source, p['fast']!, variant),
    ema(source, p['slow']!, variant),
    (f, s) => f - s,
  );
  const signal = fromFirst(line, (tail) => ema(tail, p['signal']!, variant));
  return { macd: line, signal, histogram: zip(line, signal, (a, b) => a - b) };
};

const bollinger = (x: Series, n: number, width: number, variant: Variant) => {
  const centre = sma(x, n, variant);
  const spread = over(x, n, deviation);
  return {
    lower: zip(centre, spread, (m, s) => m - width * s),
    middle: centre,
    upper: zip(centre, spread, (m, s) => m + width * s),
  };
};

const bbands: Twin = ({ source }, p, variant) => {
  const bands = bollinger(source, p['length']!, variant === 'trade' ? 2 : p['std']!, variant);
  const range = lift(
    zip(bands.upper, bands.lower, (u, l) => u - l),
    variant,
  );
  const above = zip(source, bands.lower, (x, l) => x - l);
  const top = variant === 'trade' ? lift(above, variant) : above;
  return {
    ...bands,
    bandwidth: zip(range, bands.middle, (r, m) => (100 * r) / m),
    percent_b: zip(top, range, (a, b) => a / b),
  };
};

const place = (x: Series, low: Series, high: Series, variant: Variant): number[] => {
  const range = lift(
    zip(high, low, (h, l) => h - l),
    variant,
  );
  return x.map((value, row) => (100 * (value - low[row]!)) / range[row]!);
};

const stoch: Twin = ({ high, low, close }, p, variant) => {
  const raw = place(close, smallest(low, p['k']!), largest(high, p['k']!), variant);
  const k = sma(raw, p['smooth_k']!, variant);
  return { k, d: sma(k, p['d']!, variant) };
};

const stochrsi: Twin = ({ source }, p, variant) => {
  const r = rsi(source, p['rsi_length']!);
  const raw = place(r, smallest(r, p['length']!), largest(r, p['length']!), variant);
  const k = sma(raw, p['k']!, variant);
  return { k, d: sma(k, p['d']!, variant) };
};

const adx: Twin = (bars, p, variant) => {
  const n = p['length']!;
  const range = trueRange(bars, bars.source, variant).map((v, row) => (row === 0 ? NaN : v));
  const average = exponential(seeded(range, n, variant), wilderAlpha(n));
  const { plus, minus } = directional(bars);
  const dmp = zip(average, rma(plus, n), (a, m) => (100 / a) * m);
  const dmn = zip(average, rma(minus, n), (a, m) => (100 / a) * m);
  const dx = zip(dmp, dmn, (a, b) => (100 * Math.abs(a - b)) / (a + b));
  const line = rma(dx, n);
  return { adx: line, dmp, dmn, adxr: against(line, 2, (now, past) => 0.5 * (now + past)) };
};

const aroon: Twin = ({ high, low }, p) => {
  const n = p['length']!;
  const age = (window: Series, best: number) => window.length - 1 - window.lastIndexOf(best);
  const up = over(high, n + 1, (w) => 100 * (1 - age(w, Math.max(...w)) / n));
  const down = over(low, n + 1, (w) => 100 * (1 - age(w, Math.min(...w)) / n));
  return { up, down, osc: zip(up, down, (a, b) => a - b) };
};

const kc: Twin = (bars, p, variant) => {
  const basis = ema(bars.source, p['length']!, variant);
  const range = ema(trueRange(bars, bars.source, variant), p['length']!, variant);
  return {
    lower: zip(basis, range, (b, r) => b - p['scalar']! * r),
    basis,
    upper: zip(basis, range, (b, r) => b + p['scalar']! * r),
  };
};

const donchian: Twin = ({ high, low }, p) => {
  const lower = smallest(low, p['lower_length']!);
  const upper = largest(high, p['upper_length']!);
  return { lower, middle: zip(lower, upper, (a, b) => 0.5 * (a + b)), upper };
};

const supertrend: Twin = (bars, p, variant) => {
  const x = bars.source;
  const width = atr(bars, x, p['length']!, variant).map((a) => p['multiplier']! * a);
  const lower = zip(middle(bars), width, (m, w) => m - w);
  const upper = zip(middle(bars), width, (m, w) => m + w);
  const side = x.map(() => 1);
  for (let i = 1; i < x.length; i++) {
    side[i] = side[i - 1]!;
    if (x[i]! > upper[i - 1]!) side[i] = 1;
    else if (x[i]! < lower[i - 1]!) side[i] = -1;
    else if (side[i] === 1 && lower[i]! < lower[i - 1]!) lower[i] = lower[i - 1]!;
    else if (side[i] === -1 && upper[i]! > upper[i - 1]!) upper[i] = upper[i - 1]!;
  }
  // The reference shows no band on the first row.
  if (variant === 'trade') for (const band of [lower, upper]) band[0] = NaN;
  return {
    trend: side.map((s, row) => (s === 1 ? lower[row]! : upper[row]!)),
    direction: side.map((s, row) => (row < p['length']! ? NaN : s)),
    long: side.map((s, row) => (s === 1 ? lower[row]! : NaN)),
    short: side.map((s, row) => (s === -1 ? upper[row]! : NaN)),
  };
};

const psar: Twin = (bars, p) => {
  const { high, low } = bars;
  const out = { long: [NaN], short: [NaN], af: [p['af0']!], reversal: [0] };
  if (high.length === 0) return { long: [], short: [], af: [], reversal: [] };
  let falling = directional(bars).minus[1]! > 0;
  let ep = falling ? low[0]! : high[0]!;
  let s = bars.source[0]!;
  let af = p['af0']!;
  for (let i = 1; i < high.length; i++) {
    s = s + af * (ep - s);
    const isNewExtreme = falling ? low[i]! < ep : high[i]! > ep;
    const reverse = falling ? high[i]! > s : low[i]! < s;
    if (isNewExtreme) {
      ep = falling ? low[i]! : high[i]!;
      af = Math.min(af + p['af0']!, p['max_af']!);
    }
    s = falling ? Math.max(high[i - 1]!, s) : Math.min(low[i - 1]!, s);
    if (reverse) {
      s = ep;
      af = p['af0']!;
      falling = !falling;
      ep = falling ? low[i]! : high[i]!;
    }
    out.long.push(falling ? NaN : s);
    out.short.push(falling ? s : NaN);
    out.af.push(af);
    out.reversal.push(reverse ? 1 : 0);
  }
  return out;
};

const squeeze: Twin = (bars, p, variant) => {
  const bands = bollinger(
    bars.source,
    p['bb_length']!,
    variant === 'trade' ? 2 : p['bb_std']!,
    variant,
  );
  const basis = sma(bars.source, p['kc_length']!, variant);
  const range = sma(trueRange(bars, bars.source, variant), p['kc_length']!, variant);
  const floor = zip(basis, range, (b, r) => b - p['kc_scalar']! * r);
  const ceiling = zip(basis, range, (b, r) => b + p['kc_scalar']! * r);
  const flag = (f: (row: number) => boolean) => basis.map((_, row) => (f(row) ? 1 : 0));
  const on = flag((i) => bands.lower[i]! > floor[i]! && bands.upper[i]! < ceiling[i]!);
  const off = flag((i) => bands.lower[i]! < floor[i]! && bands.upper[i]! > ceiling[i]!);
  return {
    sqz: sma(changesOver(bars.source, 12), 6, variant),
    on,
    off,
    no_sqz: zip(on, off, (a, b) => 1 - Math.max(a, b)),
  };
};

const vortex: Twin = (bars, p, variant) => {
  const n = p['length']!;
  const total = sums(trueRange(bars, bars.source, variant), n, variant);
  const plus = bars.high.map((h, row) => (row === 0 ? NaN : Math.abs(h - bars.low[row - 1]!)));
  const minus = bars.low.map((l, row) => (row === 0 ? NaN : Math.abs(l - bars.high[row - 1]!)));
  return {
    vip: zip(sums(plus, n, variant), total, (a, b) => a / b),
    vim: zip(sums(minus, n, variant), total, (a, b) => a / b),
  };
};

const dm: Twin = (bars, p) => {
  const { plus, minus } = directional(bars);
  return { dmp: rma(plus, p['length']!), dmn: rma(minus, p['length']!) };
};

const fisher: Twin = (bars, p, variant) => {
  const n = p['length']!;
  const price = middle(bars);
  const low = smallest(price, n);
  const range = lift(
    zip(largest(price, n), low, (h, l) => h - l),
    variant,
  );
  let v = 0;
  let y = NaN;
  const line = price.map((x, row) => {
    if (row === n - 1) y = 0;
    if (row < n) return y;
    v = 0.66 * ((x - low[row]!) / Math.max(range[row]!, 0.001) - 0.5) + 0.67 * v;
    if (Math.abs(v) > 0.99) v = 0.999 * Math.sign(v);
    y = 0.5 * (Math.log((1 + v) / (1 - v)) + y);
    return y;
  });
  return { fisher: line, signal: against(line, 1, (_, past) => past) };
};

const tsi: Twin = ({ source }, p, variant) => {
  const [fast, slow] = [p['fast']!, p['slow']!].toSorted((a, b) => a - b) as [number, number];
  const d = changes(source);
  const top = ema(ema(d, slow, variant), fast, variant);
  const bottom = ema(ema(d.map(Math.abs), slow, variant), fast, variant);
  const line = zip(top, bottom, (a, b) => (100 * a) / b);
  return { tsi: line, signal: ema(line, p['signal']!, variant) };
};

const kvo: Twin = (bars, p, variant) => {
  const signed = changes(typical(bars)).map((d, row) => bars.volume[row]! * Math.sign(d));
  const tail = signed.slice(1);
  const line = zip(ema(tail, p['fast']!, variant), ema(tail, p['slow']!, variant), (a, b) => a - b);
  const kvoLine = signed.map((_, row) => (row === 0 ? NaN : line[row - 1]!));
  return { kvo: kvoLine, signal: fromFirst(kvoLine, (x) => ema(x, p['signal']!, variant)) };
};

const FORMULAS: Readonly<Record<string, Twin>> = {
  ema: single(({ source }, n, variant) => ema(source, n, variant)),
  sma: single(({ source }, n, variant) => sma(source, n, variant)),
  rsi: single(({ source }, n) => rsi(source, n)),
  atr: single((bars, n, variant) => atr(bars, bars.close, n, variant)),
  cci: single((bars, n, variant) => {
    const price = typical(bars);
    const centres = sma(price, n, variant);
    const add = variant === 'trade' ? pairwise : sum;
    return over(price, n, (window, row) => {
      const centre = variant === 'trade' ? pairwise(window) / n : mean(window);
      const scale = 0.015 * (add(window.map((x) => Math.abs(x - centre))) / n);
      const last = window.at(-1)!;
      return variant === 'trade' ? last - centres[row]! / scale : (last - centre) / scale;
    });
  }),
  willr: single(({ high, low, source }, n) => {
    const [floor, ceiling] = [smallest(low, n), largest(high, n)];
    return source.map((x, i) => 100 * ((x - floor[i]!) / (ceiling[i]! - floor[i]!) - 1));
  }),
  roc: single(({ source }, n) => against(source, n, (now, past) => (100 * (now - past)) / past)),
  mom: single(({ source }, n) => changesOver(source, n)),
  kama: single(({ source }, n, variant) => kama(source, n, variant)),
  alma,
  wma: single(({ source }, n, variant) =>
    over(source, n, (window) =>
      variant === 'standard' && window.every((x) => x === window[0])
        ? window[0]!
        : sum(window.map((x, k) => (k + 1) * x)) * (2 / (n * n + n)),
    ),
  ),
  dema: single(({ source }, n, variant) => {
    const e1 = ema(source, n, variant);
    return zip(e1, ema(e1, n, variant), (a, b) => 2 * a - b);
  }),
  tema: single(({ source }, n, variant) => {
    const e1 = ema(source, n, variant);
    const e2 = ema(e1, n, variant);
    const e3 = ema(e2, n, variant);
    return e1.map((value, row) => 3 * (value - e2[row]!) + e3[row]!);
  }),
  trima: single(({ source }, n, variant) => triangle(source, n, variant)),
  zlma: single(({ source }, n, variant) =>
    ema(
      against(source, Math.floor((n - 1) / 2), (now, past) => 2 * now - past),
      n,
      variant,
    ),
  ),
  natr: single((bars, n, variant) =>
    zip(
      bars.source,
      ema(trueRange(bars, bars.source, variant), n, variant),
      (x, a) => (100 / x) * a,
    ),
  ),
  mfi: single(mfi),
  obv,
  cmf: single(cmf),
  cmo: single(({ source }, n) =>
    zip(rma(gains(source), n), rma(losses(source), n), (g, b) => (100 * (g - b)) / (g + b)),
  ),
  linreg: single(({ source }, n) => over(source, n, linearEnd)),
  midprice: single(({ high, low }, n) =>
    zip(smallest(low, n), largest(high, n), (a, b) => (a + b) / 2),
  ),
  ohlc4: ({ open, high, low, source }) => ({
    '': source.map((x, row) => 0.25 * (high[row]! + low[row]! + x + open[row]!)),
  }),
  uo,
  trix: single(({ source }, n, variant) =>
    against(
      ema(ema(ema(source, n, variant), n, variant), n, variant),
      1,
      (now, past) => (100 * (now - past)) / past,
    ),
  ),
  ppo: ({ source }, p, variant) => ({
    '': zip(
      ema(source, p['fast']!, variant),
      ema(source, p['slow']!, variant),
      (f, s) => (100 * (f - s)) / s,
    ),
  }),
  macd,
  bbands,
  stoch,
  stochrsi,
  adx,
  aroon,
  kc,
  donchian,
  supertrend,
  psar,
  squeeze,
  vortex,
  dm,
  fisher,
  tsi,
  kvo,
};

/** Rows of a frame that the reference asks for before it computes at all. */
const rowsAskedFor = (type: string, p: Params): number => {
  const n = p['length']!;
  if (['adx', 'aroon', 'atr', 'cmo', 'kc', 'natr', 'rsi', 'supertrend'].includes(type))
    return n + 1;
  if (type === 'dm') return n;
  if (type === 'kama') return Math.max(n, 30);
  if (type === 'tema') return 3 * n;
  if (type === 'donchian') return Math.max(p['lower_length']!, p['upper_length']!);
  if (type === 'stoch') return p['k']! + p['d']! + p['smooth_k']!;
  if (type === 'stochrsi') return n + p['rsi_length']! + 2;
  if (type === 'squeeze') return Math.max(p['bb_length']!, p['kc_length']!, 12) + 1;
  if (type === 'macd') return p['slow']! + p['signal']! - 1;
  if (type === 'tsi') return Math.max(p['fast']!, p['slow']!) + p['signal']! + 1;
  if (type === 'kvo') return Math.max(p['fast']!, p['slow']!) + p['signal']!;
  if (type === 'uo') return Math.max(p['fast']!, p['medium']!, p['slow']!) + 1;
  return 0;
};

export const TWINS: Readonly<Record<string, Twin>> = Object.fromEntries(
  Object.entries(FORMULAS).map(([type, formula]): [string, Twin] => [
    type,
    (bars, p, variant) => {
      const outputs = formula(bars, p, variant);
      if (variant === 'standard' || bars.close.length >= rowsAskedFor(type, p)) return outputs;
      const blank = bars.close.map(() => NaN);
      return Object.fromEntries(Object.keys(outputs).map((name) => [name, blank]));
    },
  ]),
);
