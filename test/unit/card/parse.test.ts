import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { cardHash } from '../../../src/card/canonical.ts';
import { inspectCard, parseCard } from '../../../src/card/parse.ts';
import { cardSchema } from '../../../src/card/schema.ts';
import { decodeUtf8 } from '../../../src/card/yaml.ts';
import { SweepError } from '../../../src/errors.ts';
import { CARD_BYTES_MAX, CARD_ISSUES_MAX } from '../../../src/limits.ts';
import { CARD_TEXT, cardText, sweepText } from '../../support/card-texts.ts';
import { cpuMs } from '../../support/cpu-time.ts';

function codesOf(text: string): string[] {
  return inspectCard(text).issues.map((issue) => issue.code);
}

describe('a valid card', () => {
  test('becomes a card in normal form with every default filled in', () => {
    const { card, warnings } = parseCard(CARD_TEXT);
    expect(warnings).toEqual([]);
    expect(card.account).toEqual({
      starting_equity_usdt: 10_000,
      max_leverage: 3,
      margin_mode: 'isolated_usdt',
      fee_model: { taker_bps: 6, maker_bps: 0 },
      slippage_bps: 2,
      min_trade_notional_usdt: 10,
      maintenance_margin_rate: 0.005,
      max_notional_usdt: null,
      max_margin_usdt: null,
    });
    expect(card.position_policy).toEqual({ mode: 'long_only', allow_flip: false });
    expect(card.risk_model?.stop_loss).toEqual({
      type: 'percent',
      value: 2,
      atr_key: null,
      buffer_pct: 0,
    });
    expect(card.tf_configs.exec.feature_specs[4]).toEqual({
      indicator_type: 'atr',
      output_key: 'atr',
      params: {},
      input_source: 'close',
      input_indicator_key: null,
      outputs: null,
    });
    expect('mtf' in card.tf_configs).toBe(false);
  });

  test('in normal form reads as itself', () => {
    const { card } = parseCard(CARD_TEXT);
    expect(cardSchema.parse(card)).toEqual(card);
  });

  test('has one hash, whatever its key order, comments and written defaults', () => {
    const lines = CARD_TEXT.split('\n');
    const moved = `# a comment\n${lines.slice(1).join('\n')}\n${lines[0]}\nbars_history_required: 0\n`;
    expect(cardHash(parseCard(moved).card)).toBe(cardHash(parseCard(CARD_TEXT).card));
    const other = cardText({ 'length: 9': 'length: 10' });
    expect(cardHash(parseCard(other).card)).not.toBe(cardHash(parseCard(CARD_TEXT).card));
  });

  test('keeps free text as written and ignores a sweep section', () => {
    const { card } = parseCard(cardText({ 'version: "1"': 'version: 1.0', 'id: demo': 'id: 007' }));
    expect([card.id, card.version]).toEqual(['007', '1.0']);
  });

  test('takes numeric text where the reference converts with float()', () => {
    const text = cardText({
      'slippage_bps: 2': 'slippage_bps: 1e-1',
      'value: 70': "value: ' 1e-5 '",
    });
    const { card } = parseCard(text);
    expect(card.account.slippage_bps).toBe(0.1);
    expect(card.signal_rules.entry_rules[0]?.conditions[1]?.value).toBe(0.00001);
  });

  test('may leave out the risk model, in part or whole', () => {
    const whole = CARD_TEXT.slice(0, CARD_TEXT.indexOf('risk_model'));
    expect(parseCard(whole).card.risk_model).toBeNull();
    const part = parseCard(cardText({ '  take_profit: { type: rr_ratio, value: 2 }\n': '' }));
    expect(part.card.risk_model?.take_profit).toBeNull();
  });

  test('resolves anchors, aliases and merge keys', () => {
    const text = cardText({
      'params: { length: 9 }': 'params: &p { length: 9 }',
      'params: { length: 21 }': 'params: { <<: *p, length: 33 }',
      'params: { length: 14 }': 'params: *p',
    });
    const specs = parseCard(text).card.tf_configs.exec.feature_specs;
    expect(specs.map((spec) => spec.params['length'])).toEqual([9, 33, 9, undefined, undefined]);
  });
});

