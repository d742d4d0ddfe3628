import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { crossCard } from '../../support/cards.ts';
import { CardFolder, runCli } from '../../support/cli.ts';
import { testDatabase } from '../../support/database.ts';
import { storeCandles } from '../../support/sweep-home.ts';

/** What a person sees after a mistake: the message, the next step, exit code 2 (1 for a service). */

const { config, sql, url } = testDatabase();
const env = { IDEASWEEP_HOME: config.home, DATABASE_URL: url };
const folder = new CardFolder();

const WINDOW = 'window: { start: 2023-02-10, end: 2023-02-12 }';
const GOOD = crossCard(`
  ${WINDOW}
  axes:
    fast: { path: exec.fast.length, values: [5, 8] }
    slow: { path: exec.slow.length, range: { start: 20, stop: 40, step: 10 } }
  constraints: ["fast < slow"]
`);

const changed = (from: string | RegExp, to: string) => {
  const text = GOOD.replace(from, to);
  if (text === GOOD) throw new Error(`nothing to change at ${from}`);
  return text;
};

beforeAll(async () => {
  const series = { symbol: 'BTCUSDT', seed: 3, startMs: Date.UTC(2023, 0, 20) } as const;
  await storeCandles(config, synthesizeCandles({ ...series, timeframe: '5m', bars: 288 * 30 }));
});
afterAll(() => folder[Symbol.dispose]());

interface Mistake {
  readonly what: string;
  readonly card?: string | Uint8Array;
  readonly args?: readonly string[];
  readonly says: readonly RegExp[];
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'invalid YAML',
    card: 'id: x\n  bad: [1,\n',
    says: [/has \d+ problems:/, /^ {2}1:5 {2}/m],
  },
  {
    what: 'a card that is not UTF-8',
    card: new Uint8Array([0x69, 0x64, 0x3a, 0x20, 0xff, 0xfe]),
    says: [/is not UTF-8 text/, /Save the card as UTF-8/],
  },
  {
    what: 'an unknown sweep key',
    card: changed('constraints:', 'constrants:'),
    says: [/\d+:\d+ {2}sweep\.constrants {2}Unknown key "constrants"/, /did you mean constraints/i],
  },
  {
    what: 'a path that is not in the card',
    card: changed('exec.fast.length', 'exec.fsat.length'),
    says: [
      /\d+:\d+ {2}sweep\.axes\.fast\.path/,
      /"exec\.fsat\.length"/,
      /did you mean exec\.fast\.length/i,
    ],
  },
  {
    what: 'an empty axis',
    card: changed('values: [5, 8]', 'values: []'),
    says: [/\d+:\d+ {2}sweep\.axes\.fast\.values {2}The axis has no values/],
  },
  {
    what: 'a stop off the lattice',
    card: changed('stop: 40', 'stop: 45'),
    says: [/stop 45 is not on the lattice of start 20 and step 10/, /40 and 50/],
  },
  {
    what: 'a constraint with a syntax error',
    card: changed('fast < slow', 'fast < < slow'),
    says: [/\d+:\d+ {2}sweep\.constraints\[0\] {2}"fast < < slow"/],
  },
  {
    what: 'a constraint with an unknown name',
    card: changed('fast < slow', 'fats < slow'),
    says: [/unknown name "fats"/, /did you mean fast/i],
  },
  {
    what: 'a grid emptied by its constraints',
    card: changed('fast < slow', 'fast > slow'),
    says: [/constraints reject all 6 points/i, /fast > slow/],
  },
  {
    what: 'a grid of which the card can take no point',
    args: ['--axis', 'fast=0,-1'],
    says: [/no point/, /at least 1/],
  },
  {
    what: 'an unknown symbol',
    args: ['--set', 'symbol_universe=NOPEUSDT'],
    says: [/no candles of NOPEUSDT 5m are stored/, /BTCUSDT/],
  },
  {
    what: 'a window without candles',
    args: ['--window', '2020-01-01..2020-02-01'],
    says: [/2020-01-01 .. 2020-02-01/, /2023-01-20/],
  },
  {
    what: 'a warm-up that is not covered',
    args: ['--window', '2023-01-20..2023-01-25'],
    says: [/0 of \d+ warm-up bars/, /can start on 2023-01-2\d/, /--allow-short-warmup/],
  },
  { what: 'an unknown flag', args: ['--windw', 'x'], says: [/unknown flag --windw/, /--window/] },
  { what: 'a flag without its value', args: ['--axis'], says: [/--axis needs a value/] },
  { what: 'an --axis that cannot be read', args: ['--axis', 'fast'], says: [/--axis/, /fast/] },
  {
    what: 'an unknown metric',
    args: ['--objective', 'sharp'],
    says: [/sharp/, /did you mean sharpe/i],
  },
  { what: 'an unknown profile', args: ['--profile', 'fast'], says: [/profile/, /standard/] },
];

