import { INDICATOR_CHAIN_MAX } from '../limits.ts';
import { expandedKeys, readsSource } from './indicator-table.ts';
import type { FeatureSpec } from './schema.ts';

/**
 * Indicators of indicators: `input_source: indicator` with `input_indicator_key` names an output of
 * another spec of the same role, whose own source may be an indicator again.
 */
export interface ChainLink {
  readonly spec: FeatureSpec;
  /** The key of this spec that the link before reads; undefined for the first. */
  readonly key: string | undefined;
}

/**
 * `unknown`: no spec has the key; `circle`: the chain leads back to the spec itself; `broken`: it fails
 * further down, where that is reported.
 */
export type ChainProblem = 'unknown' | 'circle' | 'too_deep' | 'broken';

/** Does this spec take another spec's output as its input? (atr, stoch … read prices whatever it says.) */
export function isChained(spec: FeatureSpec): boolean {
  return spec.input_source === 'indicator' && readsSource(spec.indicator_type);
}

/**
 * The spec, the spec it reads, the spec that one reads …, down to one with a price. Undefined where a
 * key leads nowhere or in a circle, or the chain is longer than INDICATOR_CHAIN_MAX.
 */
export function chainOf(
  spec: FeatureSpec,
  specs: readonly FeatureSpec[],
): readonly ChainLink[] | undefined {
  const walked = walk(spec, specs);
  return typeof walked === 'string' ? undefined : walked;
}

/** Why `chainOf` gives nothing, or undefined. */
export function chainProblem(
  spec: FeatureSpec,
  specs: readonly FeatureSpec[],
): ChainProblem | undefined {
  const walked = walk(spec, specs);
  return typeof walked === 'string' ? walked : undefined;
}

// --- internal ---

function walk(
  spec: FeatureSpec,
  specs: readonly FeatureSpec[],
): readonly ChainLink[] | ChainProblem {
  const links: ChainLink[] = [{ spec, key: undefined }];
  let current = spec;
  while (isChained(current)) {
    const key = current.input_indicator_key ?? undefined;
    const source = key === undefined ? undefined : ownersOf(specs).get(key);
    if (key === undefined || source === undefined) return links.length > 1 ? 'broken' : 'unknown';
    if (source === spec) return 'circle';
    if (links.some((link) => link.spec === source)) return 'broken';
    if (links.length === INDICATOR_CHAIN_MAX) return 'too_deep';
    links.push({ spec: source, key });
    current = source;
  }
  return links;
}

/** Output → its spec, once per list: cards are immutable, and a list may be long. */
const owners = new WeakMap<readonly FeatureSpec[], ReadonlyMap<string, FeatureSpec>>();

function ownersOf(specs: readonly FeatureSpec[]): ReadonlyMap<string, FeatureSpec> {
  let known = owners.get(specs);
  if (known === undefined) {
    // Of two specs with one output, which is reported, the first counts.
    const pairs = specs.flatMap((spec) => expandedKeys(spec).map((key) => [key, spec] as const));
    owners.set(specs, (known = new Map(pairs.toReversed())));
  }
  return known;
}
