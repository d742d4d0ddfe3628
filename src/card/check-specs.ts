import { chainOf, chainProblem, isChained } from './chains.ts';
import { INDICATOR_CHAIN_MAX } from '../limits.ts';
import {
  expandedKeys,
  indicatorTypes,
  isIndicatorType,
  outputSuffixes,
  paramIssues,
} from './indicator-table.ts';
import { didYouMean, shown, type FoundIssue } from './issues.ts';
import { PRICE_KEYS, type Role } from './keys.ts';
import type { FeatureSpec, IdeaCard, TfConfig } from './schema.ts';
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
  config.feature_specs.forEach((spec, n) => {
    const issue = chainIssue(spec, config.feature_specs);
    const path = ['tf_configs', role, 'feature_specs', n, 'input_indicator_key'];
    if (issue) issues.push({ path, ...issue });
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

/** What is wrong with the source of an indicator of an indicator. */
function chainIssue(
  spec: FeatureSpec,
  specs: readonly FeatureSpec[],
): Omit<FoundIssue, 'path'> | undefined {
  if (!isChained(spec)) return undefined;
  const key = spec.input_indicator_key;
  const own = expandedKeys(spec);
  if (key !== null && own.includes(key)) {
    const message = `${shown(key)} is computed from itself.`;
    return { code: 'INDICATOR_CYCLE', message, hint: 'name an output of another indicator' };
  }
  const problem = chainProblem(spec, specs);
  if (key === null || problem === 'unknown') return unknownSource(key, spec, specs);
  if (problem === 'circle') {
    const message = `${shown(spec.output_key)} is computed from itself, by way of ${shown(key)}.`;
    return { code: 'INDICATOR_CYCLE', message, hint: 'let one of them read a price' };
  }
  if (problem === 'too_deep') {
    const message = `More than ${INDICATOR_CHAIN_MAX} indicators stand on top of each other.`;
    return { code: 'INDICATOR_CHAIN', message };
  }
  const source = chainOf(spec, specs)?.[1]?.spec;
  if (source === undefined || !gappedKeys(source).includes(key)) return undefined;
  const message = `${shown(key)} has a value on one side of the trend only, so nothing can be computed from it.`;
  return { code: 'SOURCE_WITH_GAPS', message };
}

function unknownSource(
  key: string | null,
  spec: FeatureSpec,
  specs: readonly FeatureSpec[],
): Omit<FoundIssue, 'path'> {
  // A suggestion costs the square of the list; nobody writes a list this long by hand.
  const others = specs.length > 100 ? [] : specs.filter((one) => one !== spec);
  const keys = others.flatMap(expandedKeys);
  if (key === null) {
    const message = 'input_source: indicator needs an input_indicator_key.';
    return { code: 'MISSING_FIELD', message, hint: keysHint(keys) };
  }
  const code = 'UNDECLARED_FEATURE';
  const base = others.find((one) => one.output_key === key);
  if (base) {
    const hint = `one of ${expandedKeys(base).join(', ')}`;
    return { code, message: `${shown(key)} has several outputs; name one.`, hint };
  }
  const message = `No other indicator of this role has an output ${shown(key)}.`;
  return { code, message, hint: didYouMean(key, keys) ?? keysHint(keys) };
}

function keysHint(keys: readonly string[]): string | undefined {
  return keys.length === 0 ? undefined : `outputs: ${keys.join(', ')}`;
}

/** Outputs that have no value while the trend is the other way. */
const GAPPED_OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  psar: ['long', 'short'],
  supertrend: ['long', 'short'],
};

function gappedKeys(spec: FeatureSpec): string[] {
  const gapped = GAPPED_OUTPUTS[spec.indicator_type] ?? [];
  return gapped.map((output) => spec.outputs?.[output] ?? `${spec.output_key}_${output}`);
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
