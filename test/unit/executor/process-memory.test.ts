import { getHeapStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { GarbageWatch, limitMemory } from '../../../src/executor/process-memory.ts';

it('bounds the memory of a process as often as it is asked, and leaves no name behind', async () => {
  using first = await limitMemory();
  using second = await limitMemory();
  expect(first).not.toBe(second);
  expect(Object.hasOwn(globalThis, 'gc')).toBe(false);
});

it('collects garbage of some megabytes when it is looked at, and less than that not', async () => {
  using limits = await limitMemory();
  expect(limits).toBeDefined();
  const watch = new GarbageWatch();
  watch.collect();
  const used = () => getHeapStatistics().used_heap_size;
  const before = used();
  // Kept until it is old, or a collection of short-lived objects alone would take it.
  let kept: number[][] | undefined = Array.from({ length: 8_000 }, () =>
    Array<number>(250).fill(1.5),
  );
  watch.look();
  expect(used() - before).toBeGreaterThan(12e6);
  expect(kept.length).toBe(8_000);
  kept = undefined;
  watch.look();
  expect(used() - before).toBeGreaterThan(12e6);
  watch.collect();
  expect(used() - before).toBeLessThan(2e6);
});