describe('warnings', () => {
  test('a scalar symbol_universe is wrapped into a list', () => {
    const { card, warnings } = parseCard(cardText({ '[SOLUSDT]': 'SOLUSDT' }));
    expect(card.symbol_universe).toEqual(['SOLUSDT']);
    expect(warnings.map((issue) => issue.code)).toEqual(['SYMBOL_NOT_A_LIST']);
  });

  test('an unknown key is ignored with a suggestion, and refused when strict', () => {
    const text = cardText({ 'slippage_bps: 2': 'slipage_bps: 2' });
    const { warnings } = parseCard(text);
    expect(warnings).toMatchObject([
      {
        code: 'UNKNOWN_KEY',
        path: 'account.slipage_bps',
        line: 3,
        hint: 'did you mean slippage_bps?',
      },
    ]);
    expect(() => parseCard(text, { strict: true })).toThrow(SweepError);
  });

  test('of duplicate keys the last counts', () => {
    const { card, warnings } = parseCard(`${CARD_TEXT}id: other\n`);
    expect(card.id).toBe('other');
    expect(warnings).toMatchObject([{ code: 'DUPLICATE_KEY', hint: 'remove the one in line 1' }]);
  });
});

describe('all problems at once, with line and column', () => {
  test('of the card and of its sweep section', () => {
    const text = sweepText('axis: {}', 'objective: { metric: sharpe, way: up }')
      .replace('operator: lt', 'operator: below')
      .replace('value: 2 }', 'value: -2 }')
      .replace('tf: 15m', 'tf: 15M')
      .replace('max_leverage: 3,', '')
      .replace('output_key: atr', 'output_key: close')
      .replace('key: macd_histogram', 'key: macd_hist')
      .replace('signal: 9', 'signal: 0');
    const { issues } = inspectCard(text, { file: 'demo.yml' });
    expect(issues.map(({ path, code, line, column }) => [path, code, line, column])).toEqual([
      ['account.max_leverage', 'INVALID_MAX_LEVERAGE', 3, 1],
      ['tf_configs.exec.tf', 'INVALID_VALUE', 7, 5],
      ['tf_configs.exec.feature_specs[3].params.signal', 'INVALID_PARAM', 13, 81],
      ['tf_configs.exec.feature_specs[4].output_key', 'OUTPUT_KEY_SHADOWS_PRICE', 14, 32],
      ['signal_rules.entry_rules[0].conditions[1].operator', 'INVALID_VALUE', 20, 33],
      ['signal_rules.entry_rules[0].conditions[2].indicator_key', 'UNDECLARED_FEATURE', 21, 13],
      ['risk_model.stop_loss.value', 'INVALID_VALUE', 26, 31],
      ['sweep.axis', 'UNKNOWN_KEY', 31, 3],
      ['sweep.objective.way', 'UNKNOWN_KEY', 32, 32],
    ]);
    expect(issues.find((issue) => issue.path === 'sweep.axis')?.hint).toBe('did you mean axes?');
    expect(issues.find((issue) => issue.path.endsWith('.tf'))?.hint).toBe(
      'did you mean 15m or 1m or 5m?',
    );
  });

  test.each([
    ['id: demo\n', '', 'MISSING_ID'],
    ['version: "1"\n', '', 'MISSING_VERSION'],
    ['[SOLUSDT]', '[]', 'INVALID_VALUE'],
    ['symbol_universe: [SOLUSDT]\n', '', 'MISSING_SYMBOLS'],
    ['  exec:', '  exek:', 'MISSING_EXEC_TF'],
    ['starting_equity_usdt: 10000', 'starting_equity_usdt: 0', 'INVALID_STARTING_EQUITY'],
    ['starting_equity_usdt: 10000, ', '', 'INVALID_STARTING_EQUITY'],
    [', fee_model: { taker_bps: 6 }', '', 'MISSING_FIELD'],
    ['taker_bps: 6', 'taker_bps: 10000', 'INVALID_VALUE'],
    ['slippage_bps: 2', 'slippage_bps: 10000', 'INVALID_VALUE'],
    ['signal_rules:', 'signal_rule:', 'NO_SIGNAL_RULES'],
    ['type: percent', 'type: structure', 'STRUCTURE_STOP'],
    ['operator: lt, ', '', 'MISSING_FIELD'],
    ['operator: lt', 'operator: ~', 'INVALID_VALUE'],
    ['length: 9', 'length: {a: 1}', 'INVALID_TYPE'],
    ['tf_configs:', 'position_policy: { allow_scale_in: true }\ntf_configs:', 'INVALID_VALUE'],
    [
      'tf_configs:',
      'position_policy: { max_positions_per_symbol: 2 }\ntf_configs:',
      'INVALID_VALUE',
    ],
    ['tf_configs:', 'strategy: 5\ntf_configs:', 'INVALID_TYPE'],
  ])('%s → %s gives %s', (from, to, code) => {
    expect(codesOf(cardText({ [from]: to }))).toEqual([code]);
  });

  test('the error shows the first and counts the others', () => {
    const text = cardText({ 'value: 2 }\n  take': 'value: 0 }\n  take', 'id: demo': 'id: ""' });
    expect(() => parseCard(text, { file: 'demo.yml' })).toThrow(/^demo\.yml has 2 problems: /);
  });
});

