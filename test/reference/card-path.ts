import type { Candles } from '../../src/candles/query.ts';
import type { Role } from '../../src/card/keys.ts';
import type { FeatureSpec, IdeaCard, TfConfig } from '../../src/card/schema.ts';
import type { Sweep } from '../../src/grid/sweep.ts';
import { indicator, outputKeys, resolveParams } from '../../src/indicators/registry.ts';
import type { ReferenceBar, ReferenceInput } from './engine.ts';

/**
 * From stored candles to what the slow engine reads, for one card: which rows are loaded, where each
 * series begins, which row is simulated first, when a higher bar is visible (trade-semantics §3.3,
 * §3.4, §4.2; design §4). Nothing of src/feed or src/engine; indicators have twins of their own.
 * Undefined where no bar can be simulated.
 */
export function referenceInput(
  sweep: Sweep,
  card: IdeaCard,
  candlesOf: (timeframe: string) => Candles,
): ReferenceInput | undefined {
  const path = new CardPath(sweep, card, candlesOf);
  const exec = path.bars('exec');
  const start = sweep.profile === 'trade' ? path.tradeStart(exec) : path.windowStart(exec);
  if (start === undefined) return undefined;
  const higher = (role: 'mtf' | 'htf') =>
    card.tf_configs[role] ? path.seenFrom(exec, path.bars(role)) : undefined;
  return {
    card,
    profile: sweep.profile,
    exec,
    mtf: higher('mtf'),
    htf: higher('htf'),
    start,
    funding: [],
  };
}

const MINUTES: Record<string, number> = {
  '1m': 1,
  '3m': 3,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '2h': 120,
  '4h': 240,
  '6h': 360,
  '8h': 480,
  '12h': 720,
  '1d': 1440,
  '1w': 10_080,
};

class CardPath {
  readonly sweep: Sweep;
  readonly card: IdeaCard;
  readonly candlesOf: (timeframe: string) => Candles;
  readonly isTrade: boolean;

  constructor(sweep: Sweep, card: IdeaCard, candlesOf: (timeframe: string) => Candles) {
    this.sweep = sweep;
    this.card = card;
    this.candlesOf = candlesOf;
    this.isTrade = sweep.profile === 'trade';
  }

  config(role: Role): TfConfig {
    return this.card.tf_configs[role] as TfConfig;
  }

  ms(role: Role): number {
    return (MINUTES[this.config(role).tf] as number) * 60_000;
  }

  warmup(role: Role): number {
    const config = this.config(role);
    return Math.max(
      ...config.feature_specs.map((s) => indicator(s.indicator_type).reportedWarmup(s.params)),
      config.warmup_bars,
      this.card.bars_history_required,
      config.market_structure?.lookback_bars ?? 0,
    );
  }

  dataStart(): number {
    const { startMs } = this.sweep.window;
    const exec = startMs - this.warmup('exec') * this.ms('exec');
    if (!this.card.tf_configs.htf) return exec;
    return Math.min(exec, startMs - this.warmup('htf') * this.ms('htf'));
  }

  /** The rows of a role with their indicator values. */
  bars(role: Role): ReferenceBar[] {
    const { window } = this.sweep;
    const all = this.candlesOf(this.config(role).tf);
    const from = this.isTrade ? this.dataStart() : Number.NEGATIVE_INFINITY;
    const rows = [...all.tsOpen.keys()].filter((row) => {
      const at = all.tsOpen[row] as number;
      return at >= from && (this.isTrade ? at <= window.endMs : at < window.endMs);
    });
    const bars = rows.map((row) => ({
      tsOpen: all.tsOpen[row] as number,
      tsClose: (all.tsOpen[row] as number) + this.ms(role),
      open: all.open[row] as number,
      high: all.high[row] as number,
      low: all.low[row] as number,
      close: all.close[row] as number,
      values: { volume: all.volume[row] as number } as Record<string, number>,
    }));
    for (const spec of this.config(role).feature_specs) this.addValues(bars, spec);
    return bars;
  }

