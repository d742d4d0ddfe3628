import type { ProfileName } from '../engine/profile.ts';
import { paramIssues, readsSource, reportedWarmup, resolvedParams } from './indicator-table.ts';
import { shown, type FoundIssue } from './issues.ts';
import { liquidatedFirst } from './liquidation.ts';
import { neverHolds } from './never.ts';
import { isSpecUsed } from './references.ts';
import { ROLES, type Role } from './keys.ts';
import type { FeatureSpec, IdeaCard } from './schema.ts';
import type { PathKey } from './source.ts';

/**
 * What a card says that a backtest ignores or that will surprise: the traps of trade-semantics §10
 * (its labels stand in the messages). Values that axes move are looked at by src/grid/traps.ts.
 */
export function cardWarnings(card: IdeaCard, profile: ProfileName): FoundIssue[] {
  const specs = ROLES.flatMap((role) =>
    (card.tf_configs[role]?.feature_specs ?? []).flatMap((spec, n) =>
      specWarnings({ card, role, profile }, spec, ['tf_configs', role, 'feature_specs', n]),
    ),
  );
  return [
    ...specs,
    ...roleWarnings(card, profile),
    ...ruleWarnings(card),
    ...accountWarnings(card, profile),
    ...riskWarnings(card, profile),
  ];
}

// --- internal ---

interface SpecScope {
  readonly card: IdeaCard;
  readonly role: Role;
  readonly profile: ProfileName;
}

function specWarnings(
  { card, role, profile }: SpecScope,
  spec: FeatureSpec,
  path: readonly PathKey[],
): FoundIssue[] {
  const type = spec.indicator_type;
  const issues: FoundIssue[] = paramIssues(spec)
    .filter((issue) => issue.level === 'warning')
    .map(({ code, message, param }) => ({
      path: [...path, 'params', param],
      code,
      message: `${message}.`,
    }));
  if (!isSpecUsed(card, spec, role)) {
    const message = `No rule uses ${shown(spec.output_key)} of ${role}.`;
    issues.push({ path, code: 'UNUSED_FEATURE', message });
  }
  if (!readsSource(type) && spec.input_source !== 'close') {
    const message = `${type} ignores input_source.`;
    issues.push({ path: [...path, 'input_source'], code: 'IGNORED_FIELD', message });
  }
  if (spec.input_indicator_key !== null && spec.input_source !== 'indicator') {
    const message = 'input_indicator_key is ignored without input_source: indicator.';
    issues.push({ path: [...path, 'input_indicator_key'], code: 'IGNORED_FIELD', message });
  }
  if (profile !== 'trade') return issues;
  if (type === 'cci') {
    issues.push({
      path,
      code: 'REFERENCE_DEFECT',
      message: 'The reference computes cci without a parenthesis (B2).',
    });
  }
  if (type === 'alma' && spec.params['offset'] !== undefined) {
    const message = 'In the reference alma.offset shifts by bars (B8).';
    issues.push({ path: [...path, 'params', 'offset'], code: 'REFERENCE_DEFECT', message });
  }
  const run = reportedWarmup({ ...spec, params: resolvedParams(spec) });
  if (reportedWarmup(spec) !== run) {
    const message = `With parameters left out the reference warms ${type} up for ${reportedWarmup(spec)} bars, not ${run} (B6).`;
    issues.push({
      path: [...path, 'params'],
      code: 'REFERENCE_DEFECT',
      message,
      hint: 'write the length out',
    });
  }
  return issues;
}

function roleWarnings(card: IdeaCard, profile: ProfileName): FoundIssue[] {
  const issues: FoundIssue[] = [];
  for (const role of ROLES) {
    const config = card.tf_configs[role];
    if (!config || config.role === role) continue;
    const message = `role ${shown(config.role)} is ignored; the key ${role} counts (B11).`;
    issues.push({ path: ['tf_configs', role, 'role'], code: 'IGNORED_FIELD', message });
  }
  if (card.symbol_universe.length > 1) {
    const message = `Only the first symbol is traded, ${card.symbol_universe[0]}.`;
    const hint = 'sweep the symbols: symbol: { path: symbol_universe, values: [...] }';
    issues.push({ path: ['symbol_universe'], code: 'EXTRA_SYMBOLS', message, hint });
  }
  if (profile === 'trade' && card.tf_configs.mtf) {
    const message = 'The reference loads no warm-up for mtf; its first values may be missing (A6).';
    issues.push({ path: ['tf_configs', 'mtf'], code: 'REFERENCE_DEFECT', message });
  }
  return issues;
}

