import { describe, expect, test } from 'vitest';
import { checkForTrade } from '../../../src/card/check.ts';
import { neverTrades } from '../../../src/card/never.ts';
import { inspectCard, parseCard } from '../../../src/card/parse.ts';
import { cardWarnings } from '../../../src/card/warn.ts';
import { cardText } from '../../support/card-texts.ts';

function issuesOf(edit: Record<string, string>) {
  return inspectCard(cardText(edit)).issues;
}

/** The place before which `spec` puts one more feature. */
const SPEC = 'signal_rules:';
const spec = (type: string, params: string): string =>
  `      - { indicator_type: ${type}, output_key: one_more, params: { ${params} } }\nsignal_rules:`;

describe('cross-field rules', () => {
  test('reports indicators that are computed from each other, each of them', () => {
    const issues = issuesOf({
      'length: 9 } }': 'length: 9 }, input_source: indicator, input_indicator_key: slow }',
      'length: 21 } }': 'length: 21 }, input_source: indicator, input_indicator_key: rsi }',
      'length: 14 } }': 'length: 14 }, input_source: indicator, input_indicator_key: slow }',
    });
    // fast runs into the circle, and is none of it.
    expect(issues.map(({ code, line }) => [code, line])).toEqual([
      ['INDICATOR_CYCLE', 11],
      ['INDICATOR_CYCLE', 12],
    ]);
  });

  test.each<[string, string, string, string | undefined]>([
    [
      'indicator_type: ema, output_key: fast',
      'indicator_type: emma, output_key: fast',
      'UNSUPPORTED_INDICATOR',
      'did you mean ema',
    ],
    ['length: 9', 'length: 0', 'INVALID_PARAM', undefined],
    ['length: 9', 'length: 9.5', 'INVALID_PARAM', undefined],
    ['length: 9', 'length: "9"', 'INVALID_PARAM', undefined],
    ['fast: 12, slow: 26', 'fast: 26, slow: 12', 'INVALID_PARAM', undefined],
    ['output_key: atr', 'output_key: fast', 'DUPLICATE_OUTPUT_KEY', undefined],
    ['output_key: atr', 'output_key: volume', 'OUTPUT_KEY_SHADOWS_PRICE', undefined],
    ['output_key: atr', 'output_key: timestamp', 'OUTPUT_KEY_SHADOWS_PRICE', undefined],
    ['indicator_key: rsi,', 'indicator_key: timestamp,', 'TIMESTAMP_OPERAND', undefined],
    ['indicator_key: rsi,', 'indicator_key: mark_price,', 'UNDECLARED_FEATURE', undefined],
    [
      'indicator_key: macd_histogram',
      'indicator_key: macd',
      'MULTI_OUTPUT_BASE_KEY_REFERENCED',
      'one of macd_macd, macd_signal, macd_histogram',
    ],
    ['value: 70 }', 'value: slow }', 'INVALID_LITERAL', 'set is_indicator_comparison'],
    ['value: 70 }', 'value: 70, tf: htf }', 'UNKNOWN_TF_ROLE', 'its roles: exec'],
    ['value: 70 }', 'value: 70, prev_offset: -1 }', 'LOOK_AHEAD', undefined],
    ['direction: long', 'direction: short', 'DIRECTION_NOT_ALLOWED', 'set position_policy.mode'],
    ['type: percent, value: 2', 'type: atr_multiple, value: 2', 'MISSING_ATR_KEY', undefined],
    [
      'type: percent, value: 2',
      'type: atr_multiple, value: 2, atr_key: art',
      'UNDECLARED_FEATURE',
      'did you mean atr',
    ],
    [
      'role: exec',
      'role: exec\n    required_indicators: [fats]',
      'UNDECLARED_FEATURE',
      'did you mean fast',
    ],
    [
      'length: 9 } }',
      'length: 9 }, input_source: indicator, input_indicator_key: slwo }',
      'UNDECLARED_FEATURE',
      'did you mean slow',
    ],
    [
      'length: 9 } }',
      'length: 9 }, input_source: indicator, input_indicator_key: macd }',
      'UNDECLARED_FEATURE',
      'one of macd_macd, macd_signal, macd_histogram',
    ],
    [
      'length: 9 } }',
      'length: 9 }, input_source: indicator, input_indicator_key: fast }',
      'INDICATOR_CYCLE',
      'name an output of another',
    ],
    [
      'length: 9 } }',
      'length: 9 }, input_source: indicator }',
      'MISSING_FIELD',
      'outputs: slow, rsi, macd_macd',
    ],
    [
      '{ indicator_type: ema, output_key: fast, params: { length: 9 } }',
      '{ indicator_type: ema, output_key: fast, params: { length: 9 }, input_source: indicator, input_indicator_key: st_long }\n      - { indicator_type: supertrend, output_key: st }',
      'SOURCE_WITH_GAPS',
      undefined,
    ],
    ['signal: 9 } }', 'signal: 9 }, outputs: { hist: h } }', 'UNKNOWN_OUTPUT', undefined],
    [
      'signal: 9 } }',
      'signal: 9 }, outputs: { on: h } }',
      'UNKNOWN_OUTPUT',
      'on, off, yes and no are booleans',
    ],
    ['fee_model: { taker_bps: 6 }', 'fee_model: {}', 'INVALID_VALUE', undefined],
    ['role: exec', 'role: higher', 'INVALID_VALUE', undefined],
    ['signal_rules:', '  htf: { tf: 15m, role: htf }\nsignal_rules:', 'SAME_TIMEFRAME', undefined],
    ['signal_rules:', '  htf: { tf: 5m, role: htf }\nsignal_rules:', 'TIMEFRAME_ORDER', undefined],
    [
      'signal_rules:',
      '  mtf: { tf: 4h, role: mtf }\n  htf: { tf: 1h, role: htf }\nsignal_rules:',
      'TIMEFRAME_ORDER',
      'swap the two',
    ],
    [
      'signal_rules:',
      '  mtf: { tf: 1h, role: mtf }\n  htf: { tf: 1h, role: htf }\nsignal_rules:',
      'SAME_TIMEFRAME',
      'keep one',
    ],
  ])('%s → %s gives %s', (from, to, code, hint) => {
    const issues = issuesOf({ [from]: to });
    expect(issues.map((issue) => issue.code)).toEqual([code]);
    expect(issues[0]?.hint ?? '').toContain(hint ?? '');
    expect(issues[0]?.line).toBeGreaterThan(1);
  });

  test('outputs that are renamed are declared under their new names only', () => {
    const edit = { 'signal: 9 } }': 'signal: 9 }, outputs: { histogram: hist } }' };
    expect(issuesOf(edit).map((issue) => issue.code)).toEqual(['UNDECLARED_FEATURE']);
    expect(issuesOf({ ...edit, 'key: macd_histogram': 'key: hist' })).toEqual([]);
  });
});

