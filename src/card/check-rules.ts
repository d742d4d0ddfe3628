import { declaredKeys } from './check-specs.ts';
import { expandedKeys } from './indicator-table.ts';
import { didYouMean, shown, type FoundIssue } from './issues.ts';
import { ROLES } from './keys.ts';
import type { Condition, IdeaCard, TfConfig } from './schema.ts';
import type { PathKey } from './source.ts';

/** Rules of signal rules: directions, operands, offsets. */

export function checkDirections(card: IdeaCard): FoundIssue[] {
  if (card.strategy !== undefined) return [];
  const { mode } = card.position_policy;
  return card.signal_rules.entry_rules.flatMap(({ direction }, n) => {
    if (mode === 'long_short' || mode === `${direction}_only`) return [];
    const path = ['signal_rules', 'entry_rules', n, 'direction'];
    const message = `A ${direction} entry is not allowed by position_policy.mode ${mode}.`;
    return [
      {
        path,
        code: 'DIRECTION_NOT_ALLOWED',
        message,
        hint: 'set position_policy.mode to long_short',
      },
    ];
  });
}

export function checkCondition(
  card: IdeaCard,
  condition: Condition,
  path: readonly PathKey[],
): FoundIssue[] {
  const config = card.tf_configs[condition.tf];
  if (!config) {
    const message = `The card configures no role ${condition.tf}.`;
    const hint = `its roles: ${ROLES.filter((role) => card.tf_configs[role]).join(', ')}`;
    return [{ path: [...path, 'tf'], code: 'UNKNOWN_TF_ROLE', message, hint }];
  }
  const issues = checkKey(config, condition, 'indicator_key', path);
  if (condition.is_indicator_comparison) issues.push(...checkKey(config, condition, 'value', path));
  else issues.push(...checkLiteral(config, condition, path));
  if (condition.prev_offset < 0) {
    const message = 'A negative prev_offset reads future bars.';
    issues.push({
      path: [...path, 'prev_offset'],
      code: 'LOOK_AHEAD',
      message,
      hint: 'use 1 for the bar before',
    });
  }
  return issues;
}

// --- internal ---

function checkLiteral(
  config: TfConfig,
  condition: Condition,
  path: readonly PathKey[],
): FoundIssue[] {
  const { value } = condition;
  if (typeof value === 'number') return [];
  const isKey = declaredKeys(config).includes(value);
  const hint = isKey ? 'set is_indicator_comparison: true to compare with that series' : undefined;
  return [
    {
      path: [...path, 'value'],
      code: 'INVALID_LITERAL',
      message: `${shown(value)} is not a number.`,
      hint,
    },
  ];
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
    const message = 'timestamp never has a value, so the condition is never true.';
    return [{ path: at, code: 'TIMESTAMP_OPERAND', message }];
  }
  const base = config.feature_specs.find((spec) => spec.output_key === key);
  if (base) {
    const message = `${shown(key)} has several outputs; name one.`;
    const hint = `one of ${expandedKeys(base).join(', ')}`;
    return [{ path: at, code: 'MULTI_OUTPUT_BASE_KEY_REFERENCED', message, hint }];
  }
  const hint = didYouMean(key, declared) ?? `declared: ${declared.join(', ')}`;
  const message = `${condition.tf} declares no ${shown(key)}.`;
  return [{ path: at, code: 'UNDECLARED_FEATURE', message, hint }];
}
