import { stringify } from 'yaml';
import { INDICATORS, outputKeys } from '../../src/indicators/registry.ts';
import { Dice } from './random-backtests.ts';

/**
 * Card files from one seed: a third as a person would write them, a third with a few values, keys or
 * branches replaced by something odd, a third damaged as text or bytes. Every indicator, operator,
 * stop, target and sizing occurs; so do anchors, tags, bombs and attempts to run code.
 */
export type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };
type Branch = { [key: string]: Tree };

/** What a payload sets on the global object when anything runs it. */
export const CANARY = 'ideasweepCanary';

export function randomCardBytes(seed: number): Uint8Array {
  const dice = new Dice(seed);
  const card = randomCard(dice);
  const kind = dice.below(3);
  if (kind === 1) for (let edits = 1 + dice.below(4); edits > 0; edits--) editTree(dice, card);
  let text = stringify(card);
  if (kind !== 2) return bytesOf(text);
  for (let edits = 1 + dice.below(3); edits > 0; edits--) text = editText(dice, text);
  return damaged(dice, bytesOf(text));
}

// --- internal ---

const TIMEFRAMES = [
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '1w',
];
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'cross_above', 'cross_below'];
const PRICES = ['open', 'high', 'low', 'close', 'volume'];
const SOURCES = [...PRICES, 'hlc3', 'ohlc4'];

const RUN = `globalThis.${CANARY} = 1`;
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
  '',
  ' ',
  '0',
  '-1',
  'a.b[0]',
  'é'.repeat(40),
  '💥',
  'sweep',
  'strategy',
  'on',
];
const ODD_SCALARS: readonly Tree[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e-300,
  5e-324,
  1e300,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  2 ** 31,
  -(2 ** 31) - 1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  '9'.repeat(400),
  '1e5',
  '1_000',
  '1:30',
  '0x1F',
  'NaN',
  '',
  'null',
  'close',
  'timestamp',
  '__proto__',
  'constructor',
  'x'.repeat(3000),
  '\u0000',
  '\uD800',
  '\u2028',
  '../../../../etc/passwd',
  "'; drop table results; --",
  `\${${RUN}}`,
  `{{ ${RUN} }}`,
  `constructor.constructor("${RUN}")()`,
  `(() => { ${RUN} })()`,
  'a'.repeat(50) + '!'.repeat(50),
];
/** The same as text, which stringify would have quoted. */
const ODD_TEXTS = ODD_SCALARS.map((scalar) =>
  typeof scalar === 'object' ? 'null' : String(scalar),
);
const ODD_LINES = [
  `x: !!js/function "function () { ${RUN} }"`,
  `x: !!python/object/apply:os.system ["touch /tmp/${CANARY}"]`,
  `x: !<tag:yaml.org,2002:js/undefined> ''`,
  `x: !!binary "aGVsbG8="`,
  'x: !!timestamp 2001-12-14t21:59:43.10-05:00',
  'x: !!set { a, b }',
  'x: !!omap [ a: 1 ]',
  'id: !!int abc',
  'id: !!str 5',
  '__proto__: { polluted: true }',
  'constructor: { prototype: { polluted: true } }',
  '"__proto__": &p { polluted: true }',
  'x: &x [ *x ]',
  'x: *missing',
  'a: &a [1,1,1,1,1,1,1,1,1]',
  'a: &a [1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]',
  '<<: { id: merged }',
  '<<: [ { id: a }, { id: b } ]',
  '? [complex, key]\n: value',
  '? { a: 1 }\n: value',
  '%YAML 1.1',
  '---',
  '...',
  '\tid: tab',
  'x: |\n  block\n  text',
  'x: >-\n  folded',
  `x: ${'['.repeat(500)}`,
  `x: ${'{a: '.repeat(500)}`,
  `x: ${'- '.repeat(500)}`,
  `x: ${'['.repeat(30)}${']'.repeat(30)}`,
  `x: "${'\\u0041'.repeat(2000)}"`,
  `x: ${'y'.repeat(20_000)}`,
];

