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
  readonly source: SourceName | null;
}

export interface Series {
  /** `ema(length=20):close`; equal for equal specs. */
  readonly id: string;
  readonly spec: SeriesSpec;
  /** `standard` warm-up in stored bars. */
  readonly seedBars: number;
  /** Card keys of the outputs; `output` is '' for the single output of a plain indicator. */
  readonly outputs: readonly { readonly key: string; readonly output: string }[];
}

/**
 * The series that a feature spec names; undefined when the indicator cannot take these parameters
 * (such points are `refused`, design §12.2).
 */
export function seriesOf(spec: FeatureSpec): Series | undefined {
  const definition = indicator(spec.indicator_type);
  const { params, issues } = resolveParams(spec.indicator_type, spec.params);
  if (issues.some((issue) => issue.level === 'error')) return undefined;
  const hasSource = definition.inputs.includes('source');
  if (hasSource && spec.input_source === 'indicator') return undefined;
  const seriesSpec: SeriesSpec = {
    type: definition.type,
    version: definition.version,
    params,
    source: hasSource ? (spec.input_source as SourceName) : null,
  };
  return {
    id: seriesId(seriesSpec),
    spec: seriesSpec,
    seedBars: definition.seedBars(params),
    outputs: outputKeys(spec),
  };
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

function seriesId({ type, params, source }: SeriesSpec): string {
  const text = Object.keys(params)
    .toSorted()
    .map((name) => `${name}=${params[name]}`)
    .join(',');
  return source === null ? `${type}(${text})` : `${type}(${text}):${source}`;
}