describe('profile trade refuses what the reference cannot run', () => {
  test.each([
    ['length: 21', 'length: 334', 'WARMUP_TOO_LARGE'],
    ['role: exec', 'role: exec\n    warmup_bars: 1001', 'WARMUP_TOO_LARGE'],
    ['tf: 15m', 'tf: 30m', 'TRADE_REFUSED'],
    ['[SOLUSDT]', '[BTCEUR]', 'TRADE_REFUSED'],
    ['  take_profit: { type: rr_ratio, value: 2 }\n', '', 'NO_RISK_MODEL'],
    ['model: percent_equity', 'model: percent_notional', 'TRADE_REFUSED'],
    ['signal_rules:', '  mtf: { tf: 1h, role: mtf }\nsignal_rules:', 'TRADE_REFUSED'],
    ['signal: 9 } }', 'signal: 9 }, outputs: { macd: line } }', 'TRADE_REFUSED'],
    [SPEC, spec('stoch', 'd: 1'), 'TRADE_REFUSED'],
    [SPEC, spec('sma', 'length: 1'), 'TRADE_REFUSED'],
    [SPEC, spec('squeeze', 'offset: 1'), 'TRADE_REFUSED'],
    [SPEC, spec('supertrend', 'multiplier: 0.0'), 'TRADE_REFUSED'],
    [SPEC, spec('kama', 'length: 10, fast: 3'), 'TRADE_REFUSED'],
    [SPEC, spec('roc', 'scalar: 1'), 'TRADE_REFUSED'],
    [SPEC, spec('natr', 'mamode: sma'), 'TRADE_REFUSED'],
    [SPEC, spec('mom', 'fillna: 0'), 'TRADE_REFUSED'],
  ])('%s → %s gives %s', (from, to, code) => {
    const { card } = parseCard(cardText({ [from]: to }));
    expect(checkForTrade(card).map((issue) => issue.code)).toEqual([code]);
  });

  test.each([
    ['natr', 'mamode: ema'],
    ['ema', 'length: 9, adjust: true'],
    ['wma', 'lenght: 5'],
    ['stoch', 'k: 5, d: 2, smooth_k: 1'],
  ])('%s { %s } is what the reference computes too', (type, params) => {
    const { card } = parseCard(cardText({ [SPEC]: spec(type, params) }));
    expect(checkForTrade(card)).toEqual([]);
  });

  test('an ordinary card is fine', () => {
    expect(checkForTrade(parseCard(cardText()).card)).toEqual([]);
  });
});

