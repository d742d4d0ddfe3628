import { describe, expect, test } from 'vitest';
import {
  adaptBatchSize,
  countPoints,
  nextBatch,
  remainingRanges,
} from '../../../src/grid/batch.ts';
import { BATCH_TARGET_MS } from '../../../src/limits.ts';

describe('remaining ranges', () => {
  test('cover what is not done, whatever the order and overlap of the done ones', () => {
    const done = [
      { start: 40, end: 50 },
      { start: 0, end: 10 },
      { start: 5, end: 12 },
    ];
    expect(remainingRanges(60, done)).toEqual([
      { start: 12, end: 40 },
      { start: 50, end: 60 },
    ]);
  });

  test('are empty when everything is done, and whole when nothing is', () => {
    expect(remainingRanges(10, [{ start: 0, end: 10 }])).toEqual([]);
    expect(remainingRanges(10, [])).toEqual([{ start: 0, end: 10 }]);
  });
});

test('batches tile the ranges without a gap or an overlap', () => {
  let ranges = remainingRanges(23, [{ start: 7, end: 9 }]);
  const seen: number[] = [];
  for (let next = nextBatch(ranges, 4); next; next = nextBatch(ranges, 4)) {
    for (let i = next.batch.start; i < next.batch.end; i += 1) seen.push(i);
    ranges = next.rest;
  }
  expect(seen).toEqual([...Array(23).keys()].filter((i) => i !== 7 && i !== 8));
  expect(countPoints(ranges)).toBe(0);
});

describe('the adaptive batch size', () => {
  test('aims at the target time when the sweep is large', () => {
    const size = adaptBatchSize({ remaining: 10_000_000, slots: 2, msPerPoint: 2 });
    expect(size).toBe(BATCH_TARGET_MS / 2);
  });

  test('gives every slot eight batches in a small sweep', () => {
    expect(adaptBatchSize({ remaining: 160, slots: 2, msPerPoint: 0.1 })).toBe(10);
  });

  test('is never below one point', () => {
    expect(adaptBatchSize({ remaining: 5, slots: 8, msPerPoint: 60_000 })).toBe(1);
  });

  test('is not cut below the floor, but leaves every slot its share', () => {
    const cost = { slots: 2, msPerPoint: 0.1, floorMs: 100 };
    expect(adaptBatchSize({ remaining: 160_000, ...cost })).toBe(10_000);
    expect(adaptBatchSize({ remaining: 8_000, ...cost })).toBe(1_000);
    expect(adaptBatchSize({ remaining: 400, ...cost })).toBe(200);
    expect(adaptBatchSize({ remaining: 161, ...cost })).toBe(166);
  });
});