describe('run refuses, with exit code 2 and nothing left behind', () => {
  test.each(MISTAKES)('$what', async ({ card = GOOD, args = [], says }) => {
    const path = folder.write(card);
    const { code, stdout, stderr } = await runCli(['run', path, ...args], env);
    for (const pattern of says) expect(stderr).toMatch(pattern);
    expect(stderr).not.toMatch(/defect|\bat .*\.ts:\d+/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(await sql`select 1 from sweeps`).toHaveLength(0);
    expect(existsSync(config.feedsDir) ? readdirSync(config.feedsDir) : []).toEqual([]);
  });

  test('a missing card, naming a close one', async () => {
    const path = folder.write(GOOD);
    const missing = await runCli(['run', path.replace('card-', 'crad-')], env);
    expect(missing.stderr).toMatch(/there is no card .*crad-\d+\.yml\nhint: did you mean card-\d+/);
    expect(missing.code).toBe(2);
  });
});

test('problems are all told at once, and as one document with --json', async () => {
  const card = GOOD.replace('exec.fast.length', 'exec.fsat.length').replace('stop: 40', 'stop: 45');
  const { code, stdout } = await runCli(['plan', folder.write(card), '--json'], env);
  const { error } = JSON.parse(stdout) as { error: { code: string; issues: { path: string }[] } };
  expect(code).toBe(2);
  expect(error.code).toBe('CARD_INVALID');
  expect(error.issues.map((issue) => issue.path)).toEqual([
    'sweep.axes.fast.path',
    'sweep.axes.slow.range.stop',
  ]);
});

describe('a service that does not answer ends a command with exit code 1', () => {
  test('Postgres: the address without the password, and what to start', async () => {
    const unreachable = { ...env, DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none' };
    const { code, stderr } = await runCli(['list'], unreachable);
    expect(stderr).toMatch(/127\.0\.0\.1:1\/none/);
    expect(stderr).toMatch(/hint: Start that server or correct DATABASE_URL/);
    expect(stderr).not.toContain('secret');
    expect(code).toBe(1);
  });

  test('Temporal: the address, what to start, and no sweep is left', async () => {
    const path = folder.write(GOOD);
    const unreachable = { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, stderr } = await runCli(['run', path, '--executor', 'temporal'], unreachable);
    expect(stderr).toMatch(/Temporal at 127\.0\.0\.1:1 does not answer/);
    expect(stderr).toMatch(/ideasweep dev/);
    expect(code).toBe(1);
    expect(await sql`select 1 from sweeps`).toHaveLength(0);
  });
});

describe('commands over stored sweeps refuse', () => {
  test.each([
    [['rank', 'nope'], /there is no sweep nope/],
    [['show', 'nope', '1'], /there is no sweep nope/],
    [['show', 'last', 'one'], /POINT is a whole number/],
    [['rank', '--top', '0'], /--top is a whole number, 1 or more/],
    [['watch', 'last'], /watch is not built yet/],
    [['rnk', 'last'], /unknown command "rnk"\nhint: did you mean rank/],
    [['run', 'x.yml', '--detach'], /--detach needs --executor temporal/],
    [['run', 'x.yml', '--limit', '5'], /not built yet/],
    [['run', 'x.yml', '--executor', 'cloud'], /--executor is local or temporal/],
    [['schedule', 'create', 'a', 'x.yml'], /missing flag --cron/],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await runCli(args, env);
    expect(stderr).toMatch(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('sql --json without a query, in a document that says what is missing', async () => {
    const { code, stdout } = await runCli(['sql', '--json'], env);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'USAGE',
      message: 'sql --json needs a query',
    });
    expect(code).toBe(2);
  });
});
