import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCard } from '../../../src/card/parse.ts';
import { estimateSweep } from '../../../src/cli/estimate.ts';
import { measureMachine } from '../../../src/executor/machine-speed.ts';
import { planSweep, type SweepPlan } from '../../../src/executor/plan-sweep.ts';
import { resolveSweep } from '../../../src/grid/sweep.ts';
import { crossCard } from '../../support/cards.ts';
import { storeFortyDays, sweepHome } from '../../support/sweep-home.ts';

const home = sweepHome({ threads: 2 });
const { config } = home;
let plan: SweepPlan;

beforeAll(async () => {
  await storeFortyDays(config);
  const text = crossCard(`
  window: { start: 2023-03-01, end: 2023-03-08 }
  axes:
    fast: { path: exec.fast.length, range: { start: 5, stop: 18, step: 1 } }
    slow: { path: exec.slow.length, range: { start: 30, stop: 68, step: 2 } }
`);
  plan = await planSweep(config, resolveSweep(parseCard(text), {}, Date.UTC(2023, 2, 20)));
});
afterAll(() => home[Symbol.dispose]());

function secondsAt(slowness: number, msPerPoint = 0): number {
  const pilot = { msPerPoint, spread: 0.1, points: 10, threadEfficiency: 1, slowness };
  return estimateSweep(config, plan, { ...pilot, msPerCell: 0, msPerCandle: 0 }).seconds;
}

test('what is around the points takes as much longer as the machine is slower', () => {
  expect(secondsAt(1)).toBeGreaterThan(0.5);
  expect(secondsAt(2)).toBeCloseTo(2 * secondsAt(1), 6);
});

test('a point takes what the pilot measured, however slow the machine is', () => {
  const pointsAt = (slowness: number) => secondsAt(slowness, 100) - secondsAt(slowness, 1);
  expect(pointsAt(1)).toBeGreaterThan(1);
  expect(pointsAt(2)).toBeCloseTo(pointsAt(1), 6);
});

test('a machine is measured with one thread and with several', async () => {
  expect((await measureMachine(1)).threadEfficiency).toBe(1);
  const { threadEfficiency, slowness } = await measureMachine(2);
  expect(threadEfficiency).toBeGreaterThanOrEqual(0.5);
  expect(threadEfficiency).toBeLessThanOrEqual(1);
  expect(slowness).toBeGreaterThanOrEqual(0.5);
});
