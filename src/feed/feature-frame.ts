import { indicator, sourceSeries, type PriceColumns } from '../indicators/registry.ts';
import type { IndicatorInputs } from '../indicators/definition.ts';
import { SweepError } from '../errors.ts';
import { timeframeMs, type Timeframe } from '../time.ts';
import { FeedStore, type FeedArrays, type FloatColumn } from './feed-store.ts';
import { FEED_FORMAT_VERSION, type ColumnManifest, type FeedManifest } from './manifest.ts';
import type { ColumnPlan, FeedPlan } from './plan.ts';
import type { SeriesSpec } from './series.ts';

/** Stored candles as the builder reads them: parallel arrays, ascending open times in epoch ms. */
export interface CandleColumns {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly tsOpen: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** One computed column: as long as the feed, NaN where it has no value. */
export interface FeatureColumn {
  readonly manifest: ColumnManifest;
  readonly values: FloatColumn;
}

/** The base columns of a feed, and its indicator columns, made one series at a time. */
export interface FeatureFrame {
  readonly plan: FeedPlan;
  readonly base: Omit<FeedArrays, 'columns'>;
  /**
   * Computes as it goes, so that memory stays that of one series, however many columns the plan has.
   * Where `memory` hands out memory of `newColumn` again, the column that lay in it is gone.
   */
  columns(memory?: () => FloatColumn): Generator<FeatureColumn>;
}

/**
 * Vectorised feature computation: every indicator column from candle arrays, before any bar loop.
 * @throws SweepError CANDLES_CHANGED when the candles are not those that the plan counted.
 */
export function buildFeatureFrame(plan: FeedPlan, candles: CandleColumns): FeatureFrame {
  assertPlanned(plan, candles);
  const { tsOpen, open, high, low, close, volume } = candles;
  const durationMs = timeframeMs(plan.timeframe);
  const tsClose = new Float64Array(tsOpen.length);
  for (let i = 0; i < tsClose.length; i++) tsClose[i] = (tsOpen[i] as number) + durationMs;
  const base = { tsOpen, tsClose, open, high, low, close, volume };
  return {
    plan,
    base,
    columns: (memory = () => newColumn(plan)) => computeColumns(plan, candles, memory),
  };
}

/** What the file says about itself; `columns` are the manifests in file order. */
export function manifestOf(
  plan: FeedPlan,
  columns: readonly ColumnManifest[],
  bodyStart: number,
): FeedManifest {
  return {
    format_version: FEED_FORMAT_VERSION,
    hash: plan.hash,
    symbol: plan.symbol,
    timeframe: plan.timeframe,
    start_ms: plan.startMs,
    end_ms: plan.endMs,
    bars: plan.bars,
    precision: plan.precision,
    profile: plan.profile,
    candle_digest: plan.candleDigest,
    ...(plan.funding ? { funding: plan.funding } : {}),
    body_start: bodyStart,
    columns,
  };
}

/** The feed in memory, without a file: the same columns that an opened file gives. */
export function storeOfFrame(frame: FeatureFrame): FeedStore {
  const columns = [...frame.columns()];
  const manifest = manifestOf(
    frame.plan,
    columns.map((column) => column.manifest),
    0,
  );
  const byId = new Map(columns.map((column) => [column.manifest.id, column.values]));
  return new FeedStore(manifest, { ...frame.base, columns: byId });
}

/** Memory for a column of a plan. */
export function newColumn({ bars, precision }: FeedPlan): FloatColumn {
  return precision === 'float32' ? new Float32Array(bars) : new Float64Array(bars);
}

// --- internal ---

function assertPlanned(plan: FeedPlan, candles: CandleColumns): void {
  const isSame =
    candles.symbol === plan.symbol.toUpperCase() &&
    candles.timeframe === plan.timeframe &&
    candles.tsOpen.length === plan.bars &&
    candles.tsOpen[0] === plan.startMs;
  if (isSame) return;
  throw new SweepError(
    'CANDLES_CHANGED',
    `${plan.symbol} ${plan.timeframe}: ${candles.tsOpen.length} candles were read where the plan counted ${plan.bars}`,
    { hint: 'The candles changed while the feed was planned; plan again.' },
  );
}

function* computeColumns(
  plan: FeedPlan,
  candles: CandleColumns,
  memory: () => FloatColumn,
): Generator<FeatureColumn> {
  let previous: ColumnPlan | undefined;
  let outputs: Readonly<Record<string, Float64Array>> = {};
  for (const column of plan.columns) {
    // Without rows before it, what is computed is the column.
    const isWhole = column.firstRow === 0 && plan.precision === 'float64';
    const values = isWhole ? undefined : memory();
    const isSameSeries =
      previous !== undefined &&
      previous.series === column.series &&
      previous.firstRow === column.firstRow;
    if (!isSameSeries) {
      const out = values instanceof Float64Array ? values.subarray(column.firstRow) : undefined;
      outputs = computeSeries(plan, column, { candles, out });
    }
    previous = column;
    const computed = outputs[column.output] as Float64Array;
    yield featureColumn(plan, column, { computed, values: values ?? computed });
  }
}

/**
 * All outputs of one series over the rows from its first; earlier candles must not touch its values.
 * What is the only output of a series may lie in `out`.
 */
function computeSeries(
  plan: FeedPlan,
  { series, firstRow }: ColumnPlan,
  { candles, out }: { candles: CandleColumns; out: Float64Array | undefined },
): Readonly<Record<string, Float64Array>> {
  const rows = {
    open: candles.open.subarray(firstRow),
    high: candles.high.subarray(firstRow),
    low: candles.low.subarray(firstRow),
    close: candles.close.subarray(firstRow),
    volume: candles.volume.subarray(firstRow),
  };
  return computeSpec(series, rows, plan.profile, out);
}

function computeSpec(
  { type, params, source }: SeriesSpec,
  rows: PriceColumns,
  profile: FeedPlan['profile'],
  out?: Float64Array,
): Readonly<Record<string, Float64Array>> {
  const definition = indicator(type);
  if (source === null || typeof source === 'string') {
    return definition.compute(
      { ...rows, source: sourceSeries(rows, source ?? 'close') },
      params,
      profile,
      out,
    );
  }
  const below = computeSpec(source.series, rows, profile)[source.output] as Float64Array;
  let first = 0;
  while (first < below.length && Number.isNaN(below[first])) first++;
  // Formulas expect values only: they get the rows from the source's first value on.
  const inputs: IndicatorInputs = {
    open: rows.open.subarray(first),
    high: rows.high.subarray(first),
    low: rows.low.subarray(first),
    close: rows.close.subarray(first),
    volume: rows.volume.subarray(first),
    source: below.subarray(first),
  };
  const outputs = Object.entries(definition.compute(inputs, params, profile));
  return Object.fromEntries(outputs.map(([output, values]) => [output, delayed(values, first)]));
}

/** `values` with `count` rows without a value before it. */
function delayed(values: Float64Array, count: number): Float64Array {
  const column = new Float64Array(values.length + count);
  column.fill(Number.NaN, 0, count);
  column.set(values, count);
  return column;
}

/** `values` is memory for the whole column, in which `computed` may lie already. */
function featureColumn(
  plan: FeedPlan,
  column: ColumnPlan,
  { computed, values }: { computed: Float64Array; values: FloatColumn },
): FeatureColumn {
  const { bars } = plan;
  const { firstRow } = column;
  values.fill(Number.NaN, 0, firstRow);
  if (computed.buffer !== values.buffer) values.set(computed, firstRow);
  let firstValid = firstRow;
  while (firstValid < bars && Number.isNaN(values[firstValid])) firstValid++;
  const manifest: ColumnManifest = {
    id: column.id,
    series: column.series,
    output: column.output,
    first_row: firstRow,
    first_valid: firstValid,
    warmup_bars: column.warmupBars,
  };
  return { manifest, values };
}
