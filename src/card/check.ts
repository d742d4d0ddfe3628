import { checkRiskModel } from './check-risk.ts';
import { checkCondition, checkDirections } from './check-rules.ts';
import { checkColumns, checkSpec } from './check-specs.ts';
import { checkForTrade } from './check-trade.ts';
import { shown, type FoundIssue } from './issues.ts';
import { ROLES, type Role } from './keys.ts';
import type { FeatureSpec, IdeaCard, TfConfig } from './schema.ts';
import { timeframeMs } from '../time.ts';
import type { PathKey } from './source.ts';

/**
 * Cross-field rules of a card in normal form. A part of the card can be checked alone (checkPart), so
 * that a grid finds the values it cannot take per axis, not per point (design §12.2).
 */
export function checkCard(card: IdeaCard): FoundIssue[] {
  return partsOf(card).flatMap((part) => checkPart(card, part));
}

/** What only the reference refuses (design §5, profile `trade`). */
export { checkForTrade };

/** The roles a card configures, exec first. */
export function rolesOf(card: IdeaCard): Role[] {
  return ROLES.filter((role) => card.tf_configs[role] !== undefined);
}

/** A part of the card with rules of its own; the empty path stands for what spans several parts. */
export type CardPart = readonly PathKey[];

/**
 * The parts whose rules a value at `path` can break. A spec's parameters concern the spec alone; its
 * type and names concern everything that refers to it.
 */
export function partsAt(path: readonly PathKey[]): CardPart[] {
  if (path[2] === 'feature_specs') {
    const spec = path.slice(0, 4);
    return path[4] === 'params' ? [spec] : [spec, []];
  }
  if (path[0] === 'signal_rules' && path[3] === 'conditions') return [path.slice(0, 5)];
  return path[0] === 'risk_model' || path[0] === 'account' ? [[path[0]]] : [[]];
}

export function checkPart(card: IdeaCard, part: CardPart): FoundIssue[] {
  const [top, role, , n] = part;
  if (top === undefined) return checkWhole(card);
  if (top === 'risk_model') return checkRiskModel(card);
  if (top === 'account') return checkAccount(card);
  if (top === 'tf_configs') return checkSpec(specAt(card, role as Role, n as number), part);
  const rule = card.signal_rules[part[1] as 'entry_rules'][part[2] as number];
  const condition = rule?.conditions[part[4] as number];
  return condition ? checkCondition(card, condition, part) : [];
}

// --- internal ---

function specAt(card: IdeaCard, role: Role, n: number): FeatureSpec {
  return card.tf_configs[role]!.feature_specs[n]!;
}

function partsOf(card: IdeaCard): CardPart[] {
  const specs = rolesOf(card).flatMap((role) =>
    card.tf_configs[role]!.feature_specs.map((_, n): CardPart => [
      'tf_configs',
      role,
      'feature_specs',
      n,
    ]),
  );
  const conditions = (['entry_rules', 'exit_rules'] as const).flatMap((kind) =>
    card.signal_rules[kind].flatMap((rule, n) =>
      rule.conditions.map((_, k): CardPart => ['signal_rules', kind, n, 'conditions', k]),
    ),
  );
  return [[], ...specs, ...conditions, ['risk_model'], ['account']];
}

function checkWhole(card: IdeaCard): FoundIssue[] {
  return [
    ...checkEntries(card),
    ...checkTimeframes(card),
    ...rolesOf(card).flatMap((role) => checkColumns(card, role)),
    ...checkDirections(card),
  ];
}

function checkEntries(card: IdeaCard): FoundIssue[] {
  if (card.strategy !== undefined || card.signal_rules.entry_rules.length > 0) return [];
  const path = ['signal_rules', 'entry_rules'];
  const message = 'signal_rules.entry_rules must not be empty.';
  return [{ path, code: 'INVALID_VALUE', message }];
}

function checkTimeframes(card: IdeaCard): FoundIssue[] {
  const { exec, mtf, htf } = card.tf_configs;
  const issues: FoundIssue[] = [];
  for (const [role, config] of [
    ['mtf', mtf],
    ['htf', htf],
  ] as const) {
    if (config) issues.push(...checkAgainstExec(role, config, exec));
  }
  if (!mtf || !htf) return issues;
  const path = ['tf_configs', 'mtf', 'tf'];
  if (mtf.tf === htf.tf) {
    const message = `mtf and htf have the same timeframe (${htf.tf}).`;
    issues.push({ path, code: 'SAME_TIMEFRAME', message, hint: 'keep one of the two' });
  } else if (timeframeMs(mtf.tf) > timeframeMs(htf.tf)) {
    const message = `mtf (${mtf.tf}) is longer than htf (${htf.tf}).`;
    issues.push({ path, code: 'TIMEFRAME_ORDER', message, hint: 'swap the two' });
  }
  return issues;
}

function checkAgainstExec(role: Role, config: TfConfig, exec: TfConfig): FoundIssue[] {
  const path = ['tf_configs', role, 'tf'];
  const [long, short] = [timeframeMs(config.tf), timeframeMs(exec.tf)];
  if (long === short) {
    const message = `${role} has the timeframe of exec (${exec.tf}).`;
    const hint = `move its indicators to exec, or give ${role} a longer timeframe`;
    return [{ path, code: 'SAME_TIMEFRAME', message, hint }];
  }
  if (long < short) {
    const message = `${role} (${config.tf}) is shorter than exec (${exec.tf}).`;
    return [
      {
        path,
        code: 'TIMEFRAME_ORDER',
        message,
        hint: 'the order is htf, mtf, exec from long to short',
      },
    ];
  }
  if (long % short === 0) return [];
  const message = `${role} (${config.tf}) is not a whole multiple of exec (${exec.tf}).`;
  return [{ path, code: 'TIMEFRAME_MULTIPLE', message }];
}

function checkAccount(card: IdeaCard): FoundIssue[] {
  const mode = card.account.margin_mode;
  if (mode === 'isolated_usdt' || mode === 'isolated') return [];
  const message = `margin_mode is ${shown(mode)}; it can be isolated_usdt or isolated.`;
  return [{ path: ['account', 'margin_mode'], code: 'INVALID_VALUE', message }];
}
