import { didYouMean, shown, type FoundIssue } from './issues.ts';
import { indicatorTypes, isIndicatorType, outputSuffixes, paramIssues } from './indicator-table.ts';
import {
  PRICE_KEYS,
  ROLES,
  type Condition,
  type FeatureSpec,
  type IdeaCard,
  type Role,
  type TfConfig,
} from './schema.ts';
import type { PathKey } from './source.ts';
import { timeframeMs } from '../time.ts';

/**
 * Cross-field rules of a card in normal form. Each part of the card has its own function, so that a
 * grid can check one part for one value without looking at the rest (design §12.2).
 */
export function checkCard(card: IdeaCard): FoundIssue[] {
  const roles = rolesOf(card);
  return [
    ...checkTimeframes(card),
    ...roles.flatMap((role) => checkRole(card, role)),
    ...checkRules(card),
    ...checkRiskModel(card),
    ...checkAccount(card),
  ];
}

/** The roles a card configures, exec first. */
export function rolesOf(card: IdeaCard): Role[] {
  return ROLES.filter((role) => card.tf_configs[role] !== undefined);
}

/** Column names a spec produces: the output key, or one name per suffix, `outputs` renames honoured. */
export function expandedKeys(spec: FeatureSpec): string[] {
  const suffixes = outputSuffixes(spec.indicator_type);
  if (suffixes.length === 0) return [spec.output_key];
  return suffixes.map((suffix) => spec.outputs?.[suffix] ?? `${spec.output_key}_${suffix}`);
}

/** Names that rules of this role may use: prices and the columns of its specs. */
export function declaredKeys(config: TfConfig | undefined): string[] {
  return [...PRICE_KEYS, ...(config?.feature_specs.flatMap(expandedKeys) ?? [])];
}

export function checkSpec(spec: FeatureSpec, path: readonly PathKey[]): FoundIssue[] {
  const type = spec.indicator_type;
  if (!isIndicatorType(type)) {
    return [
      {
        path: [...path, 'indicator_type'],
        code: 'UNSUPPORTED_INDICATOR',
        message: `Unknown indicator ${shown(type)}.`,
        hint: didYouMean(type, indicatorTypes()) ?? `known: ${indicatorTypes().join(', ')}`,
      },
    ];
  }
  const issues: FoundIssue[] = paramIssues(spec).map(({ code, message, param }) => ({
    path: [...path, 'params', param],
    code,
    message: `${type}: ${message}`,
  }));
  if (spec.input_source === 'indicator') {
    issues.push({
      path: [...path, 'input_source'],
      code: 'NOT_YET',
      message: 'Indicators of indicators are not built yet.',
    });
  }
  return [...issues, ...checkOutputs(spec, path)];
}

// --- internal ---

function checkOutputs(spec: FeatureSpec, path: readonly PathKey[]): FoundIssue[] {
  const suffixes = outputSuffixes(spec.indicator_type);
  return Object.keys(spec.outputs ?? {})
    .filter((suffix) => !suffixes.includes(suffix))
    .map((suffix) => ({
      path: [...path, 'outputs', suffix],
      code: 'UNKNOWN_OUTPUT',
      message: `${spec.indicator_type} has no output ${shown(suffix)}.`,
      hint:
        suffixes.length === 0
          ? 'it has a single output'
          : (didYouMean(suffix, suffixes) ?? `outputs: ${suffixes.join(', ')}`),
    }));
}