function randomCard(dice: Dice): Branch {
  const hasHtf = dice.chance(0.4);
  const hasMtf = dice.chance(hasHtf ? 0.3 : 0.05);
  const roles = ['exec', ...(hasHtf ? ['htf'] : []), ...(hasMtf ? ['mtf'] : [])];
  const tfs = timeframesFor(dice, roles);
  const keys: Record<string, string[]> = {};
  const configs: Branch = {};
  for (const [n, role] of roles.entries()) {
    const specs = Array.from({ length: 1 + dice.below(4) }, (_, i) => randomSpec(dice, `k${i}`));
    keys[role] = specs.flatMap(keysOf);
    configs[role] = {
      tf: tfs[n] as string,
      role,
      feature_specs: specs,
      ...(dice.chance(0.1) ? { warmup_bars: dice.below(60) } : {}),
      ...(dice.chance(0.15) ? { required_indicators: keys[role].slice(0, 1) } : {}),
      ...(dice.chance(0.15) ? { market_structure: { delay_bars: dice.below(4) } } : {}),
    };
  }
  const rules = (count: number, direction?: string): Tree[] =>
    Array.from({ length: count }, () => ({
      direction: direction ?? dice.pick(['long', 'short']),
      conditions: Array.from({ length: 1 + dice.below(3) }, () =>
        randomCondition(dice, roles, keys),
      ),
    }));
  const card: Branch = {
    id: `fuzz-${dice.below(1000)}`,
    version: dice.pick<Tree>(['1', '2.0', 1, 1.5]),
    account: randomAccount(dice),
    symbol_universe: ['BTCUSDT'],
    tf_configs: configs,
    position_policy: { mode: 'long_short', ...(dice.chance(0.3) ? { allow_flip: true } : {}) },
    signal_rules: {
      entry_rules: rules(1 + dice.below(2)),
      ...(dice.chance(0.7) ? { exit_rules: [...rules(1, 'long'), ...rules(1, 'short')] } : {}),
    },
  };
  const atrKey = dice.pick(keys['exec'] as string[]);
  if (dice.chance(0.85)) card['risk_model'] = randomRisk(dice, atrKey);
  if (dice.chance(0.4)) card['sweep'] = randomSweep(dice, card);
  return card;
}

/** Exec first; htf longest, mtf between, as a card must have them; half the time those of TRADE. */
function timeframesFor(dice: Dice, roles: readonly string[]): string[] {
  const known = dice.chance(0.5) ? TIMEFRAMES : ['1m', '5m', '15m', '1h', '4h', '1d'];
  const exec = dice.below(known.length - 3);
  const htf = exec + 2 + dice.below(Math.min(4, known.length - exec - 2));
  const of: Record<string, number> = { exec, htf, mtf: exec + 1 + dice.below(htf - exec - 1) };
  return roles.map((role) => known[of[role] as number] as string);
}

function randomSpec(dice: Dice, key: string): Branch {
  const types = [...INDICATORS.keys()];
  const type = dice.pick(types);
  const params: Branch = {};
  for (const [name, { kind, default: standard }] of Object.entries(
    INDICATORS.get(type)?.params ?? {},
  )) {
    if (dice.chance(0.4)) continue;
    const scaled = standard * dice.between(0.3, 2.5);
    params[name] = kind === 'integer' ? Math.round(scaled) : Number(scaled.toFixed(2));
  }
  return {
    indicator_type: type,
    output_key: key,
    ...(Object.keys(params).length > 0 ? { params } : {}),
    ...(dice.chance(0.3) ? { input_source: dice.pick(SOURCES) } : {}),
  };
}

function keysOf(spec: Branch): string[] {
  return outputKeys({
    indicator_type: spec['indicator_type'] as string,
    output_key: spec['output_key'] as string,
    outputs: null,
  }).map(({ key }) => key);
}

function randomCondition(
  dice: Dice,
  roles: readonly string[],
  keys: Readonly<Record<string, readonly string[]>>,
): Branch {
  const role = dice.pick(roles);
  const names = [...(keys[role] ?? []), ...PRICES];
  const isComparison = dice.chance(0.6);
  return {
    indicator_key: dice.pick(names),
    operator: dice.pick(OPERATORS),
    value: isComparison
      ? dice.pick(names)
      : dice.pick<Tree>([0, 50, 30, 70, -100, 100, '25', dice.between(20_000, 40_000), 1e-5]),
    ...(isComparison ? { is_indicator_comparison: true } : {}),
    ...(role === 'exec' ? {} : { tf: role }),
    ...(dice.chance(0.1) ? { prev_offset: 1 + dice.below(5) } : {}),
  };
}

