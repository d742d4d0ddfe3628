import { describe, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { applyPath, resolvePath, valueAt } from '../../../src/grid/path.ts';
import { CARD_TEXT } from '../../support/card-texts.ts';

const { card } = parseCard(CARD_TEXT);

describe('paths into a card', () => {
  test.each([
    ['exec.fast.length', ['tf_configs', 'exec', 'feature_specs', 0, 'params', 'length']],
    ['exec.macd.signal', ['tf_configs', 'exec', 'feature_specs', 3, 'params', 'signal']],
    ['exec.atr.length', ['tf_configs', 'exec', 'feature_specs', 4, 'params', 'length']],
    ['risk_model.stop_loss.value', ['risk_model', 'stop_loss', 'value']],
    ['account.fee_model.maker_bps', ['account', 'fee_model', 'maker_bps']],
    ['symbol_universe', ['symbol_universe']],
    ['symbol_universe[0]', ['symbol_universe', 0]],
    [
      'signal_rules.entry_rules[0].conditions[indicator_key=rsi].value',
      ['signal_rules', 'entry_rules', 0, 'conditions', 1, 'value'],
    ],
    [
      'signal_rules.entry_rules[direction="long"].conditions[2].value',
      ['signal_rules', 'entry_rules', 0, 'conditions', 2, 'value'],
    ],
    [
      'tf_configs.exec.feature_specs[output_key=slow].params.length',
      ['tf_configs', 'exec', 'feature_specs', 1, 'params', 'length'],
    ],
    [
      'tf_configs.exec.feature_specs[4].params.length',
      ['tf_configs', 'exec', 'feature_specs', 4, 'params', 'length'],
    ],
  ])('%s is resolved to keys', (text, keys) => {
    expect(resolvePath(card, text)).toEqual(keys);
  });

  test.each([
    ['exec.fsat.length', 'PATH_NOT_FOUND', 'did you mean exec.fast.length'],
    ['exec.fast.lenght', 'PATH_NOT_FOUND', 'did you mean exec.fast.length'],
    ['htf.fast.length', 'PATH_NOT_FOUND', 'did you mean'],
    ['risk_model.stoploss.value', 'PATH_NOT_FOUND', 'did you mean risk_model.stop_loss.value'],
    ['risk_model.take_profit', '', ''],
    ['account.nothing.here', 'PATH_NOT_FOUND', ''],
    ['signal_rules.entry_rules[1].direction', 'PATH_NOT_FOUND', ''],
    [
      'tf_configs.exec.feature_specs[indicator_type=ema].params.length',
      'PATH_AMBIGUOUS',
      'by its number',
    ],
    ['a..b', 'PATH_SYNTAX', ''],
    ['[0]', 'PATH_SYNTAX', ''],
    ['a[', 'PATH_SYNTAX', ''],
    ['', 'PATH_SYNTAX', ''],
    ['__proto__.polluted', 'PATH_NOT_FOUND', ''],
    ['account.constructor', 'PATH_NOT_FOUND', ''],
  ])('%s fails as %s', (text, code, hint) => {
    const result = resolvePath(card, text);
    const failure = 'code' in result ? result : { code: '', hint: '' };
    expect(failure.code).toBe(code);
    expect(failure.hint ?? '').toContain(hint);
  });

  test('setting a value shares everything off the path', () => {
    const path = resolvePath(card, 'exec.atr.length') as (string | number)[];
    const changed = applyPath(card, path, 7);
    expect(valueAt(changed, path)).toBe(7);
    expect(valueAt(card, path)).toBeUndefined();
    expect(changed.account).toBe(card.account);
    expect(changed.tf_configs.exec.feature_specs[0]).toBe(card.tf_configs.exec.feature_specs[0]);
  });
});