function checkTimeframes(card: IdeaCard): FoundIssue[] {
  const { exec, mtf, htf } = card.tf_configs;
  const issues: FoundIssue[] = [];
  const length = (config: TfConfig) => timeframeMs(config.tf);
  for (const [role, config] of [
    ['mtf', mtf],
    ['htf', htf],
  ] as const) {
    if (!config) continue;
    const path = ['tf_configs', role, 'tf'];
    if (config.tf === exec.tf) {
      issues.push({
        path,
        code: 'SAME_TIMEFRAME',
        message: `${role} has the timeframe of exec (${exec.tf}).`,
        hint: `move its indicators to exec, or give ${role} a longer timeframe`,
      });
    } else if (length(config) < length(exec)) {
      issues.push({
        path,
        code: 'TIMEFRAME_ORDER',
        message: `${role} (${config.tf}) is shorter than exec (${exec.tf}).`,
        hint: 'the order is htf, mtf, exec from long to short',
      });
    } else if (length(config) % length(exec) !== 0) {
      issues.push({
        path,
        code: 'TIMEFRAME_MULTIPLE',
        message: `${role} (${config.tf}) is not a whole multiple of exec (${exec.tf}).`,
      });
    }
  }
  if (mtf && htf && mtf.tf === htf.tf) {
    issues.push({
      path: ['tf_configs', 'mtf', 'tf'],
      code: 'SAME_TIMEFRAME',
      message: `mtf and htf have the same timeframe (${htf.tf}).`,
      hint: 'keep one of the two',
    });
  } else if (mtf && htf && length(mtf) > length(htf)) {
    issues.push({
      path: ['tf_configs', 'mtf', 'tf'],
      code: 'TIMEFRAME_ORDER',
      message: `mtf (${mtf.tf}) is longer than htf (${htf.tf}).`,
      hint: 'swap the two',
    });
  }
  return issues;
}

function checkRole(card: IdeaCard, role: Role): FoundIssue[] {
  const config = card.tf_configs[role];
  if (!config) return [];
  const base = ['tf_configs', role, 'feature_specs'];
  const issues = config.feature_specs.flatMap((spec, n) => checkSpec(spec, [...base, n]));
  const owners = new Map<string, number>();
  config.feature_specs.forEach((spec, n) => {
    for (const key of expandedKeys(spec)) {
      const path = [...base, n, 'output_key'];
      if (RESERVED_KEYS.has(key)) {
        issues.push({
          path,
          code: 'OUTPUT_KEY_SHADOWS_PRICE',
          message: `The output ${shown(key)} has the name of a price column.`,
          hint: `rename it, for example ${spec.indicator_type}_${key}`,
        });
      } else if (owners.has(key)) {
        issues.push({
          path,
          code: 'DUPLICATE_OUTPUT_KEY',
          message: `The output ${shown(key)} of ${role} stands twice (spec ${owners.get(key)} and ${n}).`,
          hint: 'give each indicator its own output_key',
        });
      }
      owners.set(key, n);
    }
  });
  config.required_indicators.forEach((key, n) => {
    if (owners.has(key)) return;
    issues.push({
      path: ['tf_configs', role, 'required_indicators', n],
      code: 'UNDECLARED_FEATURE',
      message: `Required indicator ${shown(key)} is not an output of ${role}.`,
      hint: didYouMean(key, owners.keys()),
    });
  });
  return issues;
}

const RESERVED_KEYS = new Set<string>([...PRICE_KEYS, 'timestamp']);

function checkRules(card: IdeaCard): FoundIssue[] {
  const { mode } = card.position_policy;
  const issues: FoundIssue[] = [];
  card.signal_rules.entry_rules.forEach((rule, n) => {
    const isAllowed = mode === 'long_short' || mode === `${rule.direction}_only`;
    if (isAllowed) return;
    issues.push({
      path: ['signal_rules', 'entry_rules', n, 'direction'],
      code: 'DIRECTION_NOT_ALLOWED',
      message: `A ${rule.direction} entry is not allowed by position_policy.mode ${mode}.`,
      hint: 'set position_policy.mode to long_short',
    });
  });
  for (const kind of ['entry_rules', 'exit_rules'] as const) {
    card.signal_rules[kind].forEach((rule, n) => {
      rule.conditions.forEach((condition, k) => {
        issues.push(...checkCondition(card, condition, ['signal_rules', kind, n, 'conditions', k]));
      });
    });
  }
  return issues;
}