describe('traps of a card', () => {
  test('a card without traps has one unused indicator and no warning else', () => {
    const found = cardWarnings(parseCard(cardText()).card, 'standard');
    expect(found.map(({ code, path }) => [code, path.at(-1)])).toEqual([['UNUSED_FEATURE', 4]]);
  });

  test.each([
    ['length: 9', 'lenght: 9', 'PARAM_UNKNOWN'],
    ['role: exec', 'role: htf', 'IGNORED_FIELD'],
    ['[SOLUSDT]', '[SOLUSDT, BTCUSDT]', 'EXTRA_SYMBOLS'],
    ['taker_bps: 6', 'taker_bps: 6, maker_bps: 2', 'IGNORED_FIELD'],
    ['max_leverage: 3, min', 'max_leverage: 5, min', 'LEVERAGE_REPLACED'],
    ['value: 70 }', 'value: 101, prev_offset: 0 }', undefined],
    ['operator: lt, value: 70', 'operator: gt, value: 100.5', 'RULE_NEVER_TRUE'],
  ])('%s → %s warns %s', (from, to, code) => {
    const found = cardWarnings(parseCard(cardText({ [from]: to })).card, 'standard');
    expect(found.map((issue) => issue.code).filter((one) => one !== 'UNUSED_FEATURE')).toEqual(
      code ? [code] : [],
    );
  });

  test('a stop that liquidation comes before is named, with the distance', () => {
    const at = (leverage: number, stop: number) =>
      cardWarnings(
        parseCard(
          cardText({
            'type: percent, value: 2': `type: percent, value: ${stop}`,
            'value: 1, max_leverage: 3': `value: 1, max_leverage: ${leverage}`,
          }),
        ).card,
        'standard',
      ).find(({ code }) => code === 'LIQUIDATED_FIRST')?.message;
    expect(at(10, 9)).toBeUndefined();
    expect(at(10, 9.5)).toContain('liquidated 9.5 % away from its entry, before its stop at 9.5 %');
    expect(at(250, 2)).toContain('every position is liquidated on the bar that opens it');
  });

  test('an exit rule without conditions is named', () => {
    const text = cardText({
      'conditions: [{ indicator_key: fast, operator: cross_below, value: slow, is_indicator_comparison: true }]':
        'conditions: []',
    });
    expect(cardWarnings(parseCard(text).card, 'standard').map((issue) => issue.code)).toContain(
      'ALWAYS_EXITS',
    );
  });
});

