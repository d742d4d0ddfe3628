import { beforeAll, describe, expect, test } from 'vitest';
import { synthesizeCandles } from '../../../src/candles/synth.ts';
import { parseCard } from '../../../src/card/parse.ts';
import { planSweep } from '../../../src/executor/plan-sweep.ts';
import { runSweep } from '../../../src/executor/run-sweep.ts';
import { isIntact } from '../../../src/executor/audit-rows.ts';
import { verifySweep } from '../../../src/executor/verify-sweep.ts';
import { resolveSweep, type Sweep } from '../../../src/grid/sweep.ts';
import type { SweepRow } from '../../../src/store/sweeps.ts';
import { crossCard } from '../../support/cards.ts';
import { testDatabase } from '../../support/database.ts';
import {
  CROSS_STRATEGY,
  StrategyFolder,
  strategySweep,
  withoutRules,
} from '../../support/strategies.ts';
import { storeCandles } from '../../support/sweep-home.ts';
import { sweepRows } from '../../support/sweep-rows.ts';

const database = testDatabase();
const { config, sql } = database;

const CROSS = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 14, step: 3 } }
    slow: { path: exec.slow.length, range: { start: 30, stop: 90, step: 20 } }
    stop: { path: risk_model.stop_loss.value, values: [1.5, 3] }
`);

beforeAll(async () => {
  const startMs = Date.UTC(2023, 0, 20);
  const candles = { symbol: 'BTCUSDT', timeframe: '5m', bars: 288 * 60, seed: 7, startMs } as const;
  await storeCandles(config, synthesizeCandles(candles));
});

async function run(sweep: Sweep, threads: number): Promise<{ row: SweepRow; rows: string[] }> {
  await using store = await database.openStore();
  const { row } = await runSweep(config, store, sweep, { threads, isFresh: true });
  return { row, rows: await sweepRows(sql, row.sweepId) };
}

/** The value of the slowest axis. */
function fastAt(point: number): number {
  return 5 + 3 * Math.floor(point / 8);
}

describe('a sweep over a strategy in a file', () => {
  test('leaves bit for bit the rows of the same card with rules, on one thread and on two', async () => {
    using folder = new StrategyFolder();
    const rules = resolveSweep(parseCard(CROSS), {}, 0);
    const sweep = strategySweep(withoutRules(CROSS), await folder.bundle(CROSS_STRATEGY));
    const expected = await run(rules, 2);
    const trades = expected.rows.map(
      (text) => (JSON.parse(text) as { total_trades: number }).total_trades,
    );
    expect(expected.rows).toHaveLength(32);
    expect(Math.min(...trades)).toBeGreaterThan(5);
    for (const threads of [1, 2]) {
      const { rows } = await run(sweep, threads);
      expect(rows).toEqual(expected.rows);
    }
  });

  test('is another sweep when the code changes, and the same wherever the file lies', async () => {
    using folder = new StrategyFolder();
    const code = await folder.bundle(CROSS_STRATEGY);
    const other = await folder.bundle(CROSS_STRATEGY.replace('<= 0', '< 0'));
    const moved = { ...code, file: './elsewhere.ts' };
    const card = withoutRules(CROSS);
    const [first, second, third] = await Promise.all(
      [code, moved, other].map((each) => planSweep(config, strategySweep(card, each))),
    );
    expect(second?.identity).toBe(first?.identity);
    expect(third?.identity).not.toBe(first?.identity);
  });

  test('fails the points whose strategy throws, with bar and message, and runs the others', async () => {
    using folder = new StrategyFolder();
    const code = await folder.bundle(`${CROSS_STRATEGY.replace('export default', 'const decide =')}
      export default (view: StrategyView): StrategySignal => {
        if (view.param('fast') === 8 && view.barNumber === 1000) throw new Error('eight is out');
        if (view.param('fast') === 11 && view.exec.price('close', -1) > 0) return 'long';
        return decide(view);
      };`);
    const { row, rows } = await run(strategySweep(withoutRules(CROSS), code), 2);
    const sound = await run(resolveSweep(parseCard(CROSS), {}, 0), 2);
    const errors = rows.map(
      (text) => JSON.parse(text) as { outcome: string; error: string | null },
    );
    expect(row.status).toBe('completed_with_failures');
    expect(errors.filter(({ outcome }) => outcome === 'failed')).toHaveLength(16);
    const errorsAt = (fast: number) =>
      new Set(errors.filter((_, point) => fastAt(point) === fast).map(({ error }) => error));
    const at = 'the strategy failed at the bar of';
    expect([...errorsAt(8)]).toEqual([`${at} 2023-03-04T11:20:00Z: eight is out`]);
    expect([...errorsAt(11)]).toEqual([
      `${at} 2023-03-01T00:00:00Z: RangeError: barsBack is -1: the future is not visible`,
    ]);
    const others = (of: readonly string[]) =>
      of.filter((_, point) => fastAt(point) !== 8 && fastAt(point) !== 11);
    expect(others(rows)).toEqual(others(sound.rows));
    const verified = await verifySweep(config, sql, row, { sample: 32, seed: 1 });
    expect(verified).toMatchObject({ sampled: 32, equal: 32, different: [] });
    expect(isIntact(verified.rows)).toBe(true);
    expect(verified.rows.batches.compared).toBeGreaterThan(0);
  });
});