export function checkCondition(
  card: IdeaCard,
  condition: Condition,
  path: readonly PathKey[],
): FoundIssue[] {
  const config = card.tf_configs[condition.tf];
  if (!config) {
    return [
      {
        path: [...path, 'tf'],
        code: 'UNKNOWN_TF_ROLE',
        message: `The card configures no role ${condition.tf}.`,
        hint: `its roles: ${rolesOf(card).join(', ')}`,
      },
    ];
  }
  const issues = [...checkKey(config, condition, 'indicator_key', path)];
  if (condition.is_indicator_comparison) issues.push(...checkKey(config, condition, 'value', path));
  else if (typeof condition.value === 'string') {
    const isKey = declaredKeys(config).includes(condition.value);
    issues.push({
      path: [...path, 'value'],
      code: 'INVALID_LITERAL',
      message: `${shown(condition.value)} is not a number.`,
      hint: isKey ? 'set is_indicator_comparison: true to compare with that series' : undefined,
    });
  }
  if (condition.prev_offset < 0) {
    issues.push({
      path: [...path, 'prev_offset'],
      code: 'LOOK_AHEAD',
      message: 'A negative prev_offset reads future bars.',
      hint: 'use 1 for the bar before',
    });
  }
  return issues;
}

function checkKey(
  config: TfConfig,
  condition: Condition,
  field: 'indicator_key' | 'value',
  path: readonly PathKey[],
): FoundIssue[] {
  const key = String(condition[field]);
  const declared = declaredKeys(config);
  if (declared.includes(key)) return [];
  const at = [...path, field];
  if (key === 'timestamp') {
    return [
      {
        path: at,
        code: 'TIMESTAMP_OPERAND',
        message: 'timestamp never has a value, so the condition is never true.',
      },
    ];
  }
  const base = config.feature_specs.find((spec) => spec.output_key === key);
  if (base) {
    return [
      {
        path: at,
        code: 'MULTI_OUTPUT_BASE_KEY_REFERENCED',
        message: `${shown(key)} has several outputs; name one.`,
        hint: `one of ${expandedKeys(base).join(', ')}`,
      },
    ];
  }
  return [
    {
      path: at,
      code: 'UNDECLARED_FEATURE',
      message: `${condition.tf} declares no ${shown(key)}.`,
      hint: didYouMean(key, declared) ?? `declared: ${declared.join(', ')}`,
    },
  ];
}

function checkRiskModel(card: IdeaCard): FoundIssue[] {
  return (['stop_loss', 'take_profit'] as const).flatMap((part) => {
    const rule = card.risk_model?.[part];
    if (!rule || rule.atr_key === null) {
      return rule?.type === 'atr_multiple'
        ? [
            {
              path: ['risk_model', part, 'atr_key'],
              code: 'MISSING_ATR_KEY',
              message: `${part} of type atr_multiple needs atr_key.`,
              hint: 'name an exec indicator of type atr',
            },
          ]
        : [];
    }
    const declared = declaredKeys(card.tf_configs.exec);
    if (declared.includes(rule.atr_key)) return [];
    return [
      {
        path: ['risk_model', part, 'atr_key'],
        code: 'UNDECLARED_FEATURE',
        message: `exec declares no ${shown(rule.atr_key)}.`,
        hint: didYouMean(rule.atr_key, declared),
      },
    ];
  });
}

function checkAccount(card: IdeaCard): FoundIssue[] {
  const mode = card.account.margin_mode;
  if (mode === 'isolated_usdt' || mode === 'isolated') return [];
  return [
    {
      path: ['account', 'margin_mode'],
      code: 'INVALID_VALUE',
      message: `margin_mode is ${shown(mode)}; it can be isolated_usdt or isolated.`,
    },
  ];
}