function ruleWarnings(card: IdeaCard): FoundIssue[] {
  if (card.strategy !== undefined) return strategyWarnings(card);
  const issues: FoundIssue[] = [];
  card.signal_rules.exit_rules.forEach((rule, n) => {
    const path = ['signal_rules', 'exit_rules', n];
    if (rule.conditions.length === 0) {
      const message =
        'An exit rule without conditions closes every position on its next bar (B12).';
      issues.push({ path, code: 'ALWAYS_EXITS', message });
    }
    if (rule.exit_type !== 'signal') {
      const message = `exit_type ${rule.exit_type} is ignored (B11).`;
      issues.push({ path: [...path, 'exit_type'], code: 'IGNORED_FIELD', message });
    }
  });
  for (const kind of ['entry_rules', 'exit_rules'] as const) {
    card.signal_rules[kind].forEach((rule, n) => {
      const reason = neverHolds(card, rule);
      if (reason === undefined) return;
      const message = `The rule is never true: ${reason}.`;
      issues.push({ path: ['signal_rules', kind, n], code: 'RULE_NEVER_TRUE', message });
    });
  }
  return issues;
}

function strategyWarnings({ signal_rules: rules }: IdeaCard): FoundIssue[] {
  if (rules.entry_rules.length + rules.exit_rules.length === 0) return [];
  const message = 'signal_rules are ignored: the strategy decides.';
  return [{ path: ['signal_rules'], code: 'IGNORED_FIELD', message }];
}

function accountWarnings(card: IdeaCard, profile: ProfileName): FoundIssue[] {
  const { account } = card;
  const issues: FoundIssue[] = [];
  const ignored = (path: readonly PathKey[], why: string) =>
    issues.push({
      path,
      code: 'IGNORED_FIELD',
      message: `${path.at(-1)} is ignored: ${why} (B11).`,
    });
  if (account.max_notional_usdt !== null)
    ignored(['account', 'max_notional_usdt'], 'no order is limited by it');
  if (account.max_margin_usdt !== null)
    ignored(['account', 'max_margin_usdt'], 'no order is limited by it');
  if (account.fee_model.maker_bps > 0)
    ignored(['account', 'fee_model', 'maker_bps'], 'every fill pays taker_bps');
  if (profile === 'trade' && card.position_policy.allow_flip) {
    ignored(['position_policy', 'allow_flip'], 'the reference never flips a position');
  }
  return issues;
}

function riskWarnings(card: IdeaCard, profile: ProfileName): FoundIssue[] {
  const { stop_loss: stop, take_profit: target, sizing } = card.risk_model ?? {};
  const issues: FoundIssue[] = [];
  if (!stop && profile === 'standard') {
    const message =
      'No stop loss: a position is closed by its exit rules or at the end of the data only.';
    issues.push({ path: ['risk_model'], code: 'NO_RISK_MODEL', message });
  }
  if (!stop && target?.type === 'rr_ratio') {
    const message =
      'A target of type rr_ratio is a multiple of the stop distance, and the card has no stop.';
    issues.push({ path: ['risk_model', 'take_profit'], code: 'TARGET_WITHOUT_STOP', message });
  }
  const liquidation = profile === 'standard' ? liquidatedFirst(card) : undefined;
  if (liquidation !== undefined) {
    issues.push({
      path: ['risk_model'],
      code: 'LIQUIDATED_FIRST',
      message: `Isolated margin: ${liquidation}.`,
      hint: 'lower sizing.max_leverage, or bring the stop nearer',
    });
  }
  if (!sizing) return issues;
  if (sizing.max_leverage !== card.account.max_leverage) {
    const message = `Leverage is sizing.max_leverage ${sizing.max_leverage}, not account.max_leverage ${card.account.max_leverage} (C5).`;
    issues.push({
      path: ['risk_model', 'sizing'],
      code: 'LEVERAGE_REPLACED',
      message,
      hint: 'write the same number in both',
    });
  }
  if (profile === 'trade' && sizing.model !== 'percent_equity') {
    const message = `The reference treats ${sizing.model} as percent_equity 1 (C4).`;
    issues.push({ path: ['risk_model', 'sizing', 'model'], code: 'REFERENCE_DEFECT', message });
  }
  return issues;
}
