import { declaredKeys } from './check-specs.ts';
import { didYouMean, shown, type FoundIssue } from './issues.ts';
import type { IdeaCard } from './schema.ts';

/** Rules of the risk model: an ATR distance needs a series of exec. */
export function checkRiskModel(card: IdeaCard): FoundIssue[] {
  const declared = declaredKeys(card.tf_configs.exec);
  return (['stop_loss', 'take_profit'] as const).flatMap((part): FoundIssue[] => {
    const rule = card.risk_model?.[part];
    const path = ['risk_model', part, 'atr_key'];
    if (!rule) return [];
    if (rule.atr_key === null) {
      if (rule.type !== 'atr_multiple') return [];
      const message = `${part} of type atr_multiple needs atr_key.`;
      return [
        { path, code: 'MISSING_ATR_KEY', message, hint: 'name an exec indicator of type atr' },
      ];
    }
    if (declared.includes(rule.atr_key)) return [];
    const message = `exec declares no ${shown(rule.atr_key)}.`;
    return [
      { path, code: 'UNDECLARED_FEATURE', message, hint: didYouMean(rule.atr_key, declared) },
    ];
  });
}