describe('text that is no card', () => {
  test.each([
    ['', 'NOT_A_CARD'],
    ['- 1\n- 2\n', 'NOT_A_CARD'],
    ['a: [1, 2\n', 'YAML_SYNTAX'],
    ['a: 1\n---\nb: 2\n', 'YAML_SYNTAX'],
    ['a: *nowhere\n', 'YAML_SYNTAX'],
    ['a: !!python/object:os.system x\n', 'YAML_TAG'],
    ['__proto__: { id: evil }\n', 'INVALID_KEY'],
    ['? [a, b]\n: 1\n', 'INVALID_KEY'],
    ['a: \0\n', 'NOT_TEXT'],
    [`a: ${'['.repeat(5000)}\n`, 'YAML_TOO_DEEP'],
    [`${'- '.repeat(5000)}a\n`, 'YAML_TOO_DEEP'],
    ['a: &a [*a]\n', 'YAML_TOO_DEEP'],
    [`a: ${'x'.repeat(1_100_000)}\n`, 'CARD_TOO_LARGE'],
  ])('%j is refused as %s', (text, code) => {
    expect(codesOf(text)).toContain(code);
  });

  test('a card written as JSON on one line is the same card', () => {
    const line = JSON.stringify(parse(CARD_TEXT, { version: '1.1' }));
    expect(line).not.toContain('\n');
    expect(cardHash(parseCard(line).card)).toBe(cardHash(parseCard(CARD_TEXT).card));
  });

  test('an alias bomb is refused in no time', () => {
    const levels = Array.from({ length: 9 }, (_, n) => {
      const item = n === 0 ? 'x' : `*l${n - 1}`;
      return `l${n}: &l${n} [${Array.from({ length: 9 }, () => item).join(', ')}]`;
    });
    const started = cpuMs();
    expect(codesOf(`${levels.join('\n')}\n`)).toContain('YAML_TOO_LARGE');
    expect(cpuMs() - started).toBeLessThan(1000);
  });

  test.each([
    ['a: [', '1,', '1]'],
    ['', '!!str ', ''],
    ['', ']', ''],
    ['', '? a\n', ''],
    ['a: &a 1\nb: [', '*a,', '1]'],
    ['sweep:\n constraints: [', '"a < b",', '"a < b"]'],
    ['tf_configs: { exec: { tf: 5m, feature_specs: [', '{ output_key: a },', '] } }'],
  ])('the largest text of %s%s… takes less than a moment', (head, item, tail) => {
    const text = head + item.repeat(Math.floor((CARD_BYTES_MAX - 100) / item.length)) + tail;
    const started = cpuMs();
    const codes = codesOf(text);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.length).toBeLessThanOrEqual(CARD_ISSUES_MAX + 1);
    // A fifth of a second on an idle machine.
    expect(cpuMs() - started).toBeLessThan(3000);
  });

  test('bytes that are not UTF-8 are no text', () => {
    expect(decodeUtf8(new Uint8Array([0x69, 0xff, 0xfe]))).toBeUndefined();
    expect(decodeUtf8(new TextEncoder().encode('é'))).toBe('é');
  });
});

test('a separate sweep file stands in for the sweep section, in its own dialect and places', () => {
  const sweep = 'card: demo.yml\nname: apart\nkeep: { finalists: 1_0 }\n';
  const found = inspectCard(sweepText('name: inside'), { sweepText: sweep });
  expect(found.issues).toMatchObject([{ path: 'sweep.keep.finalists', line: 3, column: 9 }]);
  const good = parseCard(CARD_TEXT, { sweepText: 'card: demo.yml\nname: apart\n' });
  expect(good.rawSweep).toEqual({ name: 'apart' });
});
