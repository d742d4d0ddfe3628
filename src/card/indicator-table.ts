import {
  INDICATORS,
  indicator,
  outputKeys,
  resolveParams,
  type ParamIssue,
} from '../indicators/registry.ts';
import type { FeatureSpec } from './schema.ts';

/** What cards ask of the indicator registry; the one place where src/card looks at it. */
export type { ParamIssue } from '../indicators/registry.ts';

export function indicatorTypes(): readonly string[] {
  return [...INDICATORS.keys()];
}

export function isIndicatorType(type: string): boolean {
  return INDICATORS.has(type);
}

export function paramNames(type: string): readonly string[] {
  return Object.keys(INDICATORS.get(type)?.params ?? {});
}

export function outputSuffixes(type: string): readonly string[] {
  return INDICATORS.get(type)?.outputs ?? [];
}

/** Column names a spec produces: the output key, or one per suffix, `outputs` renames honoured. */
export function expandedKeys(spec: FeatureSpec): string[] {
  return isIndicatorType(spec.indicator_type)
    ? outputKeys(spec).map(({ key }) => key)
    : [spec.output_key];
}

/** Whether `input_source` means anything to this type. */
export function readsSource(type: string): boolean {
  return INDICATORS.get(type)?.inputs.includes('source') === true;
}

export function paramIssues(spec: FeatureSpec): readonly ParamIssue[] {
  return resolveParams(spec.indicator_type, spec.params).issues;
}

/** The reference produces no column for these types (B1). */
export function isRefusedByTrade(type: string): boolean {
  return INDICATORS.get(type)?.trade === 'refused';
}

/** Warm-up bars of the reference's registry, from the card's raw parameters. */
export function reportedWarmup(spec: FeatureSpec): number {
  return isIndicatorType(spec.indicator_type)
    ? indicator(spec.indicator_type).reportedWarmup(spec.params)
    : 0;
}

/** Parameters with defaults filled in. */
export function resolvedParams(spec: FeatureSpec): Readonly<Record<string, number>> {
  return isIndicatorType(spec.indicator_type)
    ? resolveParams(spec.indicator_type, spec.params).params
    : {};
}
