import { describe, expect, it } from 'vitest';
import type { BatchOutcome } from '../../../src/contracts.ts';
import { BATCHES_IN_FLIGHT_MAX, BATCH_TARGET_MS } from '../../../src/limits.ts';
import { batchSizeFor, countSlots, NO_PACE, observe, windowSize } from '../../../workflows/pace.ts';

function outcome(part: Partial<BatchOutcome>): BatchOutcome {
  const nothing = { points: 0, failed: 0, refused: 0, digest: '' };
  return { ...nothing, elapsedMs: 100, worker: 'a:1', slots: 2, ...part };
}

describe('pace', () => {
  it('takes the first measurement as it is and halves the weight of older ones after it', () => {
    const first = observe(NO_PACE, { start: 0, end: 10 }, outcome({ elapsedMs: 100 }));
    expect(first.msPerPoint).toBe(10);
    const second = observe(first, { start: 10, end: 20 }, outcome({ elapsedMs: 300 }));
    expect(second.msPerPoint).toBe(20);
  });

  it('counts the slots of every worker that has returned a batch, once', () => {
    let pace = NO_PACE;
    for (const worker of ['a:1', 'b:1', 'a:1']) {
      pace = observe(pace, { start: 0, end: 1 }, outcome({ worker, slots: 4 }));
    }
    expect(countSlots(pace, 2)).toBe(8);
    expect(countSlots(NO_PACE, 2)).toBe(2);
  });

  it('keeps two batches per slot in flight, and never more than the limit', () => {
    expect(windowSize(8, undefined)).toBe(16);
    expect(windowSize(1, undefined)).toBe(4);
    expect(windowSize(8, 3)).toBe(3);
    expect(windowSize(8, 0)).toBe(1);
    expect(windowSize(8, 1e9)).toBe(BATCHES_IN_FLIGHT_MAX);
  });

  it('makes a batch of a large sweep last the target time', () => {
    const pace = { msPerPoint: 4, slotsByWorker: {} };
    expect(batchSizeFor(pace, 2, 1e9)).toBe(BATCH_TARGET_MS / 4);
  });

  it('cuts a small sweep so that every slot works', () => {
    const pace = { msPerPoint: 50, slotsByWorker: {} };
    expect(batchSizeFor(pace, 4, 320)).toBe(10);
  });

  it('does not shrink batches below what scheduling one is worth, unless slots would be idle', () => {
    const pace = { msPerPoint: 1, slotsByWorker: {} };
    expect(batchSizeFor(pace, 2, 1000)).toBe(125);
    expect(batchSizeFor(pace, 2, 100)).toBe(50);
    expect(batchSizeFor(pace, 2, 1)).toBe(1);
  });
});