function randomAccount(dice: Dice): Branch {
  return {
    starting_equity_usdt: dice.pick([10_000, 1000, 20, 1e9, 1e15]),
    max_leverage: 3,
    min_trade_notional_usdt: dice.pick([0, 10, 1, 1e6]),
    slippage_bps: dice.chance(0.03) ? 10_000 : dice.pick([0, 2, 5, 100, 9999]),
    fee_model: { taker_bps: dice.chance(0.03) ? 1e7 : dice.pick([0, 6, 100, 9999]) },
    ...(dice.chance(0.2) ? { maintenance_margin_rate: dice.pick([0.004, 0.5, 0.99]) } : {}),
  };
}

function randomRisk(dice: Dice, atrKey: string): Branch {
  const stop: Branch = dice.pick<Branch>([
    { type: 'percent', value: dice.pick([0.1, 1, 2, 50, 100, 150, 1e6]) },
    {
      type: 'atr_multiple',
      value: dice.pick([0.5, 2, 100]),
      atr_key: atrKey,
      buffer_pct: dice.pick([0, 0.1, -5]),
    },
    { type: 'fixed_points', value: dice.pick([1e-9, 10, 500, 1e9]) },
  ]);
  const target: Branch = dice.pick<Branch>([
    { type: 'rr_ratio', value: dice.pick([0.5, 2, 1e6]) },
    { type: 'atr_multiple', value: 2, atr_key: atrKey },
    { type: 'percent', value: dice.pick([0.1, 3, 500]) },
    { type: 'fixed_points', value: 250 },
  ]);
  const sizing: Branch = {
    model: dice.pick(['percent_equity', 'fixed_usdt', 'risk_based', 'percent_notional']),
    value: dice.pick([0.5, 1, 100, 5000, 1e12]),
    max_leverage: dice.pick([1, 3, 10, 125, 1e6, 0.5]),
  };
  return {
    ...(dice.chance(0.92) ? { stop_loss: stop } : {}),
    ...(dice.chance(0.85) ? { take_profit: target } : {}),
    ...(dice.chance(0.95) ? { sizing } : {}),
  };
}

function randomSweep(dice: Dice, card: Branch): Branch {
  const axes: Branch = {};
  const stop = (card['risk_model'] as Branch | undefined)?.['stop_loss'] as Branch | undefined;
  if (stop ? dice.chance(0.7) : dice.chance(0.05)) {
    axes['stop'] = {
      path: 'risk_model.stop_loss.value',
      ...(dice.chance(0.9)
        ? dice.pick<Branch>([
            { values: [0.5, 1, 2] },
            { range: { start: 1, stop: 3, step: 0.5 } },
            { linspace: { start: 0.5, stop: 4, count: 5 } },
            { logspace: { start: 0.1, stop: 10, count: 4 } },
          ])
        : dice.pick<Branch>([
            { range: { start: 0, stop: 1e9, step: 1e-6 } },
            { linspace: { start: 1, stop: 2, count: 2 ** 40 } },
            { range: { start: 1, stop: 2, step: 0 } },
          ])),
    };
  }
  for (const role of Object.keys(card['tf_configs'] as Branch)) {
    const param = sweptParam(dice, card, role);
    if (param) axes[`${role}_param`] = param;
  }
  if (dice.chance(0.1))
    axes[dice.pick(['__proto__', 'constructor', 'Bad Name', 'sharpe'])] = {
      path: '__proto__.polluted',
      values: [1, 2],
    };
  return {
    ...(dice.chance(0.9) ? { axes } : {}),
    ...(dice.chance(0.2) ? { profile: 'trade' } : {}),
    ...(dice.chance(0.1)
      ? {
          constraints: [
            dice.pick([
              'stop < 2',
              'stop * 2 <= exec_param',
              '1',
              'stop <',
              `constructor.constructor("${RUN}")()`,
              '('.repeat(400),
              'stop ** stop ** stop',
            ]),
          ],
        }
      : {}),
    ...(dice.chance(0.1)
      ? { require: [dice.pick(['total_trades >= 3', 'nothing > 1', 'sharpe'])] }
      : {}),
    ...(dice.chance(0.2) ? { feed: { precision: 'float32' } } : {}),
    ...(dice.chance(0.15)
      ? {
          window: dice.pick<Branch>([
            { start: '2023-02-01', end: '2023-02-10' },
            { start: '0001-01-01', end: '9999-12-31' },
            { start: '+275000-01-01', end: '+275760-09-13' },
            { last: '180d' },
            { last: '999999999999d' },
            { start: '2023-02-10', end: '2023-02-01' },
          ]),
        }
      : {}),
  };
}