  addValues(bars: { tsOpen: number; values: Record<string, number> }[], spec: FeatureSpec): void {
    const frame = bars as (ReferenceBar & { values: Record<string, number> })[];
    const definition = indicator(spec.indicator_type);
    const { params } = resolveParams(spec.indicator_type, spec.params);
    const windowRow = frame.findIndex(({ tsOpen }) => tsOpen >= this.sweep.window.startMs);
    const firstRow = this.isTrade
      ? 0
      : Math.max(0, (windowRow < 0 ? frame.length : windowRow) - definition.seedBars(params));
    const part = frame.slice(firstRow);
    const column = (of: (bar: (typeof frame)[number]) => number) => Float64Array.from(part, of);
    const prices = {
      open: column((bar) => bar.open),
      high: column((bar) => bar.high),
      low: column((bar) => bar.low),
      close: column((bar) => bar.close),
      volume: column((bar) => bar.values['volume'] as number),
    };
    const sources: Record<string, Float64Array> = {
      ...prices,
      hlc3: column(({ high, low, close }) => (high + low + close) / 3),
      ohlc4: column(({ open, high, low, close }) => (open + high + low + close) / 4),
    };
    const source = sources[spec.input_source] as Float64Array;
    const found = definition.compute({ source, ...prices }, params, this.sweep.profile);
    for (const { key, output } of outputKeys(spec)) {
      frame.forEach((bar, row) => {
        bar.values[key] = row < firstRow ? Number.NaN : (found[output]?.[row - firstRow] as number);
      });
    }
  }

  windowStart(exec: readonly ReferenceBar[]): number | undefined {
    const row = exec.findIndex(({ tsOpen }) => tsOpen >= this.sweep.window.startMs);
    return row < 0 ? undefined : row;
  }

  /** §3.4. */
  tradeStart(exec: readonly ReferenceBar[]): number | undefined {
    const config = this.config('exec');
    const declared = config.feature_specs.flatMap((s) => outputKeys(s).map(({ key }) => key));
    const wanted = config.required_indicators.length > 0 ? config.required_indicators : declared;
    const has = (bar: ReferenceBar, key: string) => !Number.isNaN(bar.values[key]);
    const isReady = (bar: ReferenceBar) =>
      wanted.every((key) => {
        const twin = key.endsWith('_long')
          ? key.replace(/_long$/, '_short')
          : key.replace(/_short$/, '_long');
        return has(bar, key) || (twin !== key && wanted.includes(twin) && has(bar, twin));
      });
    const first = exec.findIndex(isReady);
    const inWindow = this.windowStart(exec);
    if (first < 0 || inWindow === undefined) return undefined;
    const startMs = (exec[Math.max(first, inWindow)] as ReferenceBar).tsOpen;
    const isMulti =
      this.card.tf_configs.htf !== undefined || this.card.tf_configs.mtf !== undefined;
    const roles = (['exec', 'htf', 'mtf'] as const).filter(
      (role) => this.card.tf_configs[role] && (role === 'exec' || isMulti),
    );
    const targets = roles.map((role) => {
      const delay = this.config(role).market_structure?.delay_bars ?? 0;
      const ms = this.ms(role);
      return delay > 0 ? Math.ceil(startMs / ms) * ms + delay * ms : startMs;
    });
    const start = exec.findIndex(({ tsOpen }) => tsOpen >= Math.max(...targets));
    return start < 0 || exec.length - start < 10 ? undefined : start;
  }

  /**
   * Higher bars as the slow engine takes them: it sees a bar once its tsClose is not after the exec
   * bar's. In `trade` that is the first exec bar that closes at the very instant, or the one at which
   * a later bar is seen (A8).
   */
  seenFrom(exec: readonly ReferenceBar[], bars: readonly ReferenceBar[]): ReferenceBar[] {
    if (!this.isTrade) return [...bars];
    const closes = new Set(exec.map(({ tsClose }) => tsClose));
    return bars.map((bar, row) => {
      const next = bars.slice(row).find(({ tsClose }) => closes.has(tsClose));
      return { ...bar, tsClose: next ? next.tsClose : Number.POSITIVE_INFINITY };
    });
  }
}
