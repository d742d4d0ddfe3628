import { isRefusedByTrade, reportedWarmup } from './indicator-table.ts';
import { shown, type FoundIssue } from './issues.ts';
import { isSpecUsed } from './references.ts';
import { ROLES, type Role } from './keys.ts';
import type { FeatureSpec, IdeaCard } from './schema.ts';
import type { PathKey } from './source.ts';
import { tradeParamProblems } from './trade-params.ts';

/** What the reference refuses, crashes on or silently gets wrong: profile `trade` refuses it (design §5). */
export function checkForTrade(card: IdeaCard): FoundIssue[] {
  const specs = ROLES.flatMap((role) =>
    (card.tf_configs[role]?.feature_specs ?? []).flatMap((spec, n) =>
      checkSpecForTrade(card, spec, ['tf_configs', role, 'feature_specs', n]),
    ),
  );
  return [...checkRolesForTrade(card), ...specs, ...checkRiskForTrade(card)];
}

/** The spec rules alone, for values of axes. */
export function checkSpecForTrade(
  card: IdeaCard,
  spec: FeatureSpec,
  path: readonly PathKey[],
): FoundIssue[] {
  const issues = checkParamsForTrade(spec, path);
  const type = spec.indicator_type;
  const warmup = reportedWarmup(spec);
  if (warmup > WARMUP_BARS_MAX) {
    const message = `${type} ${shown(spec.output_key)} needs ${warmup} bars of warm-up; the reference takes ${WARMUP_BARS_MAX} at most.`;
    issues.push({ path: [...path, 'params'], code: 'WARMUP_TOO_LARGE', message });
  }
  if (isRefusedByTrade(type) && isSpecUsed(card, spec, path[1] as Role)) {
    const message = `${type} produces no column in the reference, so a rule on it is never true.`;
    issues.push({
      path: [...path, 'indicator_type'],
      code: 'TRADE_REFUSED',
      message,
      hint: USE_STANDARD,
    });
  }
  if (spec.input_source === 'indicator') {
    const message = 'The reference finds no source "indicator" when it prepares the frame (B7).';
    issues.push({
      path: [...path, 'input_source'],
      code: 'TRADE_REFUSED',
      message,
      hint: USE_STANDARD,
    });
  }
  const renamed = Object.entries(spec.outputs ?? {}).find(
    ([suffix, name]) => name !== `${spec.output_key}_${suffix}`,
  );
  if (renamed) {
    const message = 'The reference does not honour outputs: the renamed column would never exist.';
    issues.push({
      path: [...path, 'outputs', renamed[0]],
      code: 'TRADE_REFUSED',
      message,
      hint: USE_STANDARD,
    });
  }
  if (type === 'bbands' && (spec.params['std'] ?? 2) !== 2) {
    const message = 'The reference ignores bbands.std; it takes 2.0 only.';
    issues.push({
      path: [...path, 'params', 'std'],
      code: 'TRADE_REFUSED',
      message,
      hint: USE_STANDARD,
    });
  }
  return issues;
}

// --- internal ---

const WARMUP_BARS_MAX = 1000;
const TIMEFRAMES_OF_TRADE = ['1m', '5m', '15m', '1h', '4h', '1d'];
const LEAVE_OUT = 'leave it out or change it, or use profile standard';
const USE_STANDARD = 'profile standard computes it correctly';

function checkParamsForTrade(spec: FeatureSpec, path: readonly PathKey[]): FoundIssue[] {
  return tradeParamProblems(spec).map(({ name, message }) => ({
    path: [...path, 'params', name],
    code: 'TRADE_REFUSED',
    message,
    hint: LEAVE_OUT,
  }));
}

function checkRolesForTrade(card: IdeaCard): FoundIssue[] {
  const issues: FoundIssue[] = [];
  for (const role of ROLES) {
    const config = card.tf_configs[role];
    if (!config) continue;
    if (!TIMEFRAMES_OF_TRADE.includes(config.tf)) {
      const message = `The reference has no timeframe ${config.tf}.`;
      issues.push({
        path: ['tf_configs', role, 'tf'],
        code: 'TRADE_REFUSED',
        message,
        hint: `it has ${TIMEFRAMES_OF_TRADE.join(' ')}`,
      });
    }
    if (config.warmup_bars > WARMUP_BARS_MAX) {
      const message = `warmup_bars is ${config.warmup_bars}; the reference takes ${WARMUP_BARS_MAX} at most.`;
      issues.push({ path: ['tf_configs', role, 'warmup_bars'], code: 'WARMUP_TOO_LARGE', message });
    }
  }
  if (card.tf_configs.mtf && !card.tf_configs.htf) {
    const message = 'The reference refuses mtf without htf.';
    issues.push({
      path: ['tf_configs', 'mtf'],
      code: 'TRADE_REFUSED',
      message,
      hint: 'rename the role mtf to htf',
    });
  }
  const symbol = card.symbol_universe[0] ?? '';
  if (!/^[A-Z0-9]+USDT$/.test(symbol.trim().toUpperCase().replaceAll('/', ''))) {
    const message = `The reference takes symbols that end in USDT, not ${shown(symbol)}.`;
    issues.push({ path: ['symbol_universe', 0], code: 'TRADE_REFUSED', message });
  }
  return issues;
}

function checkRiskForTrade(card: IdeaCard): FoundIssue[] {
  const missing = (['stop_loss', 'take_profit', 'sizing'] as const)
    .filter((part) => !card.risk_model?.[part])
    .map((part) => ({
      path: ['risk_model', part],
      code: 'NO_RISK_MODEL',
      message: `The reference crashes at the first entry without risk_model.${part}.`,
      hint: 'add it, or use profile standard',
    }));
  if (missing.length > 0) return missing;
  if (card.risk_model?.sizing?.model !== 'percent_notional') return [];
  const message = 'The reference has no sizing model percent_notional.';
  return [
    {
      path: ['risk_model', 'sizing', 'model'],
      code: 'TRADE_REFUSED',
      message,
      hint: 'use percent_equity',
    },
  ];
}
