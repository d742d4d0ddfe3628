import { chainOf } from '../card/chains.ts';
import type { FeatureSpec, IdeaCard } from '../card/schema.ts';
import { indicator, outputKeys, resolveParams, type SourceName } from '../indicators/registry.ts';

/**
 * A series is one indicator with its parameters and its input. Two feature specs with different
 * output keys, in different points or roles, may name the same series; it is computed once per
 * symbol, timeframe and start.
 */
export interface SeriesSpec {
  readonly type: string;
  /** The indicator's own version: a changed formula makes other feed files. */
  readonly version: number;
  readonly params: Readonly<Record<string, number>>;
  /** The input series; null for indicators that read fixed prices (atr, donchian …). */
  readonly source: SourceName | SeriesSource | null;
}

/** An output of another series as the input: an indicator of an indicator. */
export interface SeriesSource {
  readonly series: SeriesSpec;
  /** '' for the single output of a plain indicator. */
  readonly output: string;
}

export interface Series {
  /** `ema(length=20):close`, `sma(length=5):[rsi(length=14):close]`; equal for equal specs. */
  readonly id: string;
  readonly spec: SeriesSpec;
  /** `standard` warm-up in stored bars, that of its source included. */
  readonly seedBars: number;
  /** Card keys of the outputs; `output` is '' for the single output of a plain indicator. */
  readonly outputs: readonly { readonly key: string; readonly output: string }[];
}

/**
 * The series that a feature spec of a role names, `specs` being all of that role; undefined when an
 * indicator of its chain cannot take these parameters, or its source leads nowhere (such points are
 * `refused`, design §12.2).
 */
export function seriesOf(spec: FeatureSpec, specs: readonly FeatureSpec[]): Series | undefined {
  const chain = chainOf(spec, specs);
  let series: Series | undefined;
  // From the price up: each link reads the one after it.
  for (const [n, link] of [...(chain ?? []).entries()].toReversed()) {
    const below = chain?.[n + 1];
    const read = series?.outputs.find(({ key }) => key === below?.key);
    if (below && !(series && read)) return undefined;
    series = linkSeries(link.spec, series && read && { series, output: read.output });
    if (series === undefined) return undefined;
  }
  return series;
}

/** Column id of one output of a series; `startMs` only where the start is part of the identity (`trade`). */
export function columnId(seriesIdText: string, output: string, startMs?: number): string {
  const name = output === '' ? seriesIdText : `${seriesIdText}.${output}`;
  return startMs === undefined ? name : `${name}@${startMs}`;
}

/** Roles that a card configures, exec first. */
export function rolesOf(card: IdeaCard): readonly ('exec' | 'mtf' | 'htf')[] {
  const { mtf, htf } = card.tf_configs;
  return ['exec', ...(mtf ? (['mtf'] as const) : []), ...(htf ? (['htf'] as const) : [])];
}

// --- internal ---

function linkSeries(
  spec: FeatureSpec,
  below: { readonly series: Series; readonly output: string } | undefined,
): Series | undefined {
  const definition = indicator(spec.indicator_type);
  const { params, issues } = resolveParams(spec.indicator_type, spec.params);
  if (issues.some((issue) => issue.level === 'error')) return undefined;
  const hasSource = definition.inputs.includes('source');
  const price = hasSource ? (spec.input_source as SourceName) : null;
  const seriesSpec: SeriesSpec = {
    type: definition.type,
    version: definition.version,
    params,
    source: below ? { series: below.series.spec, output: below.output } : price,
  };
  return {
    id: seriesId(seriesSpec),
    spec: seriesSpec,
    seedBars: definition.seedBars(params) + (below?.series.seedBars ?? 0),
    outputs: outputKeys(spec),
  };
}

function seriesId({ type, params, source }: SeriesSpec): string {
  const text = Object.keys(params)
    .toSorted()
    .map((name) => `${name}=${params[name]}`)
    .join(',');
  const name = `${type}(${text})`;
  if (source === null) return name;
  if (typeof source === 'string') return `${name}:${source}`;
  return `${name}:[${columnId(seriesId(source.series), source.output)}]`;
}