/** An axis over a parameter that a spec of the role has, mostly of values that it can take. */
function sweptParam(dice: Dice, card: Branch, role: string): Branch | undefined {
  const config = (card['tf_configs'] as Branch)[role] as Branch;
  const specs = (config['feature_specs'] as Branch[]).filter(({ params }) => params !== undefined);
  if (specs.length === 0 || !dice.chance(0.5)) return undefined;
  const spec = dice.pick(specs);
  const params = spec['params'] as Record<string, number>;
  const name = dice.pick(Object.keys(params));
  const value = params[name] as number;
  const odd = dice.chance(0.1) ? [dice.pick<Tree>([0, -5, 1e9, 3000, 'x'])] : [];
  return {
    path: `${role}.${spec['output_key'] as string}.${name}`,
    values: [value, value + 1, value + 7, ...odd],
  };
}

/** Sets, renames, removes, shares or nests one place of the tree. */
function editTree(dice: Dice, root: Branch): void {
  const places: { holder: Branch | Tree[]; key: string }[] = [];
  const visit = (node: Tree): void => {
    if (typeof node !== 'object' || node === null || places.length > 2000) return;
    for (const key of Object.keys(node)) {
      places.push({ holder: node, key });
      visit((node as Branch)[key] as Tree);
    }
  };
  visit(root);
  const { holder, key } = dice.pick(places);
  const target = holder as Branch;
  switch (dice.below(6)) {
    case 0:
    case 1:
      target[key] = dice.pick(ODD_SCALARS);
      return;
    case 2:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete target[key];
      return;
    case 3: {
      if (Array.isArray(holder)) return;
      // An own key, as YAML makes one: assignment would set the prototype.
      Object.defineProperty(target, dice.pick(ODD_KEYS), {
        value: dice.chance(0.5) ? { polluted: true } : (target[key] as Tree),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return;
    }
    case 4:
      target[key] = nested(dice, 1 + dice.below(90));
      return;
    default: {
      const other = dice.pick(places);
      target[key] = structuredClone((other.holder as Branch)[other.key] as Tree);
    }
  }
}

function nested(dice: Dice, depth: number): Tree {
  let tree: Tree = dice.pick(ODD_SCALARS);
  for (let level = 0; level < depth; level++) tree = dice.chance(0.5) ? [tree] : { x: tree };
  return tree;
}

function editText(dice: Dice, text: string): string {
  const at = dice.below(text.length + 1);
  const lines = text.split('\n');
  const line = dice.below(lines.length);
  const indent = /^ */.exec(lines[line] as string)?.[0] ?? '';
  switch (dice.below(7)) {
    case 0:
      return lines.toSpliced(line, 0, dice.pick(ODD_LINES)).join('\n');
    case 1:
      return lines.toSpliced(line, 0, `${indent}${dice.pick(ODD_LINES)}`).join('\n');
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + dice.below(30));
    case 3:
      return text.slice(0, at) + dice.pick(ODD_TEXTS) + text.slice(at);
    case 4:
      return (
        lines.with(line, (lines[line] as string).replace(/: (.*)$/, ': &n $1')).join('\n') +
        '\nx: *n\n'
      );
    case 5:
      return lines
        .with(
          line,
          (lines[line] as string).replace(
            /: /,
            `: ${dice.pick(['!!str', '!!int', '!!float', '!!bool', '!!null', '!custom', '!!js/regexp'])} `,
          ),
        )
        .join('\n');
    default:
      return lines
        .toSpliced(line, 0, ...Array.from({ length: dice.below(400) }, () => lines[line] as string))
        .join('\n');
  }
}

/** One time in three some bytes are replaced, so that the file is mostly not UTF-8 any more. */
function damaged(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (!dice.chance(0.33)) return bytes;
  const copy = Uint8Array.from(bytes);
  for (let count = 1 + dice.below(5); count > 0; count--)
    copy[dice.below(copy.length)] = dice.below(256);
  return copy;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
