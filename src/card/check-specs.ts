import {
  expandedKeys,
  indicatorTypes,
  isIndicatorType,
  outputSuffixes,
  paramIssues,
} from './indicator-table.ts';
import { didYouMean, shown, type FoundIssue } from './issues.ts';
import { PRICE_KEYS, type FeatureSpec, type IdeaCard, type Role, type TfConfig } from './schema.ts';
import type { PathKey } from './source.ts';

/** Rules of feature specs: type, parameters, outputs, and the columns a role ends up with. */

/** Names that rules of this role may use: prices and the columns of its specs. */
export function declaredKeys(config: TfConfig): string[] {
  return [...PRICE_KEYS, ...config.feature_specs.flatMap(expandedKeys)];
}

export function checkSpec(spec: FeatureSpec, path: readonly PathKey[]): FoundIssue[] {
  const type = spec.indicator_type;
  if (!isIndicatorType(type)) {
    const hint = didYouMean(type, indicatorTypes()) ?? `known: ${indicatorTypes().join(', ')}`;
    const message = `Unknown indicator ${shown(type)}.`;
    return [{ path: [...path, 'indicator_type'], code: 'UNSUPPORTED_INDICATOR', message, hint }];
  }
  const issues: FoundIssue[] = paramIssues(spec)
    .filter((issue) => issue.level === 'error')
    .map(({ message, param }) => ({
      path: [...path, 'params', ...(param === '' ? [] : [param])],
      code: 'INVALID_PARAM',
      message: `${message}.`,
    }));
  if (spec.input_source === 'indicator') {
    const message = 'Indicators of indicators are not built yet.';
    const hint = 'use a price: open, high, low, close, volume, hlc3 or ohlc4';
    issues.push({ path: [...path, 'input_source'], code: 'NOT_YET', message, hint });
  }
  return [...issues, ...checkOutputs(spec, path)];
}

/** The columns of a role: no price is shadowed, none stands twice, required ones exist. */
export function checkColumns(card: IdeaCard, role: Role): FoundIssue[] {
  const config = card.tf_configs[role];
  if (!config) return [];
  const issues: FoundIssue[] = [];
  const owners = new Map<string, number>();
  config.feature_specs.forEach((spec, n) => {
    const path = ['tf_configs', role, 'feature_specs', n, 'output_key'];
    for (const key of expandedKeys(spec)) {
      const issue = columnIssue(key, owners.get(key), path);
      if (issue) issues.push(issue);
      owners.set(key, n);
    }
  });
  config.required_indicators.forEach((key, n) => {
    if (owners.has(key)) return;
    const path = ['tf_configs', role, 'required_indicators', n];
    const message = `The required indicator ${shown(key)} is not an output of ${role}.`;
    issues.push({
      path,
      code: 'UNDECLARED_FEATURE',
      message,
      hint: didYouMean(key, owners.keys()),
    });
  });
  return issues;
}

// --- internal ---

const RESERVED_KEYS = new Set<string>([...PRICE_KEYS, 'timestamp']);

function columnIssue(
  key: string,
  owner: number | undefined,
  path: readonly PathKey[],
): FoundIssue | undefined {
  if (RESERVED_KEYS.has(key)) {
    const message = `The output ${shown(key)} has the name of a price column.`;
    return {
      path,
      code: 'OUTPUT_KEY_SHADOWS_PRICE',
      message,
      hint: `rename it, for example my_${key}`,
    };
  }
  if (owner === undefined) return undefined;
  const message = `The output ${shown(key)} stands twice (feature_specs[${owner}] has it too).`;
  return {
    path,
    code: 'DUPLICATE_OUTPUT_KEY',
    message,
    hint: 'give each indicator its own output_key',
  };
}

function checkOutputs(spec: FeatureSpec, path: readonly PathKey[]): FoundIssue[] {
  const suffixes = outputSuffixes(spec.indicator_type);
  return Object.keys(spec.outputs ?? {})
    .filter((suffix) => !suffixes.includes(suffix))
    .map((suffix) => ({
      path: [...path, 'outputs', suffix],
      code: 'UNKNOWN_OUTPUT',
      message: `${spec.indicator_type} has no output ${shown(suffix)}.`,
      hint: outputHint(suffix, suffixes),
    }));
}

function outputHint(suffix: string, suffixes: readonly string[]): string {
  if (suffixes.length === 0) return 'it has a single output';
  const isBoolean = suffix === 'true' || suffix === 'false';
  if (isBoolean) return 'on, off, yes and no are booleans in YAML 1.1: put the key in quotes';
  return didYouMean(suffix, suffixes) ?? `its outputs: ${suffixes.join(', ')}`;
}
