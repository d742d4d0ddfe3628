import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import type { SweepInput } from '../../../src/contracts.ts';
import { connectTemporal, startSweepWorkflow } from '../../../src/temporal/client.ts';
import { type Script, ScriptedSweep } from '../../support/scripted-sweep.ts';
import { temporalAddress, temporalSkipReason } from '../../support/temporal.ts';

const address = temporalAddress();

/** The workflow of one scripted sweep on its own queues, started. */
async function run(script: Script, input: Partial<SweepInput> = {}) {
  const stack = new AsyncDisposableStack();
  const storeId = randomUUID().slice(0, 8);
  const temporal = stack.use(
    await connectTemporal(loadConfig({ ...process.env, TEMPORAL_ADDRESS: address ?? '' })),
  );
  const sweep = stack.use(await new ScriptedSweep(script).start(address ?? '', storeId));
  const sweepId = randomUUID();
  const { handle } = await startSweepWorkflow(temporal, storeId, { sweepId, ...input });
  return {
    sweep,
    handle,
    temporal,
    storeId,
    sweepId,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function holes(covered: readonly (readonly [number, number])[], size: number): string[] {
  const found: string[] = [];
  let cursor = 0;
  for (const [start, end] of covered) {
    if (start !== cursor) found.push(`${cursor} → ${start}`);
    cursor = end;
  }
  return cursor === size ? found : [...found, `${cursor} → ${size}`];
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not happen in 20 s');
    await sleep(20);
  }
}

describe.skipIf(!address)(`sweep workflow${temporalSkipReason()}`, () => {
  it('runs every point once, within the window, and ranks at the end', async () => {
    await using test = await run(
      { size: 100, batch: () => sleep(5, 5) },
      { batchSize: 7, maxInFlight: 3 },
    );
    const outcome = await test.handle.result();
    expect(outcome).toMatchObject({
      status: 'completed',
      points: 100,
      batches: 15,
      failedBatches: 0,
    });
    expect(holes(test.sweep.covered, 100)).toEqual([]);
    expect(test.sweep.batches.every(({ start, end }) => end - start <= 7)).toBe(true);
    expect(test.sweep.runningMax).toBeLessThanOrEqual(3);
    expect(test.sweep.feedBuilds).toBe(1);
    expect(test.sweep.states).toEqual(['running']);
  });

  it('sizes batches by what they cost: cheap points in large batches, dear ones in small', async () => {
    const cost = (msPerPoint: number): Script => ({
      size: 1_000_000,
      slots: 1,
      batch: ({ start, end }) => (end - start) * msPerPoint,
    });
    await using cheap = await run(cost(0.001));
    await using dear = await run({ ...cost(4), size: 20_000 });
    const outcomes = [await cheap.handle.result(), await dear.handle.result()];
    expect(outcomes[0]?.batches).toBeLessThan(60);
    const largest = Math.max(...dear.sweep.batches.map(({ start, end }) => end - start));
    expect(largest).toBe(2_000);
    expect(holes(cheap.sweep.covered, 1_000_000)).toEqual([]);
    expect(holes(dear.sweep.covered, 20_000)).toEqual([]);
  });

  it('continues as new with nothing in flight and loses no point', async () => {
    await using test = await run({ size: 60 }, { batchSize: 1, maxInFlight: 4, batchesPerRun: 25 });
    const outcome = await test.handle.result();
    expect(outcome).toMatchObject({ status: 'completed', points: 60, batches: 60 });
    expect(holes(test.sweep.covered, 60)).toEqual([]);
    expect(test.sweep.feedBuilds).toBe(1);
    expect(test.sweep.endings).toHaveLength(1);
  });

  it('asks for the next piece of a plan that is too long for one payload', async () => {
    const odd = [1, 3, 5, 7, 9].map((start) => ({ start, end: start + 1 }));
    const plan = (fromIndex: number) => {
      const ahead = odd.filter((range) => range.end > fromIndex);
      const ranges = ahead.slice(0, 2);
      return { ranges, ...(ahead.length > 2 ? { continuesAt: ranges.at(-1)?.end ?? 0 } : {}) };
    };
    await using test = await run({ size: 10, plan });
    expect(await test.handle.result()).toMatchObject({ status: 'completed', points: 5 });
    expect(test.sweep.covered).toEqual(odd.map(({ start, end }) => [start, end]));
  });

  it('schedules nothing while paused, goes on when resumed, and answers progress', async () => {
    await using test = await run(
      { size: 40, batch: () => sleep(30, 30) },
      { batchSize: 1, maxInFlight: 2 },
    );
    await until(() => test.sweep.batches.length >= 4);
    await test.handle.pause();
    await until(() => test.sweep.states.at(-1) === 'paused' && test.sweep.running === 0);
    const done = test.sweep.batches.length;
    await sleep(300);
    expect(test.sweep.batches).toHaveLength(done);
    const progress = await test.handle.progress();
    expect(progress).toMatchObject({ state: 'paused', inFlight: 0, totalPoints: 40, points: done });
    expect(progress.remainingPoints).toBe(40 - done);
    await test.handle.resume();
    expect(await test.handle.result()).toMatchObject({ status: 'completed', points: 40 });
    expect(test.sweep.states).toEqual(['running', 'paused', 'running']);
  });

  it('lets running batches end when it is stopped, and starts no other', async () => {
    await using test = await run(
      { size: 500, batch: () => sleep(40, 40) },
      { batchSize: 1, maxInFlight: 2 },
    );
    await until(() => test.sweep.batches.length >= 3);
    await test.handle.stop();
    const outcome = await test.handle.result();
    expect(outcome.status).toBe('stopped');
    expect(outcome.points).toBe(test.sweep.batches.length);
    expect(outcome.points).toBeLessThan(500);
    expect(test.sweep.running).toBe(0);
  });

  it('cancels running batches within a second and records it', async () => {
    const batch = async () => {
      await Context.current().cancelled;
      return 0;
    };
    await using test = await run({ size: 10, batch }, { batchSize: 1, maxInFlight: 3 });
    await until(() => test.sweep.running === 3);
    const startMs = Date.now();
    await test.handle.cancel();
    await expect(test.handle.result()).rejects.toMatchObject({ code: 'SWEEP_FAILED' });
    expect(Date.now() - startMs).toBeLessThan(2_000);
    expect(test.sweep.running).toBe(0);
    expect(test.sweep.endings).toMatchObject([{ ending: 'cancelled' }]);
  });

  it('takes a new concurrency while it runs', async () => {
    await using test = await run(
      { size: 60, batch: () => sleep(30, 30) },
      { batchSize: 1, maxInFlight: 1 },
    );
    await until(() => test.sweep.batches.length >= 3);
    expect(test.sweep.runningMax).toBe(1);
    await test.handle.setConcurrency(6);
    await test.handle.result();
    expect(test.sweep.runningMax).toBeGreaterThan(3);
  });

  it('retries a batch that met an outage', async () => {
    const batch = (_input: unknown, attempt: number) => {
      if (attempt === 1) throw ApplicationFailure.retryable('gone', 'STORE_UNREACHABLE');
      return 1;
    };
    await using test = await run({ size: 2, batch }, { batchSize: 1 });
    expect(await test.handle.result()).toMatchObject({ status: 'completed', failedBatches: 0 });
  });

  it('ends completed_with_failures when a batch fails for good, and runs all others', async () => {
    const batch = ({ start }: { start: number }) => {
      if (start === 4) throw ApplicationFailure.nonRetryable('broken', 'AssertionError');
      return 1;
    };
    await using test = await run({ size: 10, batch }, { batchSize: 2 });
    const outcome = await test.handle.result();
    expect(outcome).toMatchObject({
      status: 'completed_with_failures',
      points: 8,
      failedBatches: 1,
    });
    expect(test.sweep.endings).toMatchObject([
      { failedBatches: 1, message: 'batch 4..6: AssertionError: broken' },
    ]);
  });

  it('repairs the feeds once when a worker misses one, and runs those batches again', async () => {
    const batch = (_input: unknown, _attempt: number, feedBuilds: number) => {
      if (feedBuilds < 2) throw ApplicationFailure.retryable('no such file', 'FEED_MISSING');
      return 1;
    };
    await using test = await run({ size: 10, batch }, { batchSize: 2 });
    expect(await test.handle.result()).toMatchObject({ status: 'completed', failedBatches: 0 });
    expect(test.sweep.feedBuilds).toBe(2);
    expect(holes(test.sweep.covered, 10)).toEqual([]);
  });

  it('does not repair for ever: a feed that stays broken fails its batches for good', async () => {
    const batch = () => {
      throw ApplicationFailure.nonRetryable('short file', 'FEED_CORRUPT');
    };
    await using test = await run({ size: 4, batch }, { batchSize: 2 });
    const outcome = await test.handle.result();
    expect(outcome).toMatchObject({
      status: 'completed_with_failures',
      points: 0,
      failedBatches: 2,
    });
    expect(test.sweep.feedBuilds).toBe(2);
  });

  it('claims a batch again after another worker wrote to it under an older attempt', async () => {
    let isFirst = true;
    const batch = () => {
      if (!isFirst) return 1;
      isFirst = false;
      throw ApplicationFailure.nonRetryable('a later attempt has begun', 'STALE_ATTEMPT');
    };
    await using test = await run({ size: 6, batch }, { batchSize: 2 });
    expect(await test.handle.result()).toMatchObject({
      status: 'completed',
      points: 6,
      failedBatches: 0,
    });
  });

  it('attaches to a sweep that is running already', async () => {
    await using test = await run({ size: 4, batch: () => sleep(200, 200) }, { batchSize: 1 });
    const second = await startSweepWorkflow(test.temporal, test.storeId, { sweepId: test.sweepId });
    expect(second.isAttached).toBe(true);
    expect(await second.handle.result()).toMatchObject({ status: 'completed', points: 4 });
    expect(test.sweep.batches).toHaveLength(4);
  });
});