type NeverCase = [Record<string, string>, 'standard' | 'trade', string | undefined];

describe('cards that can never trade', () => {
  test('a break of a channel that contains the bar itself', () => {
    const channel = (params: string, condition: string): string => {
      const text = cardText({
        'indicator_key: macd_histogram, operator: gt, value: 0': condition,
        '      - { indicator_type: rsi': `      - { indicator_type: donchian, output_key: don, params: {${params}} }
      - { indicator_type: rsi`,
      });
      const { card } = parseCard(text);
      return neverTrades(card, 'standard') ?? 'none';
    };
    const above =
      'indicator_key: close, operator: gt, value: don_upper, is_indicator_comparison: true';
    const below =
      'indicator_key: low, operator: cross_below, value: don_lower, is_indicator_comparison: true';
    expect(channel('', above)).toContain('the channel contains the bar itself');
    expect(channel('', below)).toContain('low is never below don_lower');
    expect(channel('offset: 1', above)).toBe('none');
  });

  test('a size that is measured by the stop needs one', () => {
    const { card } = parseCard(cardText({ '  stop_loss: { type: percent, value: 2 }\n': '' }));
    expect(neverTrades(card, 'standard')).toBe(
      'sizing percent_equity needs a stop distance, and the card has no stop',
    );
    const codes = cardWarnings(card, 'standard').map((issue) => issue.code);
    expect(codes).toEqual(['UNUSED_FEATURE', 'NO_RISK_MODEL', 'TARGET_WITHOUT_STOP']);
  });

  test.each<NeverCase>([
    [{}, 'standard', undefined],
    [{}, 'trade', undefined],
    [{ 'type: percent, value: 2': 'type: percent, value: 0.1' }, 'trade', '(C2)'],
    [{ 'type: percent, value: 2': 'type: percent, value: 0.1' }, 'standard', undefined],
    [
      { 'min_trade_notional_usdt: 10': 'min_trade_notional_usdt: 50000' },
      'standard',
      'below min_trade_notional_usdt',
    ],
    [
      { 'operator: lt, value: 70': 'operator: lt, value: -1' },
      'standard',
      'rsi cannot be below -1',
    ],
    [
      { 'operator: lt, value: 70': 'operator: cross_above, value: 50, prev_offset: 0' },
      'standard',
      'prev_offset 0',
    ],
    [{ 'value: slow, is': 'value: fast, is' }, 'standard', 'compared with itself'],
    ...(
      [
        ['close', 'gt', 'high', 'close is never above high'],
        ['open', 'cross_below', 'low', 'open is never below low'],
        ['high', 'lt', 'low', 'high is never below low'],
        ['low', 'cross_above', 'close', 'low is never above close'],
        ['close', 'gte', 'high', undefined],
        ['close', 'gt', 'open', undefined],
        ['low', 'lt', 'high', undefined],
      ] as const
    ).map(([left, operator, right, reason]): NeverCase => [
      {
        'indicator_key: macd_histogram, operator: gt, value: 0': `indicator_key: ${left}, operator: ${operator}, value: ${right}, is_indicator_comparison: true`,
      },
      'standard',
      reason,
    ]),
    [
      {
        'indicator_key: macd_histogram, operator: gt, value: 0':
          'indicator_key: rsi, operator: gt, value: 80',
      },
      'standard',
      'rsi cannot be above 80 here',
    ],
    [
      {
        'indicator_key: macd_histogram, operator: gt, value: 0':
          'indicator_key: slow, operator: gt, value: fast, is_indicator_comparison: true',
      },
      'standard',
      'above and below',
    ],
  ])('%j in %s: %s', (edit, profile, reason) => {
    const found = neverTrades(parseCard(cardText(edit)).card, profile);
    expect(found ?? 'none').toContain(reason ?? 'none');
  });
});
